-- name: IncidentState :one
SELECT state FROM incidents WHERE number = $1;

-- name: IncidentStanding :one
SELECT status, resolved_at, merged_into FROM incidents WHERE number = $1;

-- name: SaveIncident :exec
INSERT INTO incidents (
    number, seq, status, severity, service, title, commander,
    declared_at, acknowledged_at, mitigated_at, resolved_at, closed_at, ended_at, changed_at,
    merged_into, search, state, exercise, channel_id
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (number) DO UPDATE SET
    seq = excluded.seq, status = excluded.status, severity = excluded.severity, service = excluded.service,
    title = excluded.title, commander = excluded.commander,
    declared_at = excluded.declared_at, acknowledged_at = excluded.acknowledged_at, mitigated_at = excluded.mitigated_at,
    resolved_at = excluded.resolved_at, closed_at = excluded.closed_at, ended_at = excluded.ended_at,
    changed_at = excluded.changed_at,
    merged_into = excluded.merged_into, search = excluded.search, state = excluded.state, exercise = excluded.exercise,
    channel_id = excluded.channel_id;

-- name: SaveFollowup :exec
INSERT INTO followups (incident, position, id, title, owner, due_at, ticket_key, status, url, done, data)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (incident, position) DO UPDATE SET
    id = excluded.id, title = excluded.title, owner = excluded.owner, due_at = excluded.due_at,
    ticket_key = excluded.ticket_key, status = excluded.status, url = excluded.url, done = excluded.done, data = excluded.data;

-- name: OpenFollowups :many
SELECT f.incident, f.data
FROM followups f JOIN incidents i ON i.number = f.incident
WHERE NOT f.done AND f.ticket_key <> '' AND i.finished_at IS NULL
ORDER BY f.incident, f.position;

-- name: FollowupByTicket :one
SELECT incident, id FROM followups WHERE ticket_key = $1 AND ticket_key <> '' ORDER BY incident DESC LIMIT 1;

-- name: FinishIncident :execrows
UPDATE incidents SET finished_at = sqlc.arg(now) WHERE number = $1 AND finished_at IS NULL;

-- name: UnfinishedIncidents :many
SELECT number FROM incidents
WHERE finished_at IS NULL AND number > sqlc.arg(after) ORDER BY number LIMIT sqlc.arg(most);

-- name: IncidentsAfter :many
SELECT number FROM incidents WHERE number > sqlc.arg(after) ORDER BY number LIMIT sqlc.arg(most);

-- name: ChangedIncidents :many
SELECT number, seq FROM incidents WHERE changed_at >= sqlc.arg(since) ORDER BY number;

-- name: OpenIncidents :many
-- Every number is positive, which takes SQLite to the index of what is open.
SELECT status, severity, count(*) AS incidents FROM incidents
WHERE ended_at IS NULL AND number > 0 AND NOT exercise GROUP BY status, severity ORDER BY status, severity;

-- name: CountFollowups :one
SELECT count(*) AS open, count(CASE WHEN f.due_at <= sqlc.arg(day_before) THEN 1 END) AS overdue
FROM followups f JOIN incidents i ON i.number = f.incident
WHERE NOT f.done AND i.finished_at IS NULL AND NOT i.exercise;

-- name: IncidentLife :one
SELECT life FROM incident_lives WHERE incident = $1;

-- name: RaiseLife :one
INSERT INTO incident_lives (incident, life) VALUES ($1, 1)
ON CONFLICT (incident) DO UPDATE SET life = incident_lives.life + 1 RETURNING life;

-- name: IncidentFinishedAt :one
SELECT finished_at FROM incidents WHERE number = $1;

-- name: MergedIncidents :many
SELECT m.number, m.merged_into
FROM incidents s JOIN incidents m ON m.merged_into = s.number
WHERE s.finished_at IS NULL AND s.ended_at IS NULL AND m.merged_into IS NOT NULL
ORDER BY m.number;

-- name: IncidentOfChannel :one
SELECT number FROM incidents WHERE channel_id = $1 AND channel_id <> '' AND (ended_at IS NULL OR NOT exercise)
ORDER BY CASE WHEN ended_at IS NOT NULL THEN 2 WHEN exercise THEN 1 ELSE 0 END, number DESC LIMIT 1;

-- name: IncidentSeq :one
SELECT seq FROM incidents WHERE number = $1;
