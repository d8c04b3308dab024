package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// keyring is the API keys of a test.
type keyring map[[32]byte]host.Key

func (k keyring) KeyByHash(_ context.Context, hash [32]byte) (host.Key, error) {
	if key, ok := k[hash]; ok {
		return key, nil
	}
	return host.Key{}, &host.Error{Code: host.NotFound, Text: "no such key"}
}

// down is a store that does not answer.
type down struct{}

func (down) KeyByHash(context.Context, [32]byte) (host.Key, error) {
	return host.Key{}, &host.Error{Code: host.Unavailable, Text: "the host is closing"}
}

func TestNewKeyGivesSecretsThatAreFoundByHash(t *testing.T) {
	t.Parallel()
	secret, hash := web.NewKey()
	other, _ := web.NewKey()
	if !regexp.MustCompile(`^usher_[0-9a-z]{52}$`).MatchString(secret) || secret == other {
		t.Errorf("made %q and %q", secret, other)
	}
	if web.HashKey(secret) != hash || web.HashKey(other) == hash {
		t.Error("the hash is not the secret's")
	}
}

// guarded is an echo with GET / behind a key with scope manage.
func guarded(keys web.KeyStore) http.Handler {
	e := web.NewEcho(silent())
	e.GET("/", func(c echo.Context) error { return c.String(200, web.KeyFrom(c).Name) }, web.NewAuthenticator(keys).Require(host.ScopeManage))
	return e
}

func with(name, value string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if name != "" {
		r.Header.Set(name, value)
	}
	return r
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	admin, adminHash := web.NewKey()
	sender, senderHash := web.NewKey()
	scopeless, scopelessHash := web.NewKey()
	expired, expiredHash := web.NewKey()
	h := guarded(keyring{
		adminHash:     {ID: "key_1", Name: "admin", Scopes: []host.Scope{host.ScopeManage}},
		senderHash:    {ID: "key_2", Name: "sender", Scopes: []host.Scope{host.ScopeIngest, host.ScopeRead}},
		scopelessHash: {ID: "key_3", Name: "scopeless"},
		expiredHash:   {ID: "key_4", Name: "old", Scopes: host.Scopes(), ExpiresAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	})
	for _, tt := range []struct {
		name          string
		header, value string
		status        int
		body          string // contains
		challenge     string
	}{
		{name: "bearer", header: "Authorization", value: "Bearer " + admin, status: 200, body: "admin"},
		{name: "bearer in lower case", header: "Authorization", value: "bearer  " + admin, status: 200, body: "admin"},
		{name: "a header of its own", header: "X-Api-Key", value: admin, status: 200, body: "admin"},
		{name: "nothing", status: 401, body: "the request has no API key", challenge: `Bearer realm="usher"`},
		{name: "an empty key", header: "Authorization", value: "Bearer ", status: 401, body: "the request has no API key", challenge: `Bearer realm="usher"`},
		{name: "another scheme", header: "Authorization", value: "Basic eDp5", status: 401, body: "not of the Bearer scheme", challenge: `Bearer realm="usher"`},
		{name: "an unknown key", header: "Authorization", value: "Bearer " + admin + "x", status: 401, body: "the API key is unknown", challenge: `Bearer realm="usher", error="invalid_token"`},
		{name: "an endless key", header: "X-Api-Key", value: strings.Repeat("x", 5000), status: 401, body: "too long", challenge: `Bearer realm="usher", error="invalid_token"`},
		{
			name: "a key without the scope", header: "X-Api-Key", value: sender, status: 403,
			body: `the API key \"sender\" lacks the scope \"manage\"; its scopes: ingest, read`,
		},
		{
			name: "an expired key", header: "X-Api-Key", value: expired, status: 401,
			body: `the API key \"old\" expired at 2026-01-02T03:04:05Z`, challenge: `Bearer realm="usher", error="invalid_token"`,
		},
		{name: "a key without any scope", header: "X-Api-Key", value: scopeless, status: 403, body: "its scopes: none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := send(h, with(tt.header, tt.value))
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("answered %d %s, want %d with %s", w.Code, w.Body, tt.status, tt.body)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != tt.challenge {
				t.Errorf("challenged with %q, want %q", got, tt.challenge)
			}
			if body := w.Body.String(); strings.Contains(body, admin) || strings.Contains(body, sender) {
				t.Errorf("the answer has a key: %s", body)
			}
		})
	}
}

func TestAuthenticateReportsThatTheStoreIsDown(t *testing.T) {
	t.Parallel()
	if w := send(guarded(down{}), with("X-Api-Key", "usher_x")); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d %s, want 503", w.Code, w.Body)
	}
}

func TestAuthenticateSlowsFailuresAndNotGoodKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secret, hash := web.NewKey()
		h := guarded(keyring{hash: {ID: "key_1", Name: "admin", Scopes: []host.Scope{host.ScopeManage}}})
		guess := func(address string) int {
			r := with("X-Api-Key", "usher_guess")
			r.RemoteAddr = address
			return send(h, r).Code
		}
		for i := range 20 {
			if code := guess("192.0.2.1:1"); code != http.StatusUnauthorized {
				t.Fatalf("answered guess %d with %d", i, code)
			}
		}
		if code := guess("192.0.2.1:2"); code != http.StatusTooManyRequests {
			t.Errorf("answered one guess more with %d", code)
		}
		if code := guess("192.0.2.2:1"); code != http.StatusUnauthorized {
			t.Errorf("answered another address with %d", code)
		}
		if w := send(h, with("X-Api-Key", secret)); w.Code != http.StatusOK {
			t.Errorf("answered a good key from the same address with %d", w.Code)
		}
		<-time.After(time.Second)
		if code := guess("192.0.2.1:3"); code != http.StatusUnauthorized {
			t.Errorf("answered a guess a second later with %d", code)
		}
	})
}

func TestAuthenticateCountsFailuresByKeyAndByNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		secret, hash := web.NewKey()
		h := guarded(keyring{hash: {ID: "key_1", Name: "reader", Scopes: []host.Scope{host.ScopeRead}}})
		last := 0
		for i := range 21 { // from 21 addresses
			r := with("X-Api-Key", secret)
			r.RemoteAddr = "192.0.2." + string(rune('0'+i%10)) + ":1"
			last = send(h, r).Code
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("answered a key that lacks the scope with %d the 21st time", last)
		}
		for i := range 21 { // of one IPv6 network
			r := with("", "")
			r.RemoteAddr = "[2001:db8::" + string(rune('0'+i%10)) + "]:1"
			last = send(h, r).Code
		}
		if last != http.StatusTooManyRequests {
			t.Errorf("answered an IPv6 network with %d the 21st time", last)
		}
	})
}

func TestFailuresOfAllRoutesCountTogether(t *testing.T) {
	t.Parallel()
	auth := web.NewAuthenticator(keyring{})
	e := web.NewEcho(silent())
	answer := func(c echo.Context) error { return c.NoContent(http.StatusOK) }
	e.GET("/read", answer, auth.Require(host.ScopeRead))
	e.GET("/manage", answer, auth.Require(host.ScopeManage))
	var codes []int
	for i := range 21 {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, []string{"/read", "/manage"}[i%2], nil))
		codes = append(codes, w.Code)
	}
	if codes[19] != http.StatusUnauthorized || codes[20] != http.StatusTooManyRequests {
		t.Errorf("answered %v, want 401 for 20 requests, then 429", codes)
	}
}
