-- +goose Up

-- When a tape is deleted, in microseconds; NULL: with its execution.
ALTER TABLE tape ADD COLUMN until INTEGER;
CREATE INDEX tape_until ON tape (until) WHERE until IS NOT NULL;
