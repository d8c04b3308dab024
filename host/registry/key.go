package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// MaxKeyNameChars is how long an API key's name may be.
const MaxKeyNameChars = 128

// CreateKey makes an API key. The secret is returned this once; only its hash
// is stored.
func (r *Registry) CreateKey(ctx context.Context, name string, scopes []host.Scope) (k host.Key, secret string, err error) {
	if err := checkKey(name, scopes); err != nil {
		return host.Key{}, "", err
	}
	k, secret = r.newKey(name, scopes)
	if err := r.Store.CreateKey(ctx, k); err != nil {
		return host.Key{}, "", err
	}
	r.Record(ctx, "key.create", k.ID, k.Name, nil, k)
	return k, secret, nil
}

func checkKey(name string, scopes []host.Scope) error {
	var bad fields
	if n := utf8.RuneCountInString(strings.TrimSpace(name)); n < 1 || n > MaxKeyNameChars {
		bad.add("/name", "must have 1 to %d characters", MaxKeyNameChars)
	}
	bad.printable("/name", name)
	if len(scopes) == 0 {
		bad.add("/scopes", "must have at least one of: ingest, decide, manage, read")
	}
	for i, s := range scopes {
		at := "/scopes/" + strconv.Itoa(i)
		switch {
		case !slices.Contains(host.Scopes(), s):
			bad.add(at, "must be one of: ingest, decide, manage, read")
		case slices.Index(scopes, s) < i:
			bad.add(at, "%q is listed twice", s)
		}
	}
	return bad.invalid("the key is not valid")
}

func (r *Registry) newKey(name string, scopes []host.Scope) (host.Key, string) {
	secret, hash := r.NewKey()
	return host.Key{
		ID:        host.NewID(host.KeyPrefix),
		Name:      name,
		Scopes:    scopes,
		Hash:      hash,
		CreatedAt: time.Now().UTC(),
	}, secret
}

// Keys returns all API keys, without their secrets, oldest first.
func (r *Registry) Keys(ctx context.Context) ([]host.Key, error) { return r.Store.Keys(ctx) }

// DeleteKey makes an API key worthless at once. The last key that may manage
// is a [host.Conflict]: without it no other could be made.
func (r *Registry) DeleteKey(ctx context.Context, id string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	keys, err := r.Store.Keys(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k host.Key) bool { return k.ID == id })
	if i < 0 {
		return &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no key %q", id), Fix: host.FixListKeys.With()}
	}
	if keys[i].May(host.ScopeManage) && !managed(slices.Delete(slices.Clone(keys), i, i+1)) {
		return &host.Error{
			Code: host.Conflict,
			Text: fmt.Sprintf("key %q is the last one with scope manage", keys[i].Name),
			Fix:  host.FixCreateKey.With(string(host.ScopeManage)),
		}
	}
	if err := r.Store.DeleteKey(ctx, id); err != nil {
		return err
	}
	r.Record(ctx, "key.delete", id, keys[i].Name, keys[i], nil)
	return nil
}

func managed(keys []host.Key) bool {
	return slices.ContainsFunc(keys, func(k host.Key) bool { return k.May(host.ScopeManage) })
}

// EnsureAdminKey makes a key with every scope when no key may manage, which is
// so at the first start, and reports whether it did. The secret goes to save
// before the key is stored, so that no key can exist whose secret is lost.
func (r *Registry) EnsureAdminKey(ctx context.Context, save func(secret string) error) (bool, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	keys, err := r.Store.Keys(ctx)
	if err != nil || managed(keys) {
		return false, err
	}
	k, secret := r.newKey("admin", host.Scopes())
	if err := save(secret); err != nil {
		return false, fmt.Errorf("save the admin key: %w", err)
	}
	if err := r.Store.CreateKey(ctx, k); err != nil {
		return false, err
	}
	r.Record(ctx, "key.create", k.ID, k.Name, nil, k)
	return true, nil
}
