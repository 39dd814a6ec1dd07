-- name: ItemSeenAt :one
SELECT seen_at FROM inbox WHERE kind = $1 AND source = $2 AND key = $3;

-- name: AcceptItem :execrows
INSERT INTO inbox (kind, source, subject, key, received_at, seen_at, trace, body)
VALUES ($1, $2, $3, $4, sqlc.arg(received_at), sqlc.arg(received_at), $5, $6)
ON CONFLICT (kind, source, key) DO NOTHING;

-- name: TouchItem :exec
-- Remembers that a delivery was repeated, so that its key is not forgotten meanwhile.
UPDATE inbox SET seen_at = sqlc.arg(now) WHERE kind = $1 AND source = $2 AND key = $3;

-- name: PendingItems :many
-- That ids are positive says that the order of all is wanted: Postgres has an index for
-- those who say so, which it shall not use for the items of one subject.
SELECT id, kind, source, subject, key, received_at, trace, body
FROM inbox WHERE settled_at IS NULL AND sent_at IS NULL AND id > 0 AND id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: PendingItemsOf :many
-- The subject is asked for as a range, so that the order is that of its index and of no
-- other: asked for by equality, Postgres may take the subject of a former storm to be
-- common, and look for its one item among all that there are. What comes after an id is
-- found without reading what was handed on of late, which stays in the index until vacuum
-- has come.
SELECT id, kind, source, subject, key, received_at, trace, body
FROM inbox
WHERE settled_at IS NULL AND sent_at IS NULL
  AND (kind, source, subject, id) > (sqlc.arg(kind), sqlc.arg(source), sqlc.arg(subject), CAST(sqlc.arg(after) AS BIGINT))
  AND (kind, source, subject) <= (sqlc.arg(kind), sqlc.arg(source), sqlc.arg(subject))
ORDER BY kind, source, subject, id LIMIT sqlc.arg(most);

-- name: PendingSubjects :many
-- Goes from each subject's oldest item to that of the next subject by the index, past all
-- that are between: as many steps as there are subjects, however many items they have.
-- What comes next is no less than the subject with the least character (U+0001; none holds
-- U+0000) behind it; asked for what is greater than the subject, SQLite would read all that
-- is equal. It compares the whole row by the index only where the other side is no column.
WITH RECURSIVE heads(id, kind, source, subject) AS (
    SELECT first.id, first.kind, first.source, first.subject FROM (
        SELECT i.id, i.kind, i.source, i.subject FROM inbox i
        WHERE i.settled_at IS NULL AND i.sent_at IS NULL
        ORDER BY i.kind, i.source, i.subject, i.id LIMIT 1
    ) AS first
  UNION ALL
    SELECT next.id, next.kind, next.source, next.subject
    FROM heads h JOIN inbox next ON next.id = (
        SELECT i.id FROM inbox i
        WHERE i.settled_at IS NULL AND i.sent_at IS NULL
          AND (i.kind, i.source, i.subject) >= (h.kind || '', h.source || '', h.subject || CAST(sqlc.arg(least) AS TEXT))
        ORDER BY i.kind, i.source, i.subject, i.id LIMIT 1
    )
)
SELECT listed.id, listed.kind, listed.source, listed.subject
FROM (SELECT heads.id, heads.kind, heads.source, heads.subject FROM heads) AS listed
WHERE listed.id > CAST(sqlc.arg(after) AS BIGINT) ORDER BY listed.id LIMIT sqlc.arg(most);

-- name: PendingSubjectsOf :many
SELECT source, subject, CAST(min(id) AS BIGINT) AS oldest FROM inbox
WHERE settled_at IS NULL AND sent_at IS NULL AND kind = $1
GROUP BY source, subject HAVING min(id) > CAST(sqlc.arg(after) AS BIGINT) ORDER BY min(id);

-- name: IncidentItems :many
SELECT id, kind, source, subject, key, received_at, trace, body
FROM inbox
WHERE incident = $1 AND settled_at IS NOT NULL AND kind = $2 AND id > sqlc.arg(after)
ORDER BY id LIMIT sqlc.arg(most);

-- name: SendItems :exec
-- What is pending is said in a way that no partial index matches: Postgres would join the
-- ids with all that is pending by it, when its statistics are of a time when little was.
-- An incident that gave an item back has ended: news that it was sent the item is stale.
UPDATE inbox SET incident = sqlc.arg(incident), sent_at = sqlc.arg(now)
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND COALESCE(settled_at, sent_at) IS NULL AND (returned_from IS NULL OR returned_from <> sqlc.arg(incident));

-- name: DeliverItems :exec
-- As above, and settled at once.
UPDATE inbox SET incident = sqlc.arg(incident), settled_at = sqlc.arg(now)
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND COALESCE(settled_at, sent_at) IS NULL AND (returned_from IS NULL OR returned_from <> sqlc.arg(incident));

-- name: RecordItems :exec
-- A journal that has an item is right about it, whatever became of the item meanwhile,
-- unless another incident has it for good.
UPDATE inbox SET incident = sqlc.arg(incident), settled_at = sqlc.arg(now), recorded = TRUE, reason = ''
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND NOT recorded AND (settled_at IS NULL OR incident IS NULL OR incident = sqlc.arg(incident));

-- name: DiscardItems :exec
UPDATE inbox SET reason = $1, settled_at = sqlc.arg(now)
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND COALESCE(settled_at, sent_at) IS NULL;

-- name: HandleItems :exec
-- What was done at once needs no body any more: it may hold what people said.
UPDATE inbox SET reason = $1, settled_at = sqlc.arg(now), body = '{}'
WHERE id IN (SELECT CAST(key AS BIGINT) FROM json_each(sqlc.arg(ids)))
  AND COALESCE(settled_at, sent_at) IS NULL;

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
    (SELECT received_at FROM inbox WHERE settled_at IS NULL AND sent_at IS NULL AND id > 0 ORDER BY id LIMIT 1) AS oldest_at
FROM inbox WHERE settled_at IS NULL AND sent_at IS NULL AND id > 0;

-- name: SentStatus :one
SELECT count(*) AS items,
    (SELECT sent_at FROM inbox WHERE settled_at IS NULL AND sent_at IS NOT NULL ORDER BY sent_at LIMIT 1) AS oldest_at
FROM inbox WHERE settled_at IS NULL AND sent_at IS NOT NULL;

-- name: PruneItems :execrows
DELETE FROM inbox WHERE id IN (
    SELECT i.id FROM inbox i
    WHERE i.settled_at < sqlc.arg(before) AND i.seen_at < sqlc.arg(before) ORDER BY i.settled_at LIMIT sqlc.arg(most)
);
