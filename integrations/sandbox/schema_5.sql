-- What people do in PagerDuty, and its webhooks that were not taken yet.

ALTER TABLE pagerduty_incidents ADD COLUMN priority TEXT NOT NULL DEFAULT ''; -- its name; '' for none
-- A JSON list of e-mail addresses; empty for whoever is first on call for the service.
ALTER TABLE pagerduty_incidents ADD COLUMN assignees TEXT NOT NULL DEFAULT '[]';

CREATE TABLE pagerduty_log_5 (
  number   INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES pagerduty_incidents (number),
  at       INTEGER NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('trigger', 'acknowledge', 'unacknowledge', 'resolve', 'reopen', 'assign', 'escalate',
    'priority', 'annotate', 'status_update', 'responder_request', 'responder_reply')),
  actor    TEXT NOT NULL,
  text     TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO pagerduty_log_5 (number, incident, at, kind, actor, text) SELECT number, incident, at, kind, actor, text FROM pagerduty_log;
DROP TABLE pagerduty_log;
ALTER TABLE pagerduty_log_5 RENAME TO pagerduty_log;
CREATE INDEX pagerduty_log_by_incident ON pagerduty_log (incident);

CREATE TABLE pagerduty_responders (
  number       INTEGER PRIMARY KEY,
  incident     INTEGER NOT NULL REFERENCES pagerduty_incidents (number),
  target       TEXT NOT NULL, -- the id of the user or the escalation policy that was asked
  person       TEXT NOT NULL, -- an e-mail address
  state        TEXT NOT NULL CHECK (state IN ('pending', 'joined', 'declined')),
  message      TEXT NOT NULL,
  requester    TEXT NOT NULL, -- an e-mail address
  requested_at INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  UNIQUE (incident, person)
) STRICT;

CREATE TABLE pagerduty_webhooks (
  number   INTEGER PRIMARY KEY,
  id       TEXT NOT NULL,
  body     TEXT NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  due_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
