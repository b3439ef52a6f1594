-- Who may call the module: nobody without a token. Readers and writers have a role each; give a client one of them with
-- ORDS_SECURITY.REGISTER_CLIENT and ORDS_SECURITY.GRANT_CLIENT_ROLE (docs/oracle.md). Not proven on a database yet.

BEGIN
  ORDS.CREATE_ROLE(p_role_name => 'twin_writer');
  COMMIT;
EXCEPTION
  WHEN DUP_VAL_ON_INDEX THEN NULL;
END;
/
BEGIN
  ORDS.CREATE_ROLE(p_role_name => 'twin_reader');
  COMMIT;
EXCEPTION
  WHEN DUP_VAL_ON_INDEX THEN NULL;
END;
/
DECLARE
  v_roles     OWA.VC_ARR;
  v_patterns  OWA.VC_ARR;
  v_modules   OWA.VC_ARR;
BEGIN
  v_roles(1) := 'twin_writer';
  v_patterns(1) := '/AR/';
  v_patterns(2) := '/AR/v2/';
  v_patterns(3) := '/AR/warble/*';
  ORDS.DEFINE_PRIVILEGE(p_privilege_name => 'twin.write', p_roles => v_roles, p_patterns => v_patterns,
                        p_modules => v_modules, p_label => 'Land reports and Warbles, paint bodies');
  v_roles.DELETE;
  v_patterns.DELETE;
  v_roles(1) := 'twin_reader';
  v_roles(2) := 'twin_writer';
  v_patterns(1) := '/AR/DigitalTwin';
  v_patterns(2) := '/AR/v2/*';
  ORDS.DEFINE_PRIVILEGE(p_privilege_name => 'twin.read', p_roles => v_roles, p_patterns => v_patterns,
                        p_modules => v_modules, p_label => 'Read the cluster');
  COMMIT;
END;
/
