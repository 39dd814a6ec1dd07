-- What an archive holds beside the events, each in an order that is the same in every
-- database, and page by page. An incident has one key or group at most, as the store
-- gives them out; what follows the number in an order is for those that came by hand.

-- name: KeysAfter :many
SELECT incident, key, digest FROM incident_keys
WHERE incident > sqlc.arg(incident) OR (incident = sqlc.arg(incident) AND key > sqlc.arg(key))
ORDER BY incident, key LIMIT sqlc.arg(most);

-- name: LivesAfter :many
SELECT incident, life FROM incident_lives WHERE incident > sqlc.arg(after) ORDER BY incident LIMIT sqlc.arg(most);

-- name: FinishedAfter :many
SELECT number, finished_at FROM incidents
WHERE finished_at IS NOT NULL AND number > sqlc.arg(after) ORDER BY number LIMIT sqlc.arg(most);

-- name: GroupsAfter :many
SELECT incident, source, group_key FROM alert_groups
WHERE incident > sqlc.arg(incident) OR (incident = sqlc.arg(incident)
    AND (source > sqlc.arg(source) OR (source = sqlc.arg(source) AND group_key > sqlc.arg(group_key))))
ORDER BY incident, source, group_key LIMIT sqlc.arg(most);

-- name: ItemsAfter :many
SELECT id, kind, source, subject, key, received_at, seen_at, sent_at, settled_at, incident, returned_from, recorded, reason, trace, body
FROM inbox WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(most);

-- name: Counters :one
SELECT id, last_incident FROM installation;

-- name: Occupancy :one
SELECT last_incident,
    EXISTS (SELECT 1 FROM events) AS has_events, EXISTS (SELECT 1 FROM inbox) AS has_items,
    EXISTS (SELECT 1 FROM incident_keys) AS has_keys, EXISTS (SELECT 1 FROM alert_groups) AS has_groups,
    EXISTS (SELECT 1 FROM transcript) AS has_said, EXISTS (SELECT 1 FROM follows) AS has_follows
FROM installation;

-- name: AdoptInstallation :exec
UPDATE installation SET id = $1, last_incident = $2;

-- name: AddLife :exec
INSERT INTO incident_lives (incident, life) VALUES ($1, $2);

-- name: AddItem :exec
INSERT INTO inbox (id, kind, source, subject, key, received_at, seen_at, sent_at, settled_at, incident, returned_from, recorded, reason, trace, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: ForgetReservedKeys :execrows
DELETE FROM incident_keys WHERE NOT EXISTS (SELECT 1 FROM incidents i WHERE i.number = incident_keys.incident);

-- name: ForgetReservedGroups :execrows
DELETE FROM alert_groups WHERE NOT EXISTS (SELECT 1 FROM incidents i WHERE i.number = alert_groups.incident);

-- name: ResendAllItems :execrows
UPDATE inbox SET incident = NULL, sent_at = NULL WHERE settled_at IS NULL AND sent_at IS NOT NULL;
