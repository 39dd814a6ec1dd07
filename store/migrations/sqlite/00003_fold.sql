-- Which fold made the read model, so that it is made anew when the fold has changed.

-- +goose Up
ALTER TABLE installation ADD COLUMN fold_version INTEGER NOT NULL DEFAULT 1;
