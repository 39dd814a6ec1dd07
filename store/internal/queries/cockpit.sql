-- What was said in incidents' channels, and who follows what.

-- name: KeepSaid :execrows
-- Who said it, when and where stays as it was first told. What is told late is not taken for
-- news: an edited message does not become the original again, and one that was deleted
-- stays so.
INSERT INTO transcript (channel, message, incident, at, thread, account, author, url, stage, changed_at, files, text)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (channel, message) DO UPDATE SET
    stage = excluded.stage, changed_at = excluded.changed_at, files = excluded.files, text = excluded.text
WHERE transcript.stage < excluded.stage
   OR (transcript.stage = excluded.stage AND transcript.stage < 2 AND transcript.changed_at < excluded.changed_at);

-- name: SaidAfter :many
SELECT * FROM transcript
WHERE incident = $1 AND at >= sqlc.arg(at)
  AND (at > sqlc.arg(at) OR channel > sqlc.arg(channel) OR (channel = sqlc.arg(channel) AND message > sqlc.arg(message)))
ORDER BY at, channel, message LIMIT sqlc.arg(most);

-- name: SaidLast :many
SELECT * FROM transcript WHERE incident = $1 ORDER BY at DESC, channel DESC, message DESC LIMIT sqlc.arg(most);

-- name: SaidAt :one
SELECT at FROM transcript WHERE channel = $1 AND message = $2 AND incident = $3;

-- name: TranscriptAfter :many
SELECT * FROM transcript
WHERE incident >= sqlc.arg(incident) AND (incident > sqlc.arg(incident) OR at > sqlc.arg(at)
  OR (at = sqlc.arg(at) AND (channel > sqlc.arg(channel) OR (channel = sqlc.arg(channel) AND message > sqlc.arg(message)))))
ORDER BY incident, at, channel, message LIMIT sqlc.arg(most);

-- name: Follow :exec
INSERT INTO follows (account, kind, name, person_name, person_email, since) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account, kind, name) DO UPDATE SET person_name = excluded.person_name, person_email = excluded.person_email;

-- name: Unfollow :exec
DELETE FROM follows WHERE account = $1 AND kind = $2 AND name = $3;

-- name: FollowsOf :many
SELECT * FROM follows WHERE account = $1 ORDER BY kind, name;

-- name: FollowsBeyondIncidents :many
SELECT * FROM follows WHERE kind <> 'incident' ORDER BY account, kind, name;

-- name: FollowsOfIncident :many
SELECT * FROM follows WHERE kind = 'incident' AND name = $1 ORDER BY account;

-- name: FollowsAfter :many
SELECT * FROM follows
WHERE (account, kind, name) > (sqlc.arg(account), sqlc.arg(kind), sqlc.arg(name))
ORDER BY account, kind, name LIMIT sqlc.arg(most);
