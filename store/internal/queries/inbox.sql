-- name: ItemSeenAt :one
SELECT seen_at FROM inbox WHERE kind = $1 AND source = $2 AND key = $3;

-- name: AcceptItem :execrows
INSERT INTO inbox (kind, source, subject, key, received_at, seen_at, body)
VALUES ($1, $2, $3, $4, sqlc.arg(received_at), sqlc.arg(received_at), $5)
ON CONFLICT (kind, source, key) DO NOTHING;

-- name: TouchItem :exec
-- Remembers that a delivery was repeated, so that its key is not forgotten meanwhile.
UPDATE inbox SET seen_at = sqlc.arg(now) WHERE kind = $1 AND source = $2 AND key = $3;

-- name: PendingItems :many
SELECT id, kind, source, subject, key, received_at, body
FROM inbox WHERE settled_at IS NULL AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: DeliverItem :exec
-- An incident that gave an item back has ended: news that it got the item is stale.
UPDATE inbox SET incident = sqlc.arg(incident), settled_at = sqlc.arg(now)
WHERE id = $1 AND settled_at IS NULL AND (returned_from IS NULL OR returned_from <> sqlc.arg(incident));

-- name: DiscardItem :exec
UPDATE inbox SET reason = $1, settled_at = sqlc.arg(now) WHERE id = $2 AND settled_at IS NULL;

-- name: ReturnItem :execrows
UPDATE inbox SET incident = NULL, settled_at = NULL, returned_from = sqlc.arg(incident)
WHERE id = $1 AND (settled_at IS NULL OR incident = sqlc.arg(incident));

-- name: PruneItems :execrows
DELETE FROM inbox WHERE settled_at < sqlc.arg(before) AND seen_at < sqlc.arg(before);
