package registry_test

import (
	"errors"
	"strings"
	"testing"

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
	admin, _, err := r.CreateKey(t.Context(), "admin", []host.Scope{host.ScopeManage})
	if err != nil {
		t.Fatal(err)
	}
	k, secret, err := r.CreateKey(t.Context(), "login page", []host.Scope{host.ScopeIngest})
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
	hosttest.Refused(t, r.DeleteKey(t.Context(), admin.ID), host.Conflict, nil, "last one", "usher keys create")
	other, _, err := r.CreateKey(t.Context(), "second", []host.Scope{host.ScopeManage})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.DeleteKey(t.Context(), admin.ID); err != nil {
		t.Error(err)
	}
	hosttest.Refused(t, r.DeleteKey(t.Context(), other.ID), host.Conflict, nil)
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
		{name: "no scope", key: "k", pointers: []string{"/scopes"}},
		{name: "an unknown scope", key: "k", scopes: []host.Scope{"admin"}, pointers: []string{"/scopes/0"}},
		{name: "a scope twice", key: "k", scopes: []host.Scope{host.ScopeRead, host.ScopeRead}, pointers: []string{"/scopes/1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := r.CreateKey(t.Context(), tt.key, tt.scopes)
			hosttest.Refused(t, err, host.Invalid, tt.pointers)
		})
	}
}
