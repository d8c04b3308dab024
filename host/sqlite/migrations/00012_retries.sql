-- +goose Up

-- Attempts that each step had had when an operator retried it last, as JSON; NULL: none did.
ALTER TABLE execution ADD COLUMN retried TEXT;

-- When the first attempt of the step began that is retrying; NULL: it is not, or not known.
ALTER TABLE execution ADD COLUMN first_at INTEGER;

-- Which request for many reruns made a rerun, so that it makes none twice.
ALTER TABLE execution ADD COLUMN batch TEXT;
CREATE UNIQUE INDEX execution_batch ON execution (batch, replay_of) WHERE batch IS NOT NULL;
