-- +goose Up

-- The actions and triggers that an operator paused.
CREATE TABLE pause (
    target  TEXT PRIMARY KEY,   -- an action's id, or a trigger
    reason  TEXT    NOT NULL,
    actor   BLOB    NOT NULL,   -- JSON: who paused it
    at      INTEGER NOT NULL
) WITHOUT ROWID;

-- For what an execution is held back: the id of its next action, or of that action's
-- version. NULL: it is not. A held execution has leased = 2.
ALTER TABLE execution ADD COLUMN held TEXT;
CREATE INDEX execution_held ON execution (held, next_at) WHERE held IS NOT NULL;
