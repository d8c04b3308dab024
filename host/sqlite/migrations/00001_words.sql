-- +goose Up

-- What came in. A row's seq is also the seq of its first execution, so one
-- index on the id serves both. user_id has an index because people look for a
-- user's registrations; each further index would cost every accept.
CREATE TABLE event (
    seq         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL,
    tenant      TEXT    NOT NULL,
    trigger     TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,
    key         BLOB,             -- 16 bytes of the key's SHA-256
    fingerprint BLOB,
    traceparent TEXT,
    received_at INTEGER NOT NULL  -- microseconds since 1970, UTC, as all times here
);
CREATE UNIQUE INDEX event_id ON event (id);
CREATE UNIQUE INDEX event_key ON event (key);
CREATE INDEX event_user ON event (user_id);

-- The sender's bytes, apart from event so that lists stay small.
CREATE TABLE payload (
    event INTEGER PRIMARY KEY,
    body  BLOB NOT NULL
);

-- Distinct plans, each stored once.
CREATE TABLE plan (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,  -- SHA-256 of steps
    steps  BLOB NOT NULL   -- JSON
);
CREATE UNIQUE INDEX plan_digest ON plan (digest);

CREATE TABLE execution (
    seq        INTEGER PRIMARY KEY,
    id         TEXT,              -- of a replay; NULL: the event's id with the other prefix
    event      INTEGER NOT NULL,
    plan       INTEGER NOT NULL,
    replay_of  TEXT,
    status     TEXT    NOT NULL,
    steps      TEXT    NOT NULL,  -- one letter a step: p pending, s succeeded, d dead
    attempt    INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    lent       INTEGER NOT NULL,
    epoch      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER            -- NULL while unfinished
);
CREATE INDEX execution_live ON execution (lent, next_at) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX execution_id ON execution (id) WHERE id IS NOT NULL;
CREATE INDEX execution_replay ON execution (event) WHERE id IS NOT NULL;
-- Not IN: for that SQLite would fill a small table at every insert.
CREATE INDEX execution_trouble ON execution (status)
    WHERE status = 'retrying' OR status = 'partial' OR status = 'failed' OR status = 'canceled';

CREATE TABLE result (
    seq       INTEGER PRIMARY KEY, -- the order in which results were recorded
    execution INTEGER NOT NULL,
    step      INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    action_id TEXT    NOT NULL,
    body      BLOB    NOT NULL     -- JSON
);
CREATE INDEX result_execution ON result (execution, step);

CREATE TABLE tape (
    result INTEGER PRIMARY KEY,
    body   BLOB NOT NULL           -- sealed
);

CREATE TABLE action (
    id         TEXT PRIMARY KEY,
    name       TEXT    NOT NULL,
    trigger    TEXT    NOT NULL,
    deployed   TEXT,               -- a version's id
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX action_name ON action (name);

CREATE TABLE version (
    id         TEXT PRIMARY KEY,
    action_id  TEXT    NOT NULL REFERENCES action (id),
    number     INTEGER NOT NULL,
    digest     TEXT    NOT NULL REFERENCES module (digest),
    size_bytes INTEGER NOT NULL,
    status     TEXT    NOT NULL,
    manifest   BLOB    NOT NULL,   -- JSON
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX version_number ON version (action_id, number);

-- Modules outlive their actions: unfinished executions and replays need them.
CREATE TABLE module (
    digest TEXT NOT NULL UNIQUE,
    wasm   BLOB NOT NULL
);

CREATE TABLE binding (
    id           TEXT PRIMARY KEY,
    trigger      TEXT    NOT NULL,
    action_id    TEXT    NOT NULL REFERENCES action (id),
    position     INTEGER NOT NULL,
    display_name TEXT    NOT NULL,
    settings     BLOB    NOT NULL, -- JSON
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX binding_action ON binding (trigger, action_id);
CREATE INDEX binding_action_id ON binding (action_id);

CREATE TABLE secret (
    action_id  TEXT    NOT NULL REFERENCES action (id),
    name       TEXT    NOT NULL,
    value      BLOB    NOT NULL,   -- sealed
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (action_id, name)
) WITHOUT ROWID;

CREATE TABLE key (
    id         TEXT PRIMARY KEY,
    name       TEXT    NOT NULL,
    scopes     BLOB    NOT NULL,   -- JSON
    hash       BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
