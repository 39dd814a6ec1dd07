-- Slack with people in it: who said what, reactions, modals, and what is to be delivered.

ALTER TABLE slack_channels ADD COLUMN im_user TEXT NOT NULL DEFAULT ''; -- whose direct messages these are
ALTER TABLE slack_messages ADD COLUMN user_id TEXT NOT NULL DEFAULT 'U0SANDBOXBOT';
ALTER TABLE slack_messages ADD COLUMN subtype TEXT NOT NULL DEFAULT ''; -- as in Slack; '' for what was said
ALTER TABLE slack_messages ADD COLUMN files TEXT NOT NULL DEFAULT '';   -- JSON or ''
ALTER TABLE slack_pins ADD COLUMN user_id TEXT NOT NULL DEFAULT 'U0SANDBOXBOT';

CREATE TABLE slack_reactions (
  number  INTEGER PRIMARY KEY,
  ts      INTEGER NOT NULL REFERENCES slack_messages (ts),
  name    TEXT NOT NULL,
  user_id TEXT NOT NULL,
  UNIQUE (ts, name, user_id)
) STRICT;

-- A trigger opens one view, within three seconds.
CREATE TABLE slack_triggers (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL,
  view_id    INTEGER NOT NULL DEFAULT 0, -- the view in which it arose
  expires_at INTEGER NOT NULL,
  exchanged  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A response_url takes five answers, within half an hour.
CREATE TABLE slack_response_urls (
  token      TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL,
  channel_id TEXT NOT NULL REFERENCES slack_channels (id),
  ts         INTEGER NOT NULL DEFAULT 0, -- the message whose control was used
  expires_at INTEGER NOT NULL,
  uses       INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The modals that are open; those of one person lie on top of each other.
CREATE TABLE slack_views (
  number      INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id     TEXT NOT NULL,
  view        TEXT NOT NULL, -- as the app defined it, with Slack's ids
  hash        TEXT NOT NULL,
  external_id TEXT NOT NULL DEFAULT '',
  previous    INTEGER NOT NULL DEFAULT 0,
  root        INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Events that were not taken yet.
CREATE TABLE slack_events (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE,
  body     TEXT NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  reason   TEXT NOT NULL DEFAULT '',
  due_at   INTEGER NOT NULL -- by the machine's clock
) STRICT;
