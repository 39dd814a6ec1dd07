-- An inbox item that was sent to its incident is settled once the journal has it, and a
-- finished workflow is marked as such.
--
-- What was settled before stays settled: "recorded" says which items an incident's
-- journal is known to have.
--
-- The partial indexes hold the columns of their conditions too: without them SQLite
-- reads the row, body and all, to check what the index says already.

-- +goose Up
ALTER TABLE inbox ADD COLUMN sent_at TEXT;
ALTER TABLE inbox ADD COLUMN recorded INTEGER NOT NULL DEFAULT FALSE;
DROP INDEX inbox_pending;
CREATE INDEX inbox_pending ON inbox (id, settled_at, sent_at) WHERE settled_at IS NULL AND sent_at IS NULL;
CREATE INDEX inbox_sent ON inbox (incident, sent_at, settled_at) WHERE settled_at IS NULL AND sent_at IS NOT NULL;
CREATE INDEX inbox_incident ON inbox (incident, id) WHERE settled_at IS NOT NULL AND incident IS NOT NULL;

ALTER TABLE incidents ADD COLUMN finished_at TEXT;
CREATE INDEX incidents_unfinished ON incidents (number, finished_at) WHERE finished_at IS NULL;

ALTER TABLE incident_keys ADD COLUMN digest TEXT NOT NULL DEFAULT '';
