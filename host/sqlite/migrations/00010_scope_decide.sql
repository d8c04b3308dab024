-- +goose Up

-- A key that had every scope before the scope decide existed has every scope still.
UPDATE key SET scopes = CAST(json_insert(CAST(scopes AS TEXT), '$[#]', 'decide') AS BLOB)
WHERE NOT EXISTS (SELECT 1 FROM json_each(CAST(key.scopes AS TEXT)) WHERE value = 'decide')
  AND (SELECT count(DISTINCT value) FROM json_each(CAST(key.scopes AS TEXT)) WHERE value IN ('ingest', 'manage', 'read')) = 3;
