-- The journal, the read model, the inbox and what belongs to them.
--
-- Times are text in UTC with six decimals, "2026-02-03T04:05:06.000007Z", so that
-- they sort as they stand. Incidents are known by number; people see 'INC-' || number.

-- +goose Up
CREATE TABLE installation (
    singleton     INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
    id            TEXT    NOT NULL,
    last_incident INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO installation (singleton, id) VALUES (1, lower(hex(randomblob(4))));

CREATE TABLE incident_keys (
    key      TEXT    NOT NULL PRIMARY KEY,
    incident INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    incident   INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    at         TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_name TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    cause      TEXT    NOT NULL,
    data       TEXT    NOT NULL,
    PRIMARY KEY (incident, seq)
) STRICT;

-- The long columns come last, so that a scan over the others need not read them.
CREATE TABLE incidents (
    number      INTEGER NOT NULL PRIMARY KEY,
    seq         INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    severity    TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    declared_at TEXT    NOT NULL,
    resolved_at TEXT,
    ended_at    TEXT,
    merged_into INTEGER,
    search      TEXT    NOT NULL,
    state       TEXT    NOT NULL
) STRICT;
CREATE INDEX incidents_open ON incidents (number) WHERE ended_at IS NULL;
CREATE INDEX incidents_status ON incidents (status, number);
CREATE INDEX incidents_severity ON incidents (severity, number);
CREATE INDEX incidents_service ON incidents (service, number);

CREATE TABLE followups (
    incident   INTEGER NOT NULL REFERENCES incidents (number) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    ticket_key TEXT    NOT NULL,
    done       INTEGER NOT NULL,
    data       TEXT    NOT NULL,
    PRIMARY KEY (incident, position)
) STRICT;
CREATE INDEX followups_open ON followups (incident, position) WHERE NOT done AND ticket_key <> '';
CREATE INDEX followups_ticket ON followups (ticket_key, incident) WHERE ticket_key <> '';

CREATE TABLE inbox (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind          TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    received_at   TEXT    NOT NULL,
    seen_at       TEXT    NOT NULL,
    settled_at    TEXT,
    incident      INTEGER,
    returned_from INTEGER,
    reason        TEXT    NOT NULL DEFAULT '',
    body          TEXT    NOT NULL,
    UNIQUE (kind, source, key)
) STRICT;
CREATE INDEX inbox_pending ON inbox (id) WHERE settled_at IS NULL;
CREATE INDEX inbox_settled ON inbox (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE alert_groups (
    source    TEXT    NOT NULL,
    group_key TEXT    NOT NULL,
    incident  INTEGER NOT NULL,
    PRIMARY KEY (source, group_key)
) STRICT;
