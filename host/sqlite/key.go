package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

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
			INSERT INTO key (id, name, scopes, hash, created_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`,
			cmp.Or(k.ID, host.NewID(host.KeyPrefix)), k.Name, scopes, k.Hash[:], orNow(tx, micros(k.CreatedAt)))
		if err == nil && n == 0 {
			err = &host.Error{Code: host.Conflict, Text: "this key is there already"}
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
		SELECT id, name, scopes, hash, created_at FROM key
		ORDER BY created_at, id`)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	keys := []host.Key{}
	for rows.Next() {
		var k host.Key
		var scopes, hash []byte
		var created int64
		if err := rows.Scan(&k.ID, &k.Name, &scopes, &hash, &created); err != nil {
			return nil, hostError(err)
		}
		if err := decode(scopes, &k.Scopes); err != nil {
			return nil, corrupt("the scopes of key "+k.ID+" can't be read", err)
		}
		copy(k.Hash[:], hash)
		k.CreatedAt = fromMicros(created)
		keys = append(keys, k)
	}
	return keys, hostError(rows.Err())
}

// KeyByHash returns the key with this hash, from memory. NotFound when there
// is none.
func (db *DB) KeyByHash(_ context.Context, hash [32]byte) (host.Key, error) {
	if k, ok := (*db.keys.Load())[hash]; ok {
		return k, nil
	}
	return host.Key{}, notFound("API key not found")
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
	}
	db.keys.Store(&byHash)
	return nil
}
