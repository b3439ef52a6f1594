-- What history asks the database. A name above each statement, named binds; see sql.py.

-- name: latest
SELECT node_id, seen_ms, received_ms, node_ms, shown_ms, cpu_pct, mem_pct, disk_pct, temp_c
FROM twin_node
WHERE seen_ms >= :from_ms

-- name: rows_between
SELECT node_id, seen_ms, received_ms, node_ms, shown_ms, cpu_pct, mem_pct, disk_pct, temp_c
FROM twin_telemetry
WHERE seen_ms >= :start_ms AND seen_ms < :end_ms AND node_id >= :low_id AND node_id <= :high_id

-- name: rows_shown
SELECT node_id, seen_ms, received_ms, node_ms, shown_ms, cpu_pct, mem_pct, disk_pct, temp_c
FROM twin_telemetry
WHERE shown_ms >= :start_ms AND shown_ms < :end_ms AND seen_ms >= :from_ms
ORDER BY shown_ms
FETCH FIRST :most ROWS ONLY

-- name: newest_shown
-- Of each node the newest row that had been shown by then, of those seen in a window.
SELECT node_id, seen_ms, received_ms, node_ms, shown_ms, cpu_pct, mem_pct, disk_pct, temp_c
FROM (
  SELECT t.node_id, t.seen_ms, t.received_ms, t.node_ms, t.shown_ms, t.cpu_pct, t.mem_pct, t.disk_pct, t.temp_c,
         ROW_NUMBER() OVER (PARTITION BY t.node_id
                            ORDER BY t.seen_ms DESC, t.received_ms DESC, t.ident DESC) AS place
  FROM twin_telemetry t
  WHERE t.seen_ms >= :start_ms AND t.seen_ms < :end_ms AND t.shown_ms >= 0 AND t.shown_ms <= :at_ms
)
WHERE place = 1

-- name: newest_of
SELECT node_id, seen_ms, received_ms, node_ms, shown_ms, cpu_pct, mem_pct, disk_pct, temp_c
FROM twin_telemetry
WHERE node_id = :node_id AND seen_ms >= :from_ms AND seen_ms <= :at_ms
ORDER BY seen_ms DESC, received_ms DESC, ident DESC
FETCH FIRST 1 ROWS ONLY

-- name: groups_by_step
-- Groups of nodes over time; :members is JSON, [[group, node], ...]. Sums in double precision.
SELECT m.grp, FLOOR((t.seen_ms - :start_ms) / :step_ms) AS step, COUNT(*) AS n,
       COUNT(t.cpu_pct) AS cpu_n, MIN(t.cpu_pct) AS cpu_least,
       SUM(TO_BINARY_DOUBLE(t.cpu_pct)) AS cpu_sum, MAX(t.cpu_pct) AS cpu_most,
       COUNT(t.mem_pct) AS mem_n, MIN(t.mem_pct) AS mem_least,
       SUM(TO_BINARY_DOUBLE(t.mem_pct)) AS mem_sum, MAX(t.mem_pct) AS mem_most,
       COUNT(t.disk_pct) AS disk_n, MIN(t.disk_pct) AS disk_least,
       SUM(TO_BINARY_DOUBLE(t.disk_pct)) AS disk_sum, MAX(t.disk_pct) AS disk_most,
       COUNT(t.temp_c) AS temp_n, MIN(t.temp_c) AS temp_least,
       SUM(TO_BINARY_DOUBLE(t.temp_c)) AS temp_sum, MAX(t.temp_c) AS temp_most
FROM JSON_TABLE(:members, '$[*]' COLUMNS (grp NUMBER PATH '$[0]', node_id NUMBER PATH '$[1]')) m
JOIN twin_telemetry t ON t.node_id = m.node_id
WHERE t.seen_ms >= :start_ms AND t.seen_ms < :end_ms
GROUP BY m.grp, FLOOR((t.seen_ms - :start_ms) / :step_ms)

-- name: chunks
SELECT hour_ms, bank, body FROM twin_chunk
WHERE hour_ms >= :start_ms AND hour_ms < :end_ms AND bank >= :low_bank AND bank <= :high_bank

-- name: chunks_shown
SELECT hour_ms, bank, body FROM twin_chunk
WHERE shown_last >= :start_ms AND shown_first < :end_ms AND last_ms >= :from_ms

-- name: chunk_hours
-- The hours that have chunks, newest first.
SELECT DISTINCT hour_ms FROM twin_chunk
WHERE hour_ms >= :start_ms AND hour_ms < :end_ms
ORDER BY hour_ms DESC

-- name: minutes
SELECT hour_ms, bank, body FROM twin_minute
WHERE hour_ms >= :start_ms AND hour_ms < :end_ms AND bank >= :low_bank AND bank <= :high_bank

-- name: events_between
SELECT at_ms, node_key, kind, told FROM twin_event
WHERE at_ms >= :start_ms AND at_ms < :end_ms
ORDER BY at_ms, ord

-- name: events_last
-- The last word about each node's status, light and identity (no key: the epoch).
SELECT node_key, kind, told
FROM (
  SELECT e.node_key, e.kind, e.told,
         ROW_NUMBER() OVER (PARTITION BY e.node_key, e.kind ORDER BY e.at_ms DESC, e.ord DESC) AS place
  FROM twin_event e
  WHERE e.at_ms <= :at_ms AND e.kind IN ('status', 'light', 'identity')
)
WHERE place = 1

-- name: rest_near
SELECT rows_body, rest_body FROM twin_rest
WHERE last_ms >= :seen_ms AND first_ms <= :seen_ms

-- name: extent_rows
SELECT MIN(seen_ms) AS first_ms, MAX(seen_ms) AS last_ms, COUNT(*) AS n
FROM twin_telemetry WHERE seen_ms >= :from_ms

-- name: extent_chunks
SELECT MIN(first_ms) AS first_ms, MAX(last_ms) AS last_ms, SUM(n_rows) AS n
FROM twin_chunk WHERE first_ms >= :from_ms

-- name: chunks_cut
-- Chunks that retention has taken a part of.
SELECT hour_ms, bank, body FROM twin_chunk
WHERE first_ms < :from_ms AND last_ms >= :from_ms

-- name: extent_nodes
SELECT COUNT(*) AS n FROM twin_node WHERE seen_ms >= :from_ms

-- name: extent_bytes
SELECT SUM(bytes) AS n FROM user_segments
