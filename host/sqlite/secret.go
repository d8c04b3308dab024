package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/usherhost/usher/host"
)

// SetSecrets stores the sealed secrets of an action or a shared module and removes
// others, at once or not at all. Removing a missing one is no error. NotFound
// when the owner is neither.
func (db *DB) SetSecrets(ctx context.Context, ownerID string, put []host.SealedSecret, remove []string) error {
	return db.change(ctx, func(tx *transaction) error {
		if err := tx.touchOwner(ownerID); err != nil {
			return err
		}
		return tx.setSecrets(ownerID, put, remove)
	})
}

func (tx *transaction) setSecrets(ownerID string, put []host.SealedSecret, remove []string) error {
	for _, name := range remove {
		if _, err := tx.exec(`
			DELETE FROM secret
			WHERE owner_id = ? AND name = ?`, ownerID, name); err != nil {
			return err
		}
	}
	for _, s := range put {
		if _, err := tx.exec(`
			INSERT INTO secret (owner_id, name, value, updated_at, position)
			SELECT ?1, ?2, ?3, ?4, COALESCE(MAX(position), 0) + 1 FROM secret WHERE owner_id = ?1
			ON CONFLICT (owner_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
			ownerID, s.Name, notNull(s.Value), micros(tx.now)); err != nil {
			return err
		}
	}
	return nil
}

func (tx *transaction) touchOwner(id string) error {
	for _, query := range []string{
		`UPDATE action SET updated_at = ? WHERE id = ?`,
		`UPDATE shared_module SET updated_at = ? WHERE id = ?`,
	} {
		if n, err := tx.exec(query, micros(tx.now), id); err != nil || n == 1 {
			return err
		}
	}
	return noAction(id)
}

// SealedSecrets returns the secrets of an action or a shared module as they are
// stored, in order of name; none when there is no such owner.
func (db *DB) SealedSecrets(ctx context.Context, ownerID string) ([]host.SealedSecret, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT name, value FROM secret
		WHERE owner_id = ?
		ORDER BY name`, ownerID)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	out := []host.SealedSecret{}
	for rows.Next() {
		var s host.SealedSecret
		if err := rows.Scan(&s.Name, &s.Value); err != nil {
			return nil, hostError(err)
		}
		out = append(out, s)
	}
	return out, hostError(rows.Err())
}

// secrets returns the names of an owner's secrets, in the order in which they
// were first set.
func (db *DB) secrets(ctx context.Context, ownerID string) ([]host.Secret, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT name, updated_at FROM secret
		WHERE owner_id = ?
		ORDER BY position, name`, ownerID)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	out := []host.Secret{}
	for rows.Next() {
		var s host.Secret
		var updated int64
		if err := rows.Scan(&s.Name, &updated); err != nil {
			return nil, hostError(err)
		}
		s.UpdatedAt = fromMicros(updated)
		out = append(out, s)
	}
	return out, hostError(rows.Err())
}

// secretsNow returns which secrets an owner has at this point of the
// transaction, and the same as JSON.
func (tx *transaction) secretsNow(ownerID string) (all []host.Secret, encoded []byte, err error) {
	all = []host.Secret{}
	err = tx.query(func(row []driverValue) error {
		all = append(all, host.Secret{Name: text(row[0]), UpdatedAt: fromMicros(integer(row[1]))})
		return nil
	}, `
		SELECT name, updated_at FROM secret
		WHERE owner_id = ?
		ORDER BY position, name`, ownerID)
	if err != nil {
		return nil, nil, err
	}
	if encoded, err = json.Marshal(all); err != nil {
		return nil, nil, fmt.Errorf("encode secrets: %w", err)
	}
	return all, encoded, nil
}
