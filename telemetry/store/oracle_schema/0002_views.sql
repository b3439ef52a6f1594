-- Version 2: the same data for people: timestamps in UTC and node names instead of numbers.

CREATE OR REPLACE VIEW twin_report_v AS
SELECT n.node_key,
       TIMESTAMP '1970-01-01 00:00:00' + NUMTODSINTERVAL(t.seen_ms / 1000, 'SECOND') AS seen_at,
       TIMESTAMP '1970-01-01 00:00:00' + NUMTODSINTERVAL(t.received_ms / 1000, 'SECOND') AS received_at,
       t.cpu_pct, t.mem_pct, t.disk_pct, t.temp_c
FROM twin_telemetry t JOIN twin_node n ON n.node_id = t.node_id
/
CREATE OR REPLACE VIEW twin_latest_v AS
SELECT n.node_key,
       TIMESTAMP '1970-01-01 00:00:00' + NUMTODSINTERVAL(n.seen_ms / 1000, 'SECOND') AS seen_at,
       n.cpu_pct, n.mem_pct, n.disk_pct, n.temp_c, n.rest
FROM twin_node n
WHERE n.seen_ms >= 0
/
CREATE OR REPLACE VIEW twin_landing_v AS
SELECT l.source, COUNT(*) AS batches, SUM(l.n_rows) AS reports, MAX(l.seq) AS last_seq,
       TIMESTAMP '1970-01-01 00:00:00' + NUMTODSINTERVAL(MAX(l.landed_ms) / 1000, 'SECOND') AS last_at
FROM twin_ledger l
GROUP BY l.source
/
