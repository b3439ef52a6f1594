-- Version 3: the bodies of the old 3D model and where the Pi behind each is plugged in: what DigitalTwin lists.
-- Filled by `twin store ords` from the cluster file.

CREATE TABLE twin_body (
  node_name     VARCHAR2(64)        NOT NULL,
  body_no       NUMBER(6)           NOT NULL,
  uuid          VARCHAR2(36)        NOT NULL,
  row_id        NUMBER(4)           NOT NULL,
  side          VARCHAR2(16)        NOT NULL,
  orientation   VARCHAR2(16)        NOT NULL,
  slot          NUMBER(6)           NOT NULL,
  switch_ip     VARCHAR2(45),
  port          NUMBER(5),
  painted       NUMBER(1),
  CONSTRAINT twin_body_pk PRIMARY KEY (node_name)
)
/
CREATE INDEX twin_body_place ON twin_body (switch_ip, port)
/
