-- name: Installation :one
SELECT id FROM installation;

-- name: NextNumber :one
UPDATE installation SET last_incident = last_incident + 1 RETURNING last_incident;

-- name: RaiseNumber :exec
-- Keeps numbers that came with a journal from being given out again.
UPDATE installation SET last_incident = sqlc.arg(number) WHERE last_incident < sqlc.arg(number);

-- name: IncidentByKey :one
SELECT incident, digest FROM incident_keys WHERE key = $1;

-- name: SaveIncidentKey :exec
INSERT INTO incident_keys (key, incident, digest) VALUES ($1, $2, $3);

-- name: GroupIncident :one
SELECT incident FROM alert_groups WHERE source = $1 AND group_key = $2;

-- name: BindGroup :exec
INSERT INTO alert_groups (source, group_key, incident) VALUES ($1, $2, $3)
ON CONFLICT (source, group_key) DO UPDATE SET incident = excluded.incident;

-- name: ProveWritable :exec
-- Writes what is there already: a transaction that writes nothing does not notice a full
-- disk.
UPDATE installation SET last_incident = last_incident;

-- name: FoldVersion :one
SELECT fold_version FROM installation;

-- name: SetFoldVersion :exec
UPDATE installation SET fold_version = $1;
