-- Incidents that are practice, which no statistics count.

-- +goose Up
ALTER TABLE incidents ADD COLUMN exercise BOOLEAN NOT NULL DEFAULT FALSE;

CREATE OR REPLACE VIEW muster_incidents AS
SELECT 'INC-' || number AS id, number, title, status, severity, service, commander,
    declared_at, acknowledged_at, mitigated_at, resolved_at, closed_at, ended_at,
    'INC-' || merged_into AS merged_into, changed_at, exercise
FROM incidents;
COMMENT ON COLUMN muster_incidents.exercise IS 'Whether it is practice: leave those out of whatever you count.';
