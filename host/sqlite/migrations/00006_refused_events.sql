-- +goose Up

-- What senders with a valid key sent and the host did not accept, for a day.
CREATE TABLE refused_event (
    id          TEXT PRIMARY KEY,  -- sorts by time
    trigger     TEXT    NOT NULL,
    key_id      TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,  -- that the row takes
    about       BLOB    NOT NULL,  -- JSON: why it was refused, and what it is
    sealed      BLOB               -- what was sent, encrypted; NULL when it is not kept
);

CREATE INDEX refused_event_of_key ON refused_event (key_id, id, bytes);
CREATE INDEX refused_event_expires ON refused_event (expires_at);
