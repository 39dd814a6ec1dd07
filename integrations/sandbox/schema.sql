-- Times are microseconds since the Unix epoch. JSON columns hold what the client sent.

CREATE TABLE slack_channels (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL UNIQUE, -- an archived channel keeps its name, as in Slack
  topic      TEXT NOT NULL DEFAULT '',
  purpose    TEXT NOT NULL DEFAULT '',
  is_private INTEGER NOT NULL DEFAULT 0,
  archived   INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE slack_members (
  position   INTEGER PRIMARY KEY,
  channel_id TEXT NOT NULL REFERENCES slack_channels (id),
  user_id    TEXT NOT NULL,
  UNIQUE (channel_id, user_id)
) STRICT;

-- ts doubles as the key: Slack's message timestamps identify messages.
CREATE TABLE slack_messages (
  ts           INTEGER PRIMARY KEY,
  channel_id   TEXT NOT NULL REFERENCES slack_channels (id),
  text         TEXT NOT NULL,
  blocks       TEXT NOT NULL DEFAULT '',
  metadata     TEXT NOT NULL DEFAULT '',
  thread_ts    INTEGER NOT NULL DEFAULT 0,
  broadcast    INTEGER NOT NULL DEFAULT 0,
  edited_at    INTEGER NOT NULL DEFAULT 0,
  ephemeral_to TEXT NOT NULL DEFAULT '' -- the only user who sees it; '' for everyone
) STRICT;
CREATE INDEX slack_messages_by_channel ON slack_messages (channel_id, ts);
CREATE INDEX slack_messages_by_thread ON slack_messages (thread_ts) WHERE thread_ts > 0;

CREATE TABLE slack_pins (
  channel_id TEXT NOT NULL REFERENCES slack_channels (id),
  ts         INTEGER NOT NULL REFERENCES slack_messages (ts),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (channel_id, ts)
) STRICT;

CREATE TABLE slack_bookmarks (
  number     INTEGER PRIMARY KEY,
  channel_id TEXT NOT NULL REFERENCES slack_channels (id),
  title      TEXT NOT NULL,
  link       TEXT NOT NULL,
  emoji      TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pagerduty_incidents (
  number      INTEGER PRIMARY KEY,
  dedup_key   TEXT NOT NULL,
  service_id  TEXT NOT NULL,
  title       TEXT NOT NULL,
  status      TEXT NOT NULL CHECK (status IN ('triggered', 'acknowledged', 'resolved')),
  urgency     TEXT NOT NULL CHECK (urgency IN ('high', 'low')),
  details     TEXT NOT NULL DEFAULT '{}',
  created_at  INTEGER NOT NULL,
  changed_at  INTEGER NOT NULL,
  resolved_at INTEGER NOT NULL DEFAULT 0
) STRICT;
-- A key names one open incident of a service at a time, and may come back later.
CREATE UNIQUE INDEX pagerduty_open_incidents
  ON pagerduty_incidents (service_id, dedup_key) WHERE status <> 'resolved';

CREATE TABLE pagerduty_log (
  number   INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES pagerduty_incidents (number),
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('trigger', 'acknowledge', 'resolve', 'annotate')),
  actor    TEXT NOT NULL,
  text     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX pagerduty_log_by_incident ON pagerduty_log (incident);

CREATE TABLE jira_issues (
  id          INTEGER PRIMARY KEY,
  project     TEXT NOT NULL,
  number      INTEGER NOT NULL,
  summary     TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  type        TEXT NOT NULL,
  priority    TEXT NOT NULL,
  status      TEXT NOT NULL,
  assignee    TEXT NOT NULL DEFAULT '',
  labels      TEXT NOT NULL DEFAULT '[]',
  due         TEXT NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  resolved_at INTEGER NOT NULL DEFAULT 0,
  UNIQUE (project, number)
) STRICT;

CREATE TABLE jira_comments (
  id         INTEGER PRIMARY KEY,
  issue_id   INTEGER NOT NULL REFERENCES jira_issues (id),
  body       TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jira_comments_by_issue ON jira_comments (issue_id);

CREATE TABLE jira_links (
  id        INTEGER PRIMARY KEY,
  issue_id  INTEGER NOT NULL REFERENCES jira_issues (id),
  global_id TEXT NOT NULL DEFAULT '',
  document  TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX jira_links_by_global_id ON jira_links (issue_id, global_id) WHERE global_id <> '';
