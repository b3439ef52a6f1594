-- Version 1: what the twin keeps in an Oracle database. Applied by `twin store init`; statements end with a line "/".
-- Times are milliseconds since 1970 (NUMBER), as everywhere in the twin; the views of version 2 show them as timestamps.

CREATE TABLE twin_schema (
  version       NUMBER(9)           NOT NULL,
  installed_ms  NUMBER(15)          NOT NULL,
  CONSTRAINT twin_schema_pk PRIMARY KEY (version)
)
/
-- Where full detail (raw), what else a report said (rest) and all history begin. They never go back.
CREATE TABLE twin_horizon (
  name          VARCHAR2(30)        NOT NULL,
  at_ms         NUMBER(15)          NOT NULL,
  CONSTRAINT twin_horizon_pk PRIMARY KEY (name)
)
/
-- A node, and its newest report in full: what today's clients read.
CREATE TABLE twin_node (
  node_id       NUMBER(9)           GENERATED ALWAYS AS IDENTITY,
  node_key      VARCHAR2(400 CHAR)  NOT NULL,
  first_ms      NUMBER(15)          NOT NULL,
  seen_ms       NUMBER(15)          DEFAULT -1 NOT NULL,
  received_ms   NUMBER(15)          DEFAULT -1 NOT NULL,
  node_ms       NUMBER(15)          DEFAULT -1 NOT NULL,
  shown_ms      NUMBER(15)          DEFAULT -1 NOT NULL,
  ident         NUMBER(19)          DEFAULT -1 NOT NULL,
  cpu_pct       BINARY_FLOAT,
  mem_pct       BINARY_FLOAT,
  disk_pct      BINARY_FLOAT,
  temp_c        BINARY_FLOAT,
  rest          CLOB,
  CONSTRAINT twin_node_pk PRIMARY KEY (node_id),
  CONSTRAINT twin_node_uk UNIQUE (node_key)
)
/
-- The ledger: a batch is here when all of it has landed. Its key is why nothing lands twice.
CREATE TABLE twin_ledger (
  source        VARCHAR2(64)        NOT NULL,
  seq           NUMBER(19)          NOT NULL,
  n_rows        NUMBER(9)           NOT NULL,
  landed_ms     NUMBER(15)          NOT NULL,
  CONSTRAINT twin_ledger_pk PRIMARY KEY (source, seq)
)
ORGANIZATION INDEX
/
-- The last two days of rows; older ones are in twin_chunk. A partition a day, dropped when it is empty.
CREATE TABLE twin_telemetry (
  node_id       NUMBER(9)           NOT NULL,
  seen_ms       NUMBER(15)          NOT NULL,
  received_ms   NUMBER(15)          NOT NULL,
  node_ms       NUMBER(15)          NOT NULL,
  shown_ms      NUMBER(15)          NOT NULL,
  ident         NUMBER(19)          NOT NULL,
  cpu_pct       BINARY_FLOAT,
  mem_pct       BINARY_FLOAT,
  disk_pct      BINARY_FLOAT,
  temp_c        BINARY_FLOAT
)
PARTITION BY RANGE (seen_ms) INTERVAL (86400000)
(PARTITION twin_telemetry_p0 VALUES LESS THAN (0))
/
-- Global, because a report that is sent again may be estimated to be of another day.
CREATE UNIQUE INDEX twin_telemetry_uk ON twin_telemetry (node_id, ident)
/
CREATE INDEX twin_telemetry_node ON twin_telemetry (node_id, seen_ms) LOCAL
/
CREATE INDEX twin_telemetry_seen ON twin_telemetry (seen_ms) LOCAL
/
CREATE INDEX twin_telemetry_shown ON twin_telemetry (shown_ms) LOCAL
/
-- What else the reports of a batch said (processes, data), compressed: a row a batch.
CREATE TABLE twin_rest (
  source        VARCHAR2(64)        NOT NULL,
  seq           NUMBER(19)          NOT NULL,
  first_ms      NUMBER(15)          NOT NULL,
  last_ms       NUMBER(15)          NOT NULL,
  rows_body     BLOB                NOT NULL,
  rest_body     BLOB                NOT NULL
)
PARTITION BY RANGE (last_ms) INTERVAL (86400000)
(PARTITION twin_rest_p0 VALUES LESS THAN (0))
/
CREATE INDEX twin_rest_last ON twin_rest (last_ms, first_ms) LOCAL
/
CREATE TABLE twin_event (
  at_ms         NUMBER(15)          NOT NULL,
  ord           NUMBER(19)          GENERATED ALWAYS AS IDENTITY,
  node_key      VARCHAR2(400 CHAR),
  kind          VARCHAR2(30)        NOT NULL,
  told          VARCHAR2(4000 CHAR) NOT NULL,
  CONSTRAINT twin_event_pk PRIMARY KEY (ord)
)
/
CREATE INDEX twin_event_at ON twin_event (at_ms, ord)
/
CREATE INDEX twin_event_node ON twin_event (node_key, kind, at_ms, ord)
/
-- The long history at full detail: 42 nodes, one hour, one packed blob.
CREATE TABLE twin_chunk (
  hour_ms       NUMBER(15)          NOT NULL,
  bank          NUMBER(9)           NOT NULL,
  n_rows        NUMBER(9)           NOT NULL,
  first_ms      NUMBER(15)          NOT NULL,
  last_ms       NUMBER(15)          NOT NULL,
  shown_first   NUMBER(15)          NOT NULL,
  shown_last    NUMBER(15)          NOT NULL,
  body          BLOB                NOT NULL,
  CONSTRAINT twin_chunk_pk PRIMARY KEY (hour_ms, bank) USING INDEX LOCAL
)
PARTITION BY RANGE (hour_ms) INTERVAL (86400000)
(PARTITION twin_chunk_p0 VALUES LESS THAN (0))
/
-- The same by the minute: count, least, sum and most of each node and metric.
CREATE TABLE twin_minute (
  hour_ms       NUMBER(15)          NOT NULL,
  bank          NUMBER(9)           NOT NULL,
  body          BLOB                NOT NULL,
  CONSTRAINT twin_minute_pk PRIMARY KEY (hour_ms, bank) USING INDEX LOCAL
)
PARTITION BY RANGE (hour_ms) INTERVAL (86400000)
(PARTITION twin_minute_p0 VALUES LESS THAN (0))
/
CREATE TABLE twin_command (
  command_key   VARCHAR2(400 CHAR)  NOT NULL,
  at_ms         NUMBER(15)          NOT NULL,
  who           VARCHAR2(400 CHAR),
  verb          VARCHAR2(400 CHAR),
  aim           CLOB,
  args          CLOB,
  outcome       VARCHAR2(400 CHAR),
  CONSTRAINT twin_command_pk PRIMARY KEY (command_key)
)
/
CREATE INDEX twin_command_at ON twin_command (at_ms, command_key)
/
CREATE TABLE twin_warble (
  warble_key    VARCHAR2(400 CHAR)  NOT NULL,
  at_ms         NUMBER(15)          NOT NULL,
  who           VARCHAR2(400 CHAR),
  program       CLOB,
  node_key      VARCHAR2(400 CHAR),
  outcome       CLOB,
  CONSTRAINT twin_warble_pk PRIMARY KEY (warble_key)
)
/
CREATE INDEX twin_warble_at ON twin_warble (at_ms, warble_key)
/
CREATE TABLE twin_user_value (
  who           VARCHAR2(400 CHAR)  NOT NULL,
  name          VARCHAR2(400 CHAR)  NOT NULL,
  content       CLOB,
  rev           NUMBER(19)          NOT NULL,
  CONSTRAINT twin_user_value_pk PRIMARY KEY (who, name)
)
/
CREATE TABLE twin_dead_letter (
  source        VARCHAR2(64)        NOT NULL,
  seq           NUMBER(19)          NOT NULL,
  at_ms         NUMBER(15)          NOT NULL,
  reason        CLOB,
  body          BLOB,
  CONSTRAINT twin_dead_letter_pk PRIMARY KEY (source, seq)
)
/
