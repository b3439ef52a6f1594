-- What people did: the audit, Warbles, saved values. A name above each statement, named binds; see sql.py.

-- name: command_add
INSERT INTO twin_command (command_key, at_ms, who, verb, aim, args, outcome)
VALUES (:command_key, :at_ms, :who, :verb, :aim, :args, :outcome)

-- name: command_end
UPDATE twin_command SET outcome = :outcome WHERE command_key = :command_key

-- name: commands
SELECT command_key, at_ms, who, verb, aim, args, outcome FROM twin_command
WHERE at_ms < :before_ms
ORDER BY at_ms DESC, command_key DESC
FETCH FIRST :most ROWS ONLY

-- name: warble_add
INSERT INTO twin_warble (warble_key, at_ms, who, program, node_key, outcome)
VALUES (:warble_key, :at_ms, :who, :program, :node_key, :outcome)

-- name: warble_end
UPDATE twin_warble SET node_key = :node_key, outcome = :outcome WHERE warble_key = :warble_key

-- name: warbles
SELECT warble_key, at_ms, who, program, node_key, outcome FROM twin_warble
WHERE at_ms < :before_ms
ORDER BY at_ms DESC, warble_key DESC
FETCH FIRST :most ROWS ONLY

-- name: value_get
SELECT content, rev FROM twin_user_value WHERE who = :who AND name = :name

-- name: values_of
SELECT name, content, rev FROM twin_user_value WHERE who = :who

-- name: value_add
INSERT INTO twin_user_value (who, name, content, rev) VALUES (:who, :name, :content, 1)

-- name: value_put
UPDATE twin_user_value SET content = :content, rev = rev + 1 WHERE who = :who AND name = :name

-- name: value_put_over
UPDATE twin_user_value SET content = :content, rev = rev + 1 WHERE who = :who AND name = :name AND rev = :rev
