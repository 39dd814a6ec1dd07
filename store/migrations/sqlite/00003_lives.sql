-- Which life of an incident's workflow may write to the journal, which fold made the read
-- model, and who was merged into whom.

-- +goose Up
CREATE TABLE incident_lives (
    incident INTEGER NOT NULL PRIMARY KEY,
    life     INTEGER NOT NULL
) STRICT;

ALTER TABLE installation ADD COLUMN fold_version INTEGER NOT NULL DEFAULT 1;

CREATE INDEX incidents_merged ON incidents (merged_into, number) WHERE merged_into IS NOT NULL;
