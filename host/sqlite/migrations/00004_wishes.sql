-- +goose Up

-- Drafts that are to be deployed once they are built, as they were when
-- somebody asked for it.
CREATE TABLE wish (
    action_id TEXT PRIMARY KEY REFERENCES action (id),
    revision  INTEGER NOT NULL,
    source    BLOB    NOT NULL,  -- JSON
    actor     BLOB    NOT NULL,  -- JSON
    asked_at  INTEGER NOT NULL
);
