package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// CreateKey stores an API key's hash. Conflict when the id or hash is there.
func (db *DB) CreateKey(ctx context.Context, k host.Key) error {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return fmt.Errorf("encode scopes: %w", err)
	}
	if err := db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`
			INSERT INTO key (id, name, scopes, hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`,
			cmp.Or(k.ID, host.NewID(host.KeyPrefix)), k.Name, scopes, k.Hash[:], orNow(tx, micros(k.CreatedAt)), micros(k.ExpiresAt))
		if err == nil && n == 0 {
			err = &host.Error{Code: host.Conflict, Text: "this key is there already"}
		}
		return err
	}); err != nil {
		return err
	}
	return db.loadKeys(ctx)
}

// UpdateKey stores all of an API key but its id and when it was created or used.
func (db *DB) UpdateKey(ctx context.Context, k host.Key) error {
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return fmt.Errorf("encode scopes: %w", err)
	}
	var previous []byte
	if k.PreviousHash != [32]byte{} {
		previous = k.PreviousHash[:]
	}
	if err := db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`
			UPDATE key
			SET name = ?, scopes = ?, hash = ?, expires_at = ?, rotated_at = ?, previous_hash = ?, previous_until = ?
			WHERE id = ?`,
			k.Name, scopes, k.Hash[:], micros(k.ExpiresAt), micros(k.RotatedAt), previous, micros(k.PreviousUntil), k.ID)
		if err == nil && n == 0 {
			err = notFound("there is no key " + k.ID)
		}
		return err
	}); err != nil {
		return err
	}
	return db.loadKeys(ctx)
}

// DeleteKey deletes an API key; it is refused from then on.
func (db *DB) DeleteKey(ctx context.Context, id string) error {
	if err := db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`DELETE FROM key WHERE id = ?`, id)
		if err == nil && n == 0 {
			err = notFound("there is no key " + id)
		}
		return err
	}); err != nil {
		return err
	}
	return db.loadKeys(ctx)
}

// Keys returns all API keys, oldest first.
func (db *DB) Keys(ctx context.Context) ([]host.Key, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT id, name, scopes, hash, created_at, expires_at, last_used_at, rotated_at, previous_hash, previous_until
		FROM key
		ORDER BY created_at, id`)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	keys := []host.Key{}
	for rows.Next() {
		k, err := scanKey(rows)
		if err != nil {
			return nil, err
		}
		if used, found := db.keyUses.Load(k.ID); found {
			k.LastUsedAt = fromMicros(max(micros(k.LastUsedAt), used.(*keyUse).at.Load()))
		}
		keys = append(keys, k)
	}
	return keys, hostError(rows.Err())
}

func scanKey(rows *sql.Rows) (k host.Key, err error) {
	var scopes, hash, previous []byte
	var created, expires, used, rotated, until int64
	if err := rows.Scan(&k.ID, &k.Name, &scopes, &hash, &created, &expires, &used, &rotated, &previous, &until); err != nil {
		return k, hostError(err)
	}
	if err := decode(scopes, &k.Scopes); err != nil {
		return k, corrupt("the scopes of key "+k.ID+" can't be read", err)
	}
	copy(k.Hash[:], hash)
	copy(k.PreviousHash[:], previous)
	k.CreatedAt, k.ExpiresAt, k.LastUsedAt = fromMicros(created), fromMicros(expires), fromMicros(used)
	k.RotatedAt, k.PreviousUntil = fromMicros(rotated), fromMicros(until)
	return k, nil
}

// KeyByHash returns the key with this hash, or that had it before it was rotated, from
// memory. NotFound when there is none. A key that is valid counts as used now.
func (db *DB) KeyByHash(_ context.Context, hash [32]byte) (host.Key, error) {
	k, found := (*db.keys.Load())[hash]
	if !found {
		return host.Key{}, notFound("API key not found")
	}
	if now := time.Now(); k.Check(hash, now) == nil {
		db.noteKeyUse(k.ID, now)
	}
	return k, nil
}

// loadKeys brings the memory of [DB.KeyByHash] up to date.
func (db *DB) loadKeys(ctx context.Context) error {
	db.loadingKeys.Lock()
	defer db.loadingKeys.Unlock()
	keys, err := db.Keys(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	byHash := make(map[[32]byte]host.Key, len(keys))
	for _, k := range keys {
		byHash[k.Hash] = k
		if k.PreviousHash != [32]byte{} {
			byHash[k.PreviousHash] = k
		}
	}
	db.keys.Store(&byHash)
	return nil
}
