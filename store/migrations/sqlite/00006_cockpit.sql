-- What the chat needs: which channel is which incident's, what was said there, and who wants
-- to hear of what.
--
-- The new column is filled from the journal when the store is opened: the read model
-- counts as made by no known fold.

-- +goose Up
ALTER TABLE incidents ADD COLUMN channel_id TEXT NOT NULL DEFAULT '';
CREATE INDEX incidents_channel ON incidents (channel_id, number, ended_at) WHERE channel_id <> '';

-- A message is as it was said (stage 0), edited (1) or deleted (2).
CREATE TABLE transcript (
    channel    TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    incident   INTEGER NOT NULL,
    at         TEXT    NOT NULL,
    thread     TEXT    NOT NULL,
    account    TEXT    NOT NULL,
    author     TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    stage      INTEGER NOT NULL,
    changed_at TEXT    NOT NULL,
    files      TEXT    NOT NULL,
    text       TEXT    NOT NULL,
    PRIMARY KEY (channel, message)
) STRICT;
CREATE INDEX transcript_order ON transcript (incident, at, channel, message);

CREATE TABLE follows (
    account      TEXT NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    person_name  TEXT NOT NULL,
    person_email TEXT NOT NULL,
    since        TEXT NOT NULL,
    PRIMARY KEY (account, kind, name)
) STRICT;
CREATE INDEX follows_incident ON follows (kind, name);

UPDATE installation SET fold_version = 0;
