-- What people ask a database about, in columns of its own; an inbox that several
-- processes share out by subject; and the trace that an item belongs to.
--
-- The new columns are filled from the journal when the store is opened: the read model
-- counts as made by no known fold.

-- +goose Up
ALTER TABLE incidents ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN commander TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN acknowledged_at TEXT;
ALTER TABLE incidents ADD COLUMN mitigated_at TEXT;
ALTER TABLE incidents ADD COLUMN closed_at TEXT;
ALTER TABLE incidents ADD COLUMN changed_at TEXT;

ALTER TABLE followups ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE followups ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE followups ADD COLUMN due_at TEXT;
ALTER TABLE followups ADD COLUMN status TEXT NOT NULL DEFAULT '';
ALTER TABLE followups ADD COLUMN url TEXT NOT NULL DEFAULT '';
-- Those without a ticket are open too.
DROP INDEX followups_open;
CREATE INDEX followups_open ON followups (incident, position) WHERE NOT done;

ALTER TABLE inbox ADD COLUMN trace TEXT NOT NULL DEFAULT '';
CREATE INDEX inbox_subjects ON inbox (kind, source, subject, id, settled_at, sent_at)
    WHERE settled_at IS NULL AND sent_at IS NULL;

UPDATE installation SET fold_version = 0;
