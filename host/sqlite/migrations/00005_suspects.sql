-- +goose Up

-- Executions that ran when the host ended without stopping. They run again one
-- by one; see suspect.go.
CREATE TABLE suspect (
    execution INTEGER PRIMARY KEY,  -- its seq
    crashes   INTEGER NOT NULL,     -- how often the host ended while it ran
    step      INTEGER,              -- that runs now, alone among the suspects; NULL: none
    guilty    INTEGER NOT NULL      -- 1: step ended the host, and is not run again
);
