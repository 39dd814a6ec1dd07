-- name: InsertEvent :exec
INSERT INTO events (incident, seq, at, kind, actor_kind, actor_name, source, cause, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: Events :many
SELECT * FROM events WHERE incident = $1 AND seq > sqlc.arg(after) ORDER BY seq LIMIT sqlc.arg(max_rows);
