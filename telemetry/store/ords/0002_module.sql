-- The HTTP module: /ords/picluster/AR/... as today's Pis, the iPad app and the simulator call it.
-- Run as the user that owns the twin's tables. Defining it again replaces it. Not proven on a database yet.

BEGIN
  ORDS.ENABLE_SCHEMA(p_enabled => TRUE, p_url_mapping_type => 'BASE_PATH', p_url_mapping_pattern => 'picluster',
                     p_auto_rest_auth => TRUE);
  COMMIT;
END;
/
BEGIN
  ORDS.DEFINE_MODULE(p_module_name => 'twin', p_base_path => 'AR/', p_items_per_page => 0, p_status => 'PUBLISHED',
                     p_comments => 'The digital twin for today''s clients');

  -- POST of a report: what an agent says every five seconds.
  ORDS.DEFINE_TEMPLATE(p_module_name => 'twin', p_pattern => '.');
  ORDS.DEFINE_HANDLER(p_module_name => 'twin', p_pattern => '.', p_method => 'POST',
    p_source_type => ORDS.SOURCE_TYPE_PLSQL, p_mimes_allowed => 'application/json',
    p_source => q'[
      BEGIN
        twin_land_report(:body_text);
        :status_code := 200;
      EXCEPTION
        WHEN OTHERS THEN
          ROLLBACK;
          :status_code := CASE WHEN SQLCODE IN (-20400, -40441) THEN 400 ELSE 503 END;
      END;]');

  -- GET v2/10000: {"CLUSTER": [{"DATA": report}, ...]}, upper shelf from the left, then the lower one.
  ORDS.DEFINE_TEMPLATE(p_module_name => 'twin', p_pattern => 'v2/:most');
  ORDS.DEFINE_HANDLER(p_module_name => 'twin', p_pattern => 'v2/:most', p_method => 'GET',
    p_source_type => ORDS.SOURCE_TYPE_MEDIA,
    p_source => q'[
      SELECT 'application/json',
             JSON_OBJECT('CLUSTER' VALUE
               (SELECT JSON_ARRAYAGG(JSON_OBJECT('DATA' VALUE f.report FORMAT JSON RETURNING CLOB) FORMAT JSON
                                     ORDER BY f.slot NULLS LAST, f.node_key RETURNING CLOB)
                FROM (SELECT * FROM twin_field_v FETCH FIRST TO_NUMBER(:most) ROWS ONLY) f) FORMAT JSON
               RETURNING BLOB)
      FROM dual]');

  -- PUT v2/?node_name=Body1.026&colorindex=1: paints a body.
  ORDS.DEFINE_TEMPLATE(p_module_name => 'twin', p_pattern => 'v2/');
  ORDS.DEFINE_HANDLER(p_module_name => 'twin', p_pattern => 'v2/', p_method => 'PUT',
    p_source_type => ORDS.SOURCE_TYPE_PLSQL,
    p_source => q'[
      BEGIN
        IF :colorindex IS NULL OR :colorindex NOT IN ('1', '2', '3') THEN
          :status_code := 400;
        ELSE
          UPDATE twin_body SET painted = TO_NUMBER(:colorindex) WHERE node_name = :node_name;
          :status_code := CASE SQL%ROWCOUNT WHEN 0 THEN 404 ELSE 200 END;
        END IF;
      END;]');

  -- GET DigitalTwin: a collection of all bodies.
  ORDS.DEFINE_TEMPLATE(p_module_name => 'twin', p_pattern => 'DigitalTwin');
  ORDS.DEFINE_HANDLER(p_module_name => 'twin', p_pattern => 'DigitalTwin', p_method => 'GET',
    p_source_type => ORDS.SOURCE_TYPE_COLLECTION_FEED, p_items_per_page => 0,
    p_source => q'[
      SELECT row_id, node_name, side, orientation, id, uuid, color, temperature, cpu, memoryfree, memorytotal,
             memorypercentage, diskfree, disktotal, diskpercentage, cputemperature, ip, mac, port,
             processes AS "{}processes"
      FROM twin_digital_v
      ORDER BY TO_NUMBER(id)]');

  -- POST warble/: what a Warble did.
  ORDS.DEFINE_TEMPLATE(p_module_name => 'twin', p_pattern => 'warble/');
  ORDS.DEFINE_HANDLER(p_module_name => 'twin', p_pattern => 'warble/', p_method => 'POST',
    p_source_type => ORDS.SOURCE_TYPE_PLSQL, p_mimes_allowed => 'application/json',
    p_source => q'[
      DECLARE
        v_body CLOB := :body_text;
      BEGIN
        INSERT INTO twin_warble (warble_key, at_ms, who, program, outcome)
        VALUES (RAWTOHEX(SYS_GUID()),
                ROUND((CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) - DATE '1970-01-01') * 86400000),
                JSON_VALUE(v_body, '$.username'), JSON_VALUE(v_body, '$.code' RETURNING CLOB),
                JSON_OBJECT('output' VALUE JSON_VALUE(v_body, '$.output' RETURNING CLOB) RETURNING CLOB));
        :status_code := 200;
      END;]');
  COMMIT;
END;
/
