-- +goose Up

-- One name for each thing, the same as in the code.

ALTER TABLE execution RENAME COLUMN lent TO leased;     -- 1: a worker has it
ALTER TABLE execution RENAME COLUMN steps TO progress;  -- one letter for each step of the plan: p pending, s succeeded, d dead

ALTER TABLE wish RENAME TO pending_deploy;

-- The origins to which versions sent requests.
ALTER TABLE reach RENAME TO contacted_origin;

-- Code that the sources of several actions share.
ALTER TABLE library RENAME TO shared_module;
ALTER TABLE library_version RENAME TO shared_module_version;
ALTER TABLE shared_module_version RENAME COLUMN library_id TO shared_module_id;
ALTER TABLE library_use RENAME TO shared_module_use;
ALTER TABLE shared_module_use RENAME COLUMN library_id TO shared_module_id;

DROP INDEX library_name;
CREATE UNIQUE INDEX shared_module_name ON shared_module (name);
DROP INDEX library_version_number;
CREATE UNIQUE INDEX shared_module_version_number ON shared_module_version (shared_module_id, number);
DROP INDEX library_use_action;
CREATE INDEX shared_module_use_action ON shared_module_use (action_id, version_id);

-- The order in which an owner's secrets were first set.
ALTER TABLE secret RENAME COLUMN place TO position;

-- Stored sources and the log of changes say shared module, too.
UPDATE draft SET source = CAST(json_remove(json_set(CAST(source AS TEXT), '$.shared_modules', json((
	SELECT json_group_array(json_remove(json_set(used.value, '$.shared_module_id', used.value ->> '$.library_id'), '$.library_id'))
	FROM json_each(CAST(source AS TEXT), '$.libraries') used))), '$.libraries') AS BLOB)
WHERE json_type(CAST(source AS TEXT), '$.libraries') IS NOT NULL;
UPDATE version SET source = CAST(json_remove(json_set(CAST(source AS TEXT), '$.shared_modules', json((
	SELECT json_group_array(json_remove(json_set(used.value, '$.shared_module_id', used.value ->> '$.library_id'), '$.library_id'))
	FROM json_each(CAST(source AS TEXT), '$.libraries') used))), '$.libraries') AS BLOB)
WHERE source IS NOT NULL AND json_type(CAST(source AS TEXT), '$.libraries') IS NOT NULL;
UPDATE pending_deploy SET source = CAST(json_remove(json_set(CAST(source AS TEXT), '$.shared_modules', json((
	SELECT json_group_array(json_remove(json_set(used.value, '$.shared_module_id', used.value ->> '$.library_id'), '$.library_id'))
	FROM json_each(CAST(source AS TEXT), '$.libraries') used))), '$.libraries') AS BLOB)
WHERE json_type(CAST(source AS TEXT), '$.libraries') IS NOT NULL;
UPDATE change SET verb = 'shared_module.' || substr(verb, 9) WHERE verb LIKE 'library.%';
