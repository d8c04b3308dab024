-- +goose Up

-- Until when a key is valid, when it was used, and what it was before its rotation.
ALTER TABLE key ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;      -- 0: never
ALTER TABLE key ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;    -- 0: never
ALTER TABLE key ADD COLUMN rotated_at INTEGER NOT NULL DEFAULT 0;      -- 0: never
ALTER TABLE key ADD COLUMN previous_hash BLOB;
ALTER TABLE key ADD COLUMN previous_until INTEGER NOT NULL DEFAULT 0;
