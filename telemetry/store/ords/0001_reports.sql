-- What the HTTP modules call: landing a report that an agent posts, and reports as today's clients read them.
-- Not proven on a database yet: see docs/oracle.md.

-- The number in a text such as 9.7, 25.3% or 32.7'C; NULL when there is none.
CREATE OR REPLACE FUNCTION twin_number (p_text IN VARCHAR2) RETURN NUMBER DETERMINISTIC AS
BEGIN
  RETURN TO_NUMBER(REGEXP_SUBSTR(p_text, '-?[0-9]+([.][0-9]+)?'), '9999999999999999D999999999',
                   'NLS_NUMERIC_CHARACTERS=''.,''');
EXCEPTION
  WHEN VALUE_ERROR OR INVALID_NUMBER THEN
    RETURN NULL;
END;
/
-- A number as the strictest reader wants it: digits, a dot, and 0 where it is unknown.
CREATE OR REPLACE FUNCTION twin_text (p_number IN NUMBER) RETURN VARCHAR2 DETERMINISTIC AS
BEGIN
  RETURN TO_CHAR(ROUND(NVL(p_number, 0), 2), 'FM9999999990D0#', 'NLS_NUMERIC_CHARACTERS=''.,''');
END;
/
-- One report, as an agent posts it. It lands as it would through the twin, but for the history of its processes:
-- only the newest are kept, beside its node.
CREATE OR REPLACE PROCEDURE twin_land_report (p_report IN CLOB) AS
  v_key      VARCHAR2(400 CHAR);
  v_node_id  NUMBER;
  v_now_ms   NUMBER;
  v_cpu      NUMBER := twin_number(JSON_VALUE(p_report, '$.CPU'));
  v_mem      NUMBER := twin_number(JSON_VALUE(p_report, '$.MemoryPercentage'));
  v_disk     NUMBER := twin_number(JSON_VALUE(p_report, '$.DiskPercentage'));
  v_temp     NUMBER := twin_number(JSON_VALUE(p_report, '$.CPUTemperature'));
  v_rest     CLOB;
BEGIN
  v_key := LOWER(JSON_VALUE(p_report, '$.mac'));
  IF v_key IS NULL THEN
    v_key := JSON_VALUE(p_report, '$.switch_ip') || '-' || JSON_VALUE(p_report, '$.port');
  END IF;
  IF v_key = '-' THEN
    RAISE_APPLICATION_ERROR(-20400, 'a report needs a mac, or switch_ip and port');
  END IF;
  SELECT ROUND((CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) - DATE '1970-01-01') * 86400000)
         + TO_NUMBER(TO_CHAR(SYSTIMESTAMP, 'FF3'))
    INTO v_now_ms FROM dual;
  SELECT JSON_MERGEPATCH(p_report,
           '{"CPU":null,"MemoryPercentage":null,"DiskPercentage":null,"CPUTemperature":null}' RETURNING CLOB)
    INTO v_rest FROM dual;
  BEGIN
    INSERT INTO twin_node (node_key, first_ms) VALUES (v_key, v_now_ms);
  EXCEPTION
    WHEN DUP_VAL_ON_INDEX THEN NULL;
  END;
  SELECT node_id INTO v_node_id FROM twin_node WHERE node_key = v_key;
  BEGIN
    INSERT INTO twin_telemetry (node_id, seen_ms, received_ms, node_ms, shown_ms, ident,
                                cpu_pct, mem_pct, disk_pct, temp_c)
    VALUES (v_node_id, v_now_ms, v_now_ms, -1, -1, 2 * v_now_ms + 1, v_cpu, v_mem, v_disk, v_temp);
  EXCEPTION
    WHEN DUP_VAL_ON_INDEX THEN NULL;
  END;
  UPDATE twin_node
  SET seen_ms = v_now_ms, received_ms = v_now_ms, node_ms = -1, shown_ms = -1, ident = 2 * v_now_ms + 1,
      cpu_pct = v_cpu, mem_pct = v_mem, disk_pct = v_disk, temp_c = v_temp, rest = v_rest
  WHERE node_id = v_node_id AND seen_ms < v_now_ms;
END;
/
-- Each node's newest report and its place.
CREATE OR REPLACE VIEW twin_place_v AS
SELECT n.node_key, n.seen_ms, n.cpu_pct, n.mem_pct, n.disk_pct, n.temp_c, n.rest,
       NVL(JSON_VALUE(n.rest, '$.mac'), CASE WHEN n.node_key LIKE '%:%' THEN n.node_key END) AS mac,
       JSON_VALUE(n.rest, '$.ip') AS ip,
       JSON_VALUE(n.rest, '$.switch_ip') AS switch_ip,
       twin_number(JSON_VALUE(n.rest, '$.port')) AS port
FROM twin_node n
WHERE n.seen_ms >= 0
/
-- The same in today's dialect, which the iPad app decodes strictly.
CREATE OR REPLACE VIEW twin_field_v AS
SELECT p.node_key, b.slot,
       JSON_MERGEPATCH(NVL(p.rest, TO_CLOB('{}')), JSON_OBJECT(
         'CPU' VALUE twin_text(p.cpu_pct),
         'MemoryPercentage' VALUE twin_text(p.mem_pct),
         'DiskPercentage' VALUE twin_text(p.disk_pct),
         'CPUTemperature' VALUE twin_text(p.temp_c) || '''C',
         'MemoryFree' VALUE NVL(twin_number(JSON_VALUE(p.rest, '$.MemoryFree')), 0),
         'MemoryTotal' VALUE NVL(twin_number(JSON_VALUE(p.rest, '$.MemoryTotal')), 0),
         'DiskFree' VALUE NVL(twin_number(JSON_VALUE(p.rest, '$.DiskFree')), 0),
         'DiskTotal' VALUE ROUND(NVL(twin_number(JSON_VALUE(p.rest, '$.DiskTotal')), 0)),
         'ip' VALUE NVL(p.ip, '-'),
         'mac' VALUE NVL(p.mac, '-'),
         'port' VALUE NVL(p.port, -1),
         'switch_ip' VALUE NVL(p.switch_ip, '-1')
       ) RETURNING CLOB) AS report
FROM twin_place_v p
LEFT JOIN (SELECT switch_ip, port, MIN(slot) AS slot FROM twin_body GROUP BY switch_ip, port) b
  ON b.switch_ip = p.switch_ip AND b.port = p.port
/
-- One line for each body of the old model; unknown is NULL, also for bodies that no Pi belongs to.
CREATE OR REPLACE VIEW twin_digital_v AS
SELECT b.row_id, b.node_name, b.side, b.orientation, TO_CHAR(b.body_no) AS id, b.uuid,
       NVL(b.painted, CASE WHEN p.cpu_pct < 10 THEN 1 WHEN p.cpu_pct < 90 THEN 2
                           WHEN p.cpu_pct IS NOT NULL THEN 3 END) AS color,
       p.temp_c AS temperature,
       CASE WHEN p.cpu_pct IS NOT NULL THEN twin_text(p.cpu_pct) END AS cpu,
       twin_number(JSON_VALUE(p.rest, '$.MemoryFree')) AS memoryfree,
       twin_number(JSON_VALUE(p.rest, '$.MemoryTotal')) AS memorytotal,
       CASE WHEN p.mem_pct IS NOT NULL THEN twin_text(p.mem_pct) END AS memorypercentage,
       twin_number(JSON_VALUE(p.rest, '$.DiskFree')) AS diskfree,
       ROUND(twin_number(JSON_VALUE(p.rest, '$.DiskTotal'))) AS disktotal,
       CASE WHEN p.disk_pct IS NOT NULL THEN twin_text(p.disk_pct) END AS diskpercentage,
       CASE WHEN p.temp_c IS NOT NULL THEN twin_text(p.temp_c) || '''C' END AS cputemperature,
       p.ip, p.mac, p.port,
       JSON_QUERY(p.rest, '$.processes') AS processes
FROM twin_body b
LEFT JOIN twin_place_v p ON p.switch_ip = b.switch_ip AND p.port = b.port
/
