-- +goose Up

-- The fields of events by which executions are found.
CREATE TABLE searchable_field (
    number  INTEGER PRIMARY KEY,
    path    TEXT    NOT NULL,      -- JSON pointer
    rules   INTEGER NOT NULL,      -- by which its values were found; see field.go
    first   INTEGER NOT NULL,      -- executions from this seq on are indexed as they come
    below   INTEGER NOT NULL,      -- executions below this seq are not indexed yet; 0: all are
    dropped INTEGER NOT NULL       -- 1: it is not searchable any more, and its values are being deleted
);

-- What executions have at those fields. Nothing leads from an execution to its rows:
-- they are found again by reading its event.
CREATE TABLE field_value (
    field     INTEGER NOT NULL,
    value     BLOB    NOT NULL,    -- as host.IndexedValue has it
    execution INTEGER NOT NULL,    -- its seq
    PRIMARY KEY (field, value, execution)
) WITHOUT ROWID;
