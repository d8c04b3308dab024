-- +goose Up

-- Secrets are listed in the order in which they were first set.
ALTER TABLE secret ADD COLUMN place INTEGER NOT NULL DEFAULT 0;

-- Which secrets there were when a version was made, as JSON; NULL: not known.
ALTER TABLE version ADD COLUMN secrets BLOB;
ALTER TABLE library_version ADD COLUMN secrets BLOB;
