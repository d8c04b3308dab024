-- +goose Up

-- What executions answered whose trigger decides.
CREATE TABLE decision (
    execution INTEGER PRIMARY KEY,  -- its seq
    verdict   TEXT    NOT NULL,     -- allow or deny
    body      BLOB    NOT NULL      -- JSON
);
CREATE INDEX decision_deny ON decision (execution) WHERE verdict = 'deny';
