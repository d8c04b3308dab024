package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// EnsureAdminKey makes a key with every scope when no key may manage, which is
// so at the first start, and reports whether it did. The secret goes to save
// before the key is stored, so that no key can exist whose secret is lost.
func (r *Registry) EnsureAdminKey(ctx context.Context, save func(secret string) error) (bool, error) {
	return r.ensureKey(ctx, func() (host.Key, error) {
		k, secret := r.newKey(host.NewKey{Name: firstKeyName, Scopes: host.Scopes()})
		if err := save(secret); err != nil {
			return host.Key{}, fmt.Errorf("save the admin key: %w", err)
		}
		return k, nil
	})
}

// EnsureGivenKey is [Registry.EnsureAdminKey] with a key that the operator chose, of
// which it gets the hash alone.
func (r *Registry) EnsureGivenKey(ctx context.Context, hash [32]byte) (bool, error) {
	return r.ensureKey(ctx, func() (host.Key, error) {
		return host.Key{
			ID: host.NewID(host.KeyPrefix), Name: firstKeyName, Scopes: host.Scopes(), Hash: hash, CreatedAt: time.Now().UTC(),
		}, nil
	})
}

const firstKeyName = "admin"

// ensureKey stores a key when no key may manage.
func (r *Registry) ensureKey(ctx context.Context, create func() (host.Key, error)) (bool, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	keys, err := r.Store.Keys(ctx)
	if err != nil || managed(keys) {
		return false, err
	}
	k, err := create()
	if err != nil {
		return false, err
	}
	if err := r.Store.CreateKey(ctx, k); err != nil {
		return false, err
	}
	r.Record(ctx, "key.create", k.ID, k.Name, nil, k)
	return true, nil
}
