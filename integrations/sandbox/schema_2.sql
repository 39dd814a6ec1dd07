-- The second way to page: a mail server, a webhook, and channels that were there before.

CREATE TABLE mail_messages (
  number      INTEGER PRIMARY KEY,
  message_id  TEXT NOT NULL,
  recipients  TEXT NOT NULL, -- a JSON list of addresses
  subject     TEXT NOT NULL,
  text        TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;

-- The receiver does what the key is for: it keeps one delivery of each.
CREATE TABLE webhook_deliveries (
  number      INTEGER PRIMARY KEY,
  key         TEXT NOT NULL UNIQUE,
  body        TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;

-- 1 for a channel that people made, and that is shown once something is said in it.
ALTER TABLE slack_channels ADD COLUMN standing INTEGER NOT NULL DEFAULT 0;
