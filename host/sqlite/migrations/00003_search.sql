-- +goose Up

-- The origins to which versions sent requests.
CREATE TABLE reach (
    version_id TEXT    NOT NULL,
    origin     TEXT    NOT NULL,
    requests   INTEGER NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (version_id, origin)
) WITHOUT ROWID;

-- The words of failed results. A row's id is its execution's seq times 65536
-- plus how many results that had before: so a search runs through executions,
-- newest first.
CREATE VIRTUAL TABLE failure USING fts5 (
    message,
    content = '',
    contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO failure (rowid, message)
SELECT r.execution * 65536 + MIN(r.place, 65535), substr(r.message, 1, 4096)
FROM (
    SELECT execution,
           ROW_NUMBER() OVER (PARTITION BY execution ORDER BY seq) - 1 AS place,
           concat_ws(' ', body ->> '$.error.name', body ->> '$.error.code', body ->> '$.error.message') AS message
    FROM (SELECT seq, execution, CAST(body AS TEXT) AS body FROM result)
) r
WHERE r.message <> '' AND r.place < 65536;

-- Executions with a dead step.
CREATE INDEX execution_dead ON execution (seq) WHERE instr(steps, 'd');

-- Which plans have an action's version.
CREATE TABLE plan_action (
    action_id  TEXT    NOT NULL,
    version_id TEXT    NOT NULL,
    plan       INTEGER NOT NULL,
    PRIMARY KEY (action_id, version_id, plan)
) WITHOUT ROWID;
CREATE INDEX plan_action_version ON plan_action (version_id);
INSERT OR IGNORE INTO plan_action (action_id, version_id, plan)
SELECT step.value ->> '$.action_id', step.value ->> '$.version_id', p.number
FROM plan p, json_each(CAST(p.steps AS TEXT)) step;

-- Between which executions a plan was in force: every execution lies in a span
-- of its plan. An index on execution.plan would cost every accept.
CREATE TABLE plan_span (
    plan    INTEGER NOT NULL,
    first   INTEGER NOT NULL,     -- an execution's seq
    last    INTEGER,              -- NULL: still in force
    trigger TEXT    NOT NULL,     -- empty: executions that repeat an old plan
    PRIMARY KEY (plan, first, trigger)
) WITHOUT ROWID;
CREATE INDEX plan_span_open ON plan_span (trigger) WHERE last IS NULL;
INSERT INTO plan_span (plan, first, last, trigger)
SELECT plan, MIN(seq), MAX(seq), '' FROM execution GROUP BY plan;

-- Executions with which the clock had gone back. Between two of them
-- created_at grows with seq, and a time is found without an index.
CREATE TABLE clock_step (
    seq INTEGER PRIMARY KEY
);
INSERT INTO clock_step (seq)
SELECT seq FROM (SELECT seq, created_at, LAG(created_at) OVER (ORDER BY seq) AS before FROM execution)
WHERE created_at < before;
