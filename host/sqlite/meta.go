package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// Meta returns a small named blob. NotFound when it was never set.
func (db *DB) Meta(ctx context.Context, name string) ([]byte, error) {
	var value []byte
	err := db.readers.QueryRowContext(ctx, `
		SELECT value FROM meta
		WHERE name = ?`, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound("no value is stored as " + name)
	}
	return value, hostError(err)
}

// SetMeta stores a small named blob, in place of an earlier one.
func (db *DB) SetMeta(ctx context.Context, name string, value []byte) error {
	return db.change(ctx, func(tx *transaction) error {
		_, err := tx.exec(`
			INSERT INTO meta (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, notNull(value))
		return err
	})
}
