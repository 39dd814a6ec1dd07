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
FROM inbox WHERE settled_at IS NULL AND sent_at IS NULL AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: IncidentItems :many
SELECT id, kind, source, subject, key, received_at, body
FROM inbox
WHERE incident = $1 AND settled_at IS NOT NULL AND kind = $2 AND id > sqlc.arg(after)
ORDER BY id LIMIT sqlc.arg(most);

-- name: SendItems :exec
-- An incident that gave an item back has ended: news that it was sent the item is stale.
UPDATE inbox SET incident = sqlc.arg(incident), sent_at = sqlc.arg(now)
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND settled_at IS NULL AND sent_at IS NULL AND (returned_from IS NULL OR returned_from <> sqlc.arg(incident));

-- name: DeliverItems :exec
-- As above, and settled at once.
UPDATE inbox SET incident = sqlc.arg(incident), settled_at = sqlc.arg(now)
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND settled_at IS NULL AND sent_at IS NULL AND (returned_from IS NULL OR returned_from <> sqlc.arg(incident));

-- name: RecordItems :exec
-- A journal that has an item is right about it, whatever became of the item meanwhile,
-- unless another incident has it for good.
UPDATE inbox SET incident = sqlc.arg(incident), settled_at = sqlc.arg(now), recorded = TRUE, reason = ''
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND NOT recorded AND (settled_at IS NULL OR incident IS NULL OR incident = sqlc.arg(incident));

-- name: DiscardItems :exec
UPDATE inbox SET reason = $1, settled_at = sqlc.arg(now)
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND settled_at IS NULL AND sent_at IS NULL;

-- name: ReturnItems :execrows
UPDATE inbox SET incident = NULL, sent_at = NULL, settled_at = NULL, returned_from = sqlc.arg(incident)
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND NOT recorded AND (incident = sqlc.arg(incident) OR (settled_at IS NULL AND sent_at IS NULL));

-- name: ResendItems :execrows
UPDATE inbox SET incident = NULL, sent_at = NULL
WHERE incident = sqlc.arg(incident) AND settled_at IS NULL AND sent_at IS NOT NULL;

-- name: UnrecordedIncidents :many
SELECT DISTINCT incident FROM inbox
WHERE settled_at IS NULL AND sent_at IS NOT NULL ORDER BY incident;

-- name: PendingStatus :one
SELECT count(*) AS items,
    (SELECT received_at FROM inbox WHERE settled_at IS NULL AND sent_at IS NULL ORDER BY id LIMIT 1) AS oldest_at
FROM inbox WHERE settled_at IS NULL AND sent_at IS NULL;

-- name: SentStatus :one
SELECT count(*) AS items,
    (SELECT sent_at FROM inbox WHERE settled_at IS NULL AND sent_at IS NOT NULL ORDER BY sent_at LIMIT 1) AS oldest_at
FROM inbox WHERE settled_at IS NULL AND sent_at IS NOT NULL;

-- name: PruneItems :execrows
DELETE FROM inbox WHERE id IN (
    SELECT i.id FROM inbox i
    WHERE i.settled_at < sqlc.arg(before) AND i.seen_at < sqlc.arg(before) ORDER BY i.settled_at LIMIT sqlc.arg(most)
);
