-- The bodies of the old 3D model. A name above each statement, named binds; see sql.py.

-- name: body_add
INSERT INTO twin_body (node_name, body_no, uuid, row_id, side, orientation, slot, switch_ip, port)
VALUES (:node_name, :body_no, :uuid, :row_id, :side, :orientation, :slot, :switch_ip, :port)

-- name: bodies_drop
DELETE FROM twin_body
