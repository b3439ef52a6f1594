-- What landing says to the database. A name above each statement, named binds; see sql.py.

-- name: nodes
SELECT node_id, node_key, first_ms FROM twin_node

-- name: node_add
INSERT INTO twin_node (node_key, first_ms) VALUES (:node_key, :first_ms)

-- name: node_first
UPDATE twin_node SET first_ms = :first_ms WHERE node_id = :node_id AND first_ms > :first_ms

-- name: node_newest
-- The newest report of a node: by seen_ms, then received_ms, then ident.
UPDATE twin_node
SET seen_ms = :seen_ms, received_ms = :received_ms, node_ms = :node_ms, shown_ms = :shown_ms, ident = :ident,
    cpu_pct = :cpu_pct, mem_pct = :mem_pct, disk_pct = :disk_pct, temp_c = :temp_c, rest = :rest
WHERE node_id = :node_id
  AND (seen_ms < :seen_ms
       OR (seen_ms = :seen_ms AND received_ms < :received_ms)
       OR (seen_ms = :seen_ms AND received_ms = :received_ms AND ident < :ident))

-- name: ledger_add
INSERT INTO twin_ledger (source, seq, n_rows, landed_ms) VALUES (:source, :seq, :n_rows, :landed_ms)

-- name: ledger_last
SELECT MAX(seq) AS seq FROM twin_ledger WHERE source = :source

-- name: rows_add
INSERT INTO twin_telemetry
  (node_id, seen_ms, received_ms, node_ms, shown_ms, ident, cpu_pct, mem_pct, disk_pct, temp_c)
VALUES
  (:node_id, :seen_ms, :received_ms, :node_ms, :shown_ms, :ident, :cpu_pct, :mem_pct, :disk_pct, :temp_c)

-- name: rest_add
INSERT INTO twin_rest (source, seq, first_ms, last_ms, rows_body, rest_body)
VALUES (:source, :seq, :first_ms, :last_ms, :rows_body, :rest_body)

-- name: event_add
INSERT INTO twin_event (at_ms, node_key, kind, told) VALUES (:at_ms, :node_key, :kind, :told)

-- name: letter_add
INSERT INTO twin_dead_letter (source, seq, at_ms, reason, body) VALUES (:source, :seq, :at_ms, :reason, :body)

-- name: letters
SELECT source, seq, at_ms, reason, body FROM twin_dead_letter
ORDER BY at_ms DESC, source DESC, seq DESC
FETCH FIRST :most ROWS ONLY

-- name: horizons
SELECT name, at_ms FROM twin_horizon

-- name: horizon_add
INSERT INTO twin_horizon (name, at_ms) VALUES (:name, :at_ms)

-- name: horizon_move
UPDATE twin_horizon SET at_ms = :at_ms WHERE name = :name AND at_ms < :at_ms

-- name: schema_version
SELECT MAX(version) AS version FROM twin_schema

-- name: schema_add
INSERT INTO twin_schema (version, installed_ms) VALUES (:version, :installed_ms)
