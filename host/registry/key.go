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
func (r *Registry) CreateKey(ctx context.Context, n host.NewKey) (k host.Key, secret string, err error) {
	if err := checkKey(n); err != nil {
		return host.Key{}, "", err
	}
	k, secret = r.newKey(n)
	if err := r.Store.CreateKey(ctx, k); err != nil {
		return host.Key{}, "", err
	}
	r.Record(ctx, "key.create", k.ID, k.Name, nil, k)
	return k, secret, nil
}

func checkKey(n host.NewKey) error {
	var bad fields
	if n := utf8.RuneCountInString(strings.TrimSpace(n.Name)); n < 1 || n > MaxKeyNameChars {
		bad.add("/name", "must have 1 to %d characters", MaxKeyNameChars)
	}
	if strings.HasPrefix(n.Name, host.KeyPrefix) {
		bad.add("/name", "must not begin with %s, as the ids of keys do", host.KeyPrefix)
	}
	bad.printable("/name", n.Name)
	if len(n.Scopes) == 0 {
		bad.add("/scopes", "must have at least one of: ingest, decide, manage, read")
	}
	for i, s := range n.Scopes {
		at := "/scopes/" + strconv.Itoa(i)
		switch {
		case !slices.Contains(host.Scopes(), s):
			bad.add(at, "must be one of: ingest, decide, manage, read")
		case slices.Index(n.Scopes, s) < i:
			bad.add(at, "%q is listed twice", s)
		}
	}
	bad.expiry(n.ExpiresAt)
	return bad.invalid("the key is not valid")
}

// expiry checks when a key is to expire; the zero time is never.
func (f *fields) expiry(at time.Time) {
	if !at.IsZero() && !at.After(time.Now()) {
		f.add("/expires_at", "must be in the future")
	}
}

func (r *Registry) newKey(n host.NewKey) (host.Key, string) {
	secret, hash := r.NewKey()
	return host.Key{
		ID:        host.NewID(host.KeyPrefix),
		Name:      n.Name,
		Scopes:    n.Scopes,
		Hash:      hash,
		CreatedAt: time.Now().UTC(),
		ExpiresAt: stored(n.ExpiresAt),
	}, secret
}

// stored is a time as the store returns it.
func stored(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

// Key returns an API key, without its secret, by its id or its name. A name that
// several keys have is a [host.Conflict].
func (r *Registry) Key(ctx context.Context, key string) (host.Key, error) {
	keys, err := r.Store.Keys(ctx)
	if err != nil {
		return host.Key{}, err
	}
	return find(keys, key)
}

// find finds a key by its id, or else by its name.
func find(keys []host.Key, key string) (host.Key, error) {
	var named []host.Key
	for _, k := range keys {
		if k.ID == key {
			return k, nil
		}
		if k.Name == key {
			named = append(named, k)
		}
	}
	switch len(named) {
	case 1:
		return named[0], nil
	case 0:
		return host.Key{}, &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no key %q", key), Fix: host.FixListKeys.With()}
	}
	ids := make([]string, len(named))
	for i, k := range named {
		ids[i] = k.ID + " of " + k.CreatedAt.Format(time.DateOnly)
	}
	return host.Key{}, &host.Error{
		Code: host.Conflict, Text: fmt.Sprintf("%d keys have the name %q: %s", len(named), key, strings.Join(ids, ", ")),
		Hint: "name the key by its id", Fix: host.FixListKeys.With(),
	}
}

// RotateKey gives an API key another secret, which is returned this once. Its id, name
// and scopes stay. The old secret is valid for the overlap; one that was still valid
// from an earlier rotation is not any more.
func (r *Registry) RotateKey(ctx context.Context, key string, how host.KeyRotation) (k host.Key, secret string, err error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	was, err := r.Key(ctx, key)
	if err != nil {
		return host.Key{}, "", err
	}
	now := time.Now()
	if err := checkRotation(was, how, now); err != nil {
		return host.Key{}, "", err
	}
	k = was
	k.PreviousHash, k.RotatedAt = was.Hash, stored(now)
	k.PreviousUntil = stored(now.Add(how.Overlap))
	if !how.ExpiresAt.IsZero() {
		k.ExpiresAt = stored(how.ExpiresAt)
	}
	secret, k.Hash = r.NewKey()
	if err := r.Store.UpdateKey(ctx, k); err != nil {
		return host.Key{}, "", err
	}
	r.Record(ctx, "key.rotate", k.ID, k.Name, was, k)
	return k, secret, nil
}

func checkRotation(k host.Key, how host.KeyRotation, now time.Time) error {
	var bad fields
	bad.expiry(how.ExpiresAt)
	if how.Overlap < 0 || how.Overlap > host.MaxKeyOverlap {
		bad.add("/overlap_seconds", "must be between 0 and %d", int(host.MaxKeyOverlap.Seconds()))
	}
	if k.Expired(now) && how.ExpiresAt.IsZero() {
		bad.add("/expires_at", "is needed: the key expired at %s", k.ExpiresAt.Format(time.RFC3339))
	}
	return bad.invalid("the rotation is not valid")
}

// Keys returns all API keys, without their secrets, oldest first.
func (r *Registry) Keys(ctx context.Context) ([]host.Key, error) { return r.Store.Keys(ctx) }

// DeleteKey makes an API key worthless at once. The last valid key that may manage
// is a [host.Conflict]: without it no other could be made.
func (r *Registry) DeleteKey(ctx context.Context, key string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	keys, err := r.Store.Keys(ctx)
	if err != nil {
		return err
	}
	k, err := find(keys, key)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(keys), func(other host.Key) bool { return other.ID == k.ID || other.Expired(time.Now()) })
	if k.May(host.ScopeManage) && !managed(others) {
		return &host.Error{
			Code: host.Conflict,
			Text: fmt.Sprintf("key %q is the last valid one with scope manage", k.Name),
			Fix:  host.FixCreateKey.With(string(host.ScopeManage)),
		}
	}
	if err := r.Store.DeleteKey(ctx, k.ID); err != nil {
		return err
	}
	r.Record(ctx, "key.delete", k.ID, k.Name, k, nil)
	return nil
}

func managed(keys []host.Key) bool {
	return slices.ContainsFunc(keys, func(k host.Key) bool { return k.May(host.ScopeManage) })
}
