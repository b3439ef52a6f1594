-- What retention does: old rows into chunks, old partitions away. A name above each statement, named binds; see sql.py.

-- name: oldest_row
SELECT MIN(seen_ms) AS seen_ms FROM twin_telemetry

-- name: banks
-- Which groups of :width nodes have rows in a stretch of time.
SELECT DISTINCT FLOOR(node_id / :width) AS bank FROM twin_telemetry
WHERE seen_ms >= :start_ms AND seen_ms < :end_ms

-- name: rows_drop
DELETE FROM twin_telemetry
WHERE seen_ms >= :start_ms AND seen_ms < :end_ms AND node_id >= :low_id AND node_id <= :high_id

-- name: chunk_add
INSERT INTO twin_chunk (hour_ms, bank, n_rows, first_ms, last_ms, shown_first, shown_last, body)
VALUES (:hour_ms, :bank, :n_rows, :first_ms, :last_ms, :shown_first, :shown_last, :body)

-- name: chunk_put
UPDATE twin_chunk
SET n_rows = :n_rows, first_ms = :first_ms, last_ms = :last_ms,
    shown_first = :shown_first, shown_last = :shown_last, body = :body
WHERE hour_ms = :hour_ms AND bank = :bank

-- name: minute_add
INSERT INTO twin_minute (hour_ms, bank, body) VALUES (:hour_ms, :bank, :body)

-- name: minute_put
UPDATE twin_minute SET body = :body WHERE hour_ms = :hour_ms AND bank = :bank

-- name: partitions
SELECT partition_name, high_value FROM user_tab_partitions
WHERE table_name = :table_name AND partition_position > 1

-- name: partition_bytes
SELECT p.partition_name, p.high_value, s.bytes
FROM user_tab_partitions p
JOIN user_segments s ON s.segment_name = p.table_name AND s.partition_name = p.partition_name
WHERE p.table_name = :table_name AND p.partition_position > 1 AND s.bytes > :least

-- name: events_drop
-- A node's last status, light and identity stay, however old. A key of "" is NULL here.
DELETE FROM twin_event e
WHERE e.at_ms < :cut_ms
  AND (e.kind NOT IN ('status', 'light', 'identity')
       OR EXISTS (SELECT 1 FROM twin_event n
                  WHERE (n.node_key = e.node_key OR (n.node_key IS NULL AND e.node_key IS NULL)) AND n.kind = e.kind AND n.at_ms < :cut_ms
                    AND (n.at_ms > e.at_ms OR (n.at_ms = e.at_ms AND n.ord > e.ord))))
  AND ROWNUM <= :most

-- name: commands_drop
DELETE FROM twin_command WHERE at_ms < :cut_ms AND ROWNUM <= :most

-- name: warbles_drop
DELETE FROM twin_warble WHERE at_ms < :cut_ms AND ROWNUM <= :most
