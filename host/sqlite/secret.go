package sqlite

import (
	"context"

	"github.com/usherhost/usher/host"
)

// SetSecrets stores the sealed secrets of an action and removes others, at
// once or not at all. Removing what is not there is well.
func (db *DB) SetSecrets(ctx context.Context, actionID string, put []host.SealedSecret, remove []string) error {
	return db.change(ctx, func(tx *transaction) error {
		if _, err := tx.actionExists(actionID); err != nil {
			return err
		}
		for _, name := range remove {
			if _, err := tx.exec(`
				DELETE FROM secret
				WHERE action_id = ? AND name = ?`, actionID, name); err != nil {
				return err
			}
		}
		for _, s := range put {
			if _, err := tx.exec(`
				INSERT INTO secret (action_id, name, value, updated_at) VALUES (?, ?, ?, ?)
				ON CONFLICT (action_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
				actionID, s.Name, notNull(s.Value), micros(tx.now)); err != nil {
				return err
			}
		}
		return tx.touchAction(actionID)
	})
}

// SealedSecrets returns the secrets of an action as they are stored, in order
// of name; none when there is no such action.
func (db *DB) SealedSecrets(ctx context.Context, actionID string) ([]host.SealedSecret, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT name, value FROM secret
		WHERE action_id = ?
		ORDER BY name`, actionID)
	if err != nil {
		return nil, fault(err)
	}
	defer func() { _ = rows.Close() }()
	out := []host.SealedSecret{}
	for rows.Next() {
		var s host.SealedSecret
		if err := rows.Scan(&s.Name, &s.Value); err != nil {
			return nil, fault(err)
		}
		out = append(out, s)
	}
	return out, fault(rows.Err())
}

// secrets returns the names of an action's secrets, in order.
func (db *DB) secrets(ctx context.Context, actionID string) ([]host.Secret, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT name, updated_at FROM secret
		WHERE action_id = ?
		ORDER BY name`, actionID)
	if err != nil {
		return nil, fault(err)
	}
	defer func() { _ = rows.Close() }()
	out := []host.Secret{}
	for rows.Next() {
		var s host.Secret
		var updated int64
		if err := rows.Scan(&s.Name, &updated); err != nil {
			return nil, fault(err)
		}
		s.UpdatedAt = fromMicros(updated)
		out = append(out, s)
	}
	return out, fault(rows.Err())
}
