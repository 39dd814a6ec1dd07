-- What the chat needs: which channel is which incident's, what was said there, and who wants
-- to hear of what.
--
-- The new column is filled from the journal when the store is opened: the read model
-- counts as made by no known fold.

-- +goose Up
ALTER TABLE incidents ADD COLUMN channel_id TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX incidents_channel ON incidents (channel_id, number) WHERE channel_id <> '';

-- A message is as it was said (stage 0), edited (1) or deleted (2).
CREATE TABLE transcript (
    channel    TEXT COLLATE "C" NOT NULL,
    message    TEXT COLLATE "C" NOT NULL,
    incident   BIGINT           NOT NULL,
    at         TIMESTAMPTZ      NOT NULL,
    thread     TEXT             NOT NULL,
    account    TEXT             NOT NULL,
    author     TEXT             NOT NULL,
    url        TEXT             NOT NULL,
    stage      BIGINT           NOT NULL,
    changed_at TIMESTAMPTZ      NOT NULL,
    files      TEXT             NOT NULL,
    text       TEXT             NOT NULL,
    PRIMARY KEY (channel, message)
);
CREATE INDEX transcript_order ON transcript (incident, at, channel, message);

CREATE TABLE follows (
    account      TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    person_name  TEXT             NOT NULL,
    person_email TEXT             NOT NULL,
    since        TIMESTAMPTZ      NOT NULL,
    PRIMARY KEY (account, kind, name)
);
CREATE INDEX follows_incident ON follows (kind, name);

UPDATE installation SET fold_version = 0;
