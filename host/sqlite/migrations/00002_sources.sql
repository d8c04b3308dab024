-- +goose Up

-- What authors wrote, and what the host built of it.
CREATE TABLE draft (
    action_id  TEXT PRIMARY KEY REFERENCES action (id),
    revision   INTEGER NOT NULL,
    status     TEXT    NOT NULL,
    source     BLOB    NOT NULL,  -- JSON
    errors     BLOB    NOT NULL,  -- JSON
    digest     TEXT REFERENCES module (digest), -- NULL while it is not built
    updated_at INTEGER NOT NULL,
    built_at   INTEGER NOT NULL   -- 0 while it is not built
);

ALTER TABLE version ADD COLUMN source BLOB; -- JSON; NULL when its module was uploaded
ALTER TABLE version ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

CREATE TABLE library (
    id         TEXT PRIMARY KEY,
    name       TEXT    NOT NULL,
    source     BLOB    NOT NULL,  -- JSON
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX library_name ON library (name);

CREATE TABLE library_version (
    id         TEXT PRIMARY KEY,
    library_id TEXT    NOT NULL REFERENCES library (id),
    number     INTEGER NOT NULL,
    source     BLOB    NOT NULL,  -- JSON
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX library_version_number ON library_version (library_id, number);

-- Which sources name a library.
CREATE TABLE library_use (
    library_id TEXT NOT NULL REFERENCES library (id),
    action_id  TEXT NOT NULL REFERENCES action (id),
    version_id TEXT NOT NULL,     -- empty: the action's draft
    PRIMARY KEY (library_id, action_id, version_id)
) WITHOUT ROWID;
CREATE INDEX library_use_action ON library_use (action_id, version_id);

-- A secret may be a library's.
CREATE TABLE owned_secret (
    owner_id   TEXT    NOT NULL,  -- an action's id, or a library's
    name       TEXT    NOT NULL,
    value      BLOB    NOT NULL,  -- sealed
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (owner_id, name)
) WITHOUT ROWID;
INSERT INTO owned_secret (owner_id, name, value, updated_at)
SELECT action_id, name, value, updated_at FROM secret;
DROP TABLE secret;
ALTER TABLE owned_secret RENAME TO secret;

-- The audit log.
CREATE TABLE change (
    seq        INTEGER PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    actor_name TEXT    NOT NULL,
    verb       TEXT    NOT NULL,
    object     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    before     BLOB,              -- JSON
    after      BLOB               -- JSON
);
CREATE INDEX change_object ON change (object);
CREATE INDEX change_actor ON change (actor_id);
