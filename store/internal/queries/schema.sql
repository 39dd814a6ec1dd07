-- The schema as sqlc reads it, to know the type of each column and parameter. It says
-- what the migrations say, of both databases; nothing executes it.

CREATE TABLE installation (
    singleton     BIGINT NOT NULL PRIMARY KEY,
    id            TEXT   NOT NULL,
    last_incident BIGINT NOT NULL,
    fold_version  BIGINT NOT NULL
);

CREATE TABLE incident_keys (
    key      TEXT   NOT NULL PRIMARY KEY,
    incident BIGINT NOT NULL,
    digest   TEXT   NOT NULL
);

CREATE TABLE incident_lives (
    incident BIGINT NOT NULL PRIMARY KEY,
    life     BIGINT NOT NULL
);

CREATE TABLE events (
    incident   BIGINT      NOT NULL,
    seq        BIGINT      NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    kind       TEXT        NOT NULL,
    actor_kind TEXT        NOT NULL,
    actor_name TEXT        NOT NULL,
    source     TEXT        NOT NULL,
    cause      TEXT        NOT NULL,
    data       TEXT        NOT NULL,
    PRIMARY KEY (incident, seq)
);

CREATE TABLE incidents (
    number      BIGINT      NOT NULL PRIMARY KEY,
    seq         BIGINT      NOT NULL,
    status      TEXT        NOT NULL,
    severity    TEXT        NOT NULL,
    service     TEXT        NOT NULL,
    declared_at TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ,
    merged_into BIGINT,
    search      TEXT        NOT NULL,
    state       TEXT        NOT NULL,
    finished_at TIMESTAMPTZ,

    title           TEXT NOT NULL,
    commander       TEXT NOT NULL,
    acknowledged_at TIMESTAMPTZ,
    mitigated_at    TIMESTAMPTZ,
    closed_at       TIMESTAMPTZ,
    changed_at      TIMESTAMPTZ,
    exercise        BOOLEAN NOT NULL,
    channel_id      TEXT NOT NULL
);

CREATE TABLE followups (
    incident   BIGINT  NOT NULL REFERENCES incidents (number),
    position   BIGINT  NOT NULL,
    id         TEXT    NOT NULL,
    ticket_key TEXT    NOT NULL,
    done       BOOLEAN NOT NULL,
    data       TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    due_at     TIMESTAMPTZ,
    status     TEXT    NOT NULL,
    url        TEXT    NOT NULL,
    PRIMARY KEY (incident, position)
);

-- An item is pending until it is sent to an incident (sent_at) or settled (settled_at).
-- Settled is what an incident's journal has (recorded), what was delivered to something
-- that keeps it in another way, and what was discarded (no incident).
CREATE TABLE inbox (
    id            BIGINT      NOT NULL PRIMARY KEY,
    kind          TEXT        NOT NULL,
    source        TEXT        NOT NULL,
    subject       TEXT        NOT NULL,
    key           TEXT        NOT NULL,
    received_at   TIMESTAMPTZ NOT NULL,
    seen_at       TIMESTAMPTZ NOT NULL,
    settled_at    TIMESTAMPTZ,
    incident      BIGINT,
    returned_from BIGINT,
    reason        TEXT        NOT NULL,
    body          TEXT        NOT NULL,
    sent_at       TIMESTAMPTZ,
    recorded      BOOLEAN     NOT NULL,
    trace         TEXT        NOT NULL,
    UNIQUE (kind, source, key)
);

CREATE TABLE alert_groups (
    source    TEXT   NOT NULL,
    group_key TEXT   NOT NULL,
    incident  BIGINT NOT NULL,
    PRIMARY KEY (source, group_key)
);

-- A message is as it was said (stage 0), edited (1) or deleted (2).
CREATE TABLE transcript (
    channel    TEXT        NOT NULL,
    message    TEXT        NOT NULL,
    incident   BIGINT      NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    thread     TEXT        NOT NULL,
    account    TEXT        NOT NULL,
    author     TEXT        NOT NULL,
    url        TEXT        NOT NULL,
    stage      BIGINT      NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    files      TEXT        NOT NULL,
    text       TEXT        NOT NULL,
    PRIMARY KEY (channel, message)
);

CREATE TABLE follows (
    account      TEXT        NOT NULL,
    kind         TEXT        NOT NULL,
    name         TEXT        NOT NULL,
    person_name  TEXT        NOT NULL,
    person_email TEXT        NOT NULL,
    since        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, kind, name)
);
