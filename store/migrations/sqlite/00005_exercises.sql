-- Incidents that are practice, which no statistics count.

-- +goose Up
ALTER TABLE incidents ADD COLUMN exercise INTEGER NOT NULL DEFAULT FALSE;
