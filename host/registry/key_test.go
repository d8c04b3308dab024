package registry_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/web"
)

func TestTheFirstStartMakesOneAdminKey(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	full := errors.New("disk full")
	if made, err := r.EnsureAdminKey(t.Context(), func(string) error { return full }); made || !errors.Is(err, full) {
		t.Fatalf("made %v, %v", made, err)
	}
	if keys, err := r.Keys(t.Context()); err != nil || len(keys) != 0 {
		t.Fatalf("a key whose secret was not saved: %v, %v", keys, err)
	}
	var secret string
	save := func(s string) error { secret = s; return nil }
	if made, err := r.EnsureAdminKey(t.Context(), save); !made || err != nil {
		t.Fatalf("made %v, %v", made, err)
	}
	k, err := db.KeyByHash(t.Context(), web.HashKey(secret))
	if err != nil || !k.May(host.ScopeIngest) || !k.May(host.ScopeManage) || !k.May(host.ScopeRead) {
		t.Errorf("key is %+v, %v", k, err)
	}
	if made, err := r.EnsureAdminKey(t.Context(), save); made || err != nil {
		t.Errorf("made another: %v, %v", made, err)
	}
}

func TestKeysAreMadeAndDeleted(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	admin, _, err := r.CreateKey(t.Context(), host.NewKey{Name: "admin", Scopes: []host.Scope{host.ScopeManage}})
	if err != nil {
		t.Fatal(err)
	}
	k, secret, err := r.CreateKey(t.Context(), host.NewKey{Name: "login page", Scopes: []host.Scope{host.ScopeIngest}})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := db.KeyByHash(t.Context(), web.HashKey(secret)); err != nil || found.ID != k.ID || !strings.HasPrefix(secret, "usher_") {
		t.Errorf("found %+v by %q, %v", found, secret, err)
	}
	if err := r.DeleteKey(t.Context(), k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.KeyByHash(t.Context(), web.HashKey(secret)); host.CodeOf(err) != host.NotFound {
		t.Errorf("still good: %v", err)
	}
	hosttest.Refused(t, r.DeleteKey(t.Context(), k.ID), host.NotFound, nil, k.ID, "usher keys list")
	hosttest.Refused(t, r.DeleteKey(t.Context(), admin.ID), host.Conflict, nil, "last valid one", "usher keys create")
	other, _, err := r.CreateKey(t.Context(), host.NewKey{Name: "second", Scopes: []host.Scope{host.ScopeManage}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteKey(t.Context(), admin.ID); err != nil {
		t.Error(err)
	}
	hosttest.Refused(t, r.DeleteKey(t.Context(), other.ID), host.Conflict, nil)
}

func TestKeysAreFoundByTheirNames(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	create := func(name string, scope host.Scope) host.Key {
		k, _, err := r.CreateKey(t.Context(), host.NewKey{Name: name, Scopes: []host.Scope{scope}})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	create("admin", host.ScopeManage)
	one, two, page := create("ci", host.ScopeRead), create("ci", host.ScopeRead), create("login page", host.ScopeIngest)
	if k, err := r.Key(t.Context(), "login page"); err != nil || k.ID != page.ID {
		t.Errorf("found %+v, %v", k, err)
	}
	_, err := r.Key(t.Context(), "ci")
	hosttest.Refused(t, err, host.Conflict, nil, `2 keys have the name "ci"`, one.ID, two.ID, "by its id")
	hosttest.Refused(t, r.DeleteKey(t.Context(), "ci"), host.Conflict, nil, one.ID, two.ID)
	_, _, err = r.RotateKey(t.Context(), "ci", host.KeyRotation{})
	hosttest.Refused(t, err, host.Conflict, nil, one.ID, two.ID)
	if err := r.DeleteKey(t.Context(), two.ID); err != nil {
		t.Error(err)
	}
	if err := r.DeleteKey(t.Context(), "ci"); err != nil {
		t.Error(err)
	}
	_, err = r.Key(t.Context(), "ci")
	hosttest.Refused(t, err, host.NotFound, nil, `no key "ci"`, "usher keys list")
}

func TestARotatedKeyHasANewSecret(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	k, first, err := r.CreateKey(t.Context(), host.NewKey{Name: "ci", Scopes: []host.Scope{host.ScopeManage}})
	if err != nil {
		t.Fatal(err)
	}
	valid := func(secret string, at time.Time) bool {
		t.Helper()
		found, err := db.KeyByHash(t.Context(), web.HashKey(secret))
		if err != nil {
			return false
		}
		if found.ID != k.ID || found.Name != "ci" || !found.May(host.ScopeManage) {
			t.Errorf("found %+v", found)
		}
		return found.Check(web.HashKey(secret), at) == nil
	}
	rotated, second, err := r.RotateKey(t.Context(), "ci", host.KeyRotation{Overlap: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	now, later := time.Now(), rotated.PreviousUntil
	if !valid(first, now) || valid(first, later) || !valid(second, now) || !valid(second, later) {
		t.Errorf("the old one is valid now %v, later %v; the new one %v, %v, want true, false, true, true",
			valid(first, now), valid(first, later), valid(second, now), valid(second, later))
	}
	_, third, err := r.RotateKey(t.Context(), k.ID, host.KeyRotation{})
	if err != nil {
		t.Fatal(err)
	}
	if valid(first, now) || valid(second, time.Now()) || !valid(third, time.Now()) {
		t.Errorf("valid are %v, %v, %v, want the last alone", valid(first, now), valid(second, now), valid(third, now))
	}
	found, err := db.KeyByHash(t.Context(), web.HashKey(second))
	if err == nil {
		err = found.Check(web.HashKey(second), time.Now())
	}
	hosttest.Refused(t, err, host.Unauthorized, nil, "was rotated at", "usher keys rotate ci")
	for _, how := range []host.KeyRotation{{Overlap: -1}, {Overlap: host.MaxKeyOverlap + 1}, {ExpiresAt: now}} {
		_, _, err := r.RotateKey(t.Context(), "ci", how)
		if host.CodeOf(err) != host.Invalid {
			t.Errorf("rotated by %+v: %v", how, err)
		}
	}
}

func TestKeysExpire(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	at := time.Now().Add(time.Hour)
	k, secret, err := r.CreateKey(t.Context(), host.NewKey{Name: "ci", Scopes: []host.Scope{host.ScopeManage}, ExpiresAt: at})
	if err != nil {
		t.Fatal(err)
	}
	hash := web.HashKey(secret)
	if err := k.Check(hash, at.Add(-time.Minute)); err != nil {
		t.Errorf("a minute before: %v", err)
	}
	hosttest.Refused(t, k.Check(hash, at), host.Unauthorized, nil, `"ci" expired at`, "usher keys rotate ci")

	// What expired is not the last key that may manage, and its rotation needs a new end.
	k.ExpiresAt = time.Now().Add(-time.Minute)
	if err := db.UpdateKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	other, _, err := r.CreateKey(t.Context(), host.NewKey{Name: "admin", Scopes: []host.Scope{host.ScopeManage}})
	if err != nil {
		t.Fatal(err)
	}
	hosttest.Refused(t, r.DeleteKey(t.Context(), other.ID), host.Conflict, nil, "last valid one")
	_, _, err = r.RotateKey(t.Context(), "ci", host.KeyRotation{})
	hosttest.Refused(t, err, host.Invalid, []string{"/expires_at"})
	if k, _, err = r.RotateKey(t.Context(), "ci", host.KeyRotation{ExpiresAt: at}); err != nil || k.Expired(time.Now()) {
		t.Errorf("rotated to %+v, %v", k, err)
	}
}

func TestTheOperatorsKeyIsTheFirstOne(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	hash := web.HashKey("the key that terraform made, long enough")
	for i, want := range []bool{true, false} {
		if made, err := r.EnsureGivenKey(t.Context(), hash); made != want || err != nil {
			t.Fatalf("start %d: made %v, %v", i, made, err)
		}
	}
	if made, err := r.EnsureAdminKey(t.Context(), func(string) error { return nil }); made || err != nil {
		t.Errorf("made another: %v, %v", made, err)
	}
	if k, err := db.KeyByHash(t.Context(), hash); err != nil || !k.May(host.ScopeManage) || !k.May(host.ScopeDecide) {
		t.Errorf("the key is %+v, %v", k, err)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	for _, tt := range []struct {
		name     string
		key      string
		scopes   []host.Scope
		pointers []string
	}{
		{name: "no name", key: " ", scopes: []host.Scope{host.ScopeRead}, pointers: []string{"/name"}},
		{name: "a long name", key: strings.Repeat("x", 129), scopes: []host.Scope{host.ScopeRead}, pointers: []string{"/name"}},
		{name: "a name that forges a row", key: "k\nadmin", scopes: []host.Scope{host.ScopeRead}, pointers: []string{"/name"}},
		{name: "a name that can't be seen", key: "k\u2066", scopes: []host.Scope{host.ScopeRead}, pointers: []string{"/name"}},
		{name: "a name like an id", key: "key_1", scopes: []host.Scope{host.ScopeRead}, pointers: []string{"/name"}},
		{name: "no scope", key: "k", pointers: []string{"/scopes"}},
		{name: "an unknown scope", key: "k", scopes: []host.Scope{"admin"}, pointers: []string{"/scopes/0"}},
		{name: "a scope twice", key: "k", scopes: []host.Scope{host.ScopeRead, host.ScopeRead}, pointers: []string{"/scopes/1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := r.CreateKey(t.Context(), host.NewKey{Name: tt.key, Scopes: tt.scopes})
			hosttest.Refused(t, err, host.Invalid, tt.pointers)
		})
	}
}
