-- +goose Up

-- What operators should know of.
CREATE TABLE notice (
    id          TEXT PRIMARY KEY,            -- sorts by time
    kind        TEXT    NOT NULL,
    topic       TEXT    NOT NULL,            -- those of one topic are counted in one for a while
    action_id   TEXT    NOT NULL,            -- '' when it is about none
    at          INTEGER NOT NULL,            -- of the first that it counts
    last_at     INTEGER NOT NULL,            -- of the last one
    count       INTEGER NOT NULL,
    complete_at INTEGER NOT NULL,            -- until then it counts more of its topic
    reported    INTEGER NOT NULL DEFAULT 0,  -- 1: in the log, and its deliveries are stored
    body        BLOB    NOT NULL             -- JSON: the first that it counts
);

CREATE INDEX notice_topic ON notice (topic, complete_at);
CREATE INDEX notice_unreported ON notice (complete_at) WHERE reported = 0;

-- Receivers of notices.
CREATE TABLE webhook (
    id            TEXT PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    about         BLOB    NOT NULL,  -- JSON
    secrets       BLOB    NOT NULL,  -- encrypted
    disabled      INTEGER NOT NULL DEFAULT 0
);

-- Notices on their way to webhooks.
CREATE TABLE delivery (
    id          TEXT PRIMARY KEY,  -- sorts by time
    webhook_id  TEXT    NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    status      TEXT    NOT NULL,
    next_at     INTEGER NOT NULL,  -- when a pending one is due
    about       BLOB    NOT NULL,  -- JSON
    body        BLOB    NOT NULL   -- what is posted
);

CREATE INDEX delivery_of_webhook ON delivery (webhook_id, id);
CREATE INDEX delivery_due ON delivery (webhook_id, next_at) WHERE status = 'pending';
