package auth0_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/web"
)

// builder builds the guest that a code names: "guest fail", or one that denies: "denies spam". Code that begins
// with "broken" can't be built, and what has dependencies, or code that begins
// with "slow", is built when hold is closed.
type builder struct{ hold chan struct{} }

func (b *builder) Build(ctx context.Context, _ string, s host.Source, _ map[string]host.Source) (builds.Build, error) {
	if b.hold != nil && (len(s.Dependencies) > 0 || strings.HasPrefix(s.Code, "slow")) {
		select {
		case <-b.hold:
		case <-ctx.Done():
			return builds.Build{}, ctx.Err()
		}
	}
	if strings.HasPrefix(s.Code, "broken") {
		return builds.Build{}, &host.BuildFailure{Messages: []host.BuildMessage{{
			Text: "Unexpected end of file", File: "action.js", Line: 3, Column: 7, LineText: "  if (", Hint: "close the bracket",
		}}}
	}
	if reason, ok := strings.CutPrefix(s.Code, "denies "); ok {
		wasm, err := denies(reason).Module(host.PreUserRegistration.Entry())
		return builds.Build{Module: wasm}, err
	}
	if name, ok := strings.CutPrefix(s.Code, "guest "); ok {
		return builds.Build{Module: guests.Wasm(name)}, nil
	}
	return builds.Build{Module: guests.Wasm("noop")}, nil
}

// trier runs tests with the host's own runner.
type trier struct{ runner *guest.Runner }

func (t trier) Try(ctx context.Context, step host.Step, event *host.Event) (host.Result, error) {
	r, _, err := t.runner.Run(ctx, guest.Run{Attempt: 1, Step: step, Event: event})
	return r, err
}

// kit is a whole host with the API in front of it, and a client that may do
// everything.
type kit struct {
	t      *testing.T
	host   *hosttest.Host
	server *auth0.Server
	echo   *echo.Echo
	key    host.Key // of the client
	secret string   // the key itself
}

// domain is what httptest's requests call the host.
var domain = url.URL{Scheme: "http", Host: "example.com"}

type option func(*auth0.Server, *builder)

func open(t *testing.T, options ...option) *kit {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Concurrency: 2})
	k := &kit{t: t, host: h}
	issuer, err := auth0.OpenIssuer(t.Context(), h.DB, h.Box)
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{}
	k.server = &auth0.Server{
		Registry: h.Registry, Drafts: h.Builds, History: h.DB, Keys: h.DB, Issuer: issuer, Log: slog.New(slog.DiscardHandler),
		Requests: auth0.Rate{PerSecond: 1000, Burst: 10_000}, Failures: auth0.Rate{PerSecond: 1000, Burst: 10_000},
	}
	for _, o := range options {
		o(k.server, b)
	}
	h.Builds.Builder, h.Builds.Runner = b, trier{h.Runner}
	k.echo = web.NewEcho(slog.New(slog.DiscardHandler))
	k.server.Register(k.echo)
	k.key, k.secret = k.newKey(host.ScopeManage)
	return k
}

func (k *kit) newKey(scopes ...host.Scope) (host.Key, string) {
	k.t.Helper()
	key, secret, err := k.host.Registry.CreateKey(k.t.Context(), host.NewKey{Name: "a client", Scopes: scopes})
	if err != nil {
		k.t.Fatal(err)
	}
	return key, secret
}

// token returns an access token of the client's from at on.
func (k *kit) token(at time.Time, scopes ...string) string {
	k.t.Helper()
	token, err := k.server.Issuer.Issue(auth0.Grant{
		Client: k.key.ID, Issuer: domain, Audience: auth0.AudienceOf(domain), Scopes: scopes,
	}, at)
	if err != nil {
		k.t.Fatal(err)
	}
	return token
}

// answer is a response that was read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
}

// edit changes a request before it is sent.
type edit func(*http.Request)

func bearer(token string) edit {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

func header(name, value string) edit {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// send sends a request with the client's key; a body is JSON.
func (k *kit) send(method, path, body string, edits ...edit) answer {
	k.t.Helper()
	r := httptest.NewRequestWithContext(k.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+k.secret)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, e := range edits {
		e(r)
	}
	w := httptest.NewRecorder()
	k.echo.ServeHTTP(w, r)
	return answer{k.t, w.Code, w.Header(), strings.TrimSpace(w.Body.String())}
}

// must sends a request that has to succeed.
func (k *kit) must(status int, method, path, body string) map[string]any {
	k.t.Helper()
	a := k.send(method, path, body)
	a.wantStatus(status)
	return a.object()
}

func (a answer) wantStatus(status int) {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
}

// want checks the whole body of an error.
func (a answer) want(status int, title, message, code string) {
	a.t.Helper()
	want := fmt.Sprintf(`{"statusCode":%d,"error":%s,"message":%s`, status, quote(title), quote(message))
	if code != "" {
		want += `,"errorCode":` + quote(code)
	}
	if want += "}"; a.status != status || a.text != want {
		a.t.Errorf("answered %d %s\nwant %d %s", a.status, a.text, status, want)
	}
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always can be
	return string(b)
}

func (a answer) object() map[string]any {
	a.t.Helper()
	var object map[string]any
	if a.text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(a.text), &object); err != nil {
		a.t.Fatalf("%v in %s", err, a.text)
	}
	return object
}

// at returns what is in v under keys and indexes: "deployed_version", "id".
func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[s]
		case int:
			list, _ := v.([]any)
			if s >= len(list) {
				return nil
			}
			v = list[s]
		}
	}
	return v
}

// text is at for a string.
func text(v any, path ...any) string {
	s, _ := at(v, path...).(string)
	return s
}

const (
	actions  = "/api/v2/actions/actions"
	triggers = "/api/v2/actions/triggers"
	modules  = "/api/v2/actions/modules"
	bindings = triggers + "/post-user-registration/bindings"
)

// create makes an action and returns its id.
func (k *kit) create(name, code string, more string) string {
	k.t.Helper()
	return text(k.must(http.StatusCreated, "POST", actions, newAction(name, code, more)), "id")
}

func newAction(name, code, more string) string {
	return fmt.Sprintf(`{"name":%s,"supported_triggers":[{"id":"post-user-registration","version":"v2"}],"code":%s%s}`,
		quote(name), quote(code), more)
}

// until waits until something is so.
func (k *kit) until(so func() bool) {
	k.t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); {
		if time.Now().After(deadline) {
			k.t.Fatal("it never is")
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-k.t.Context().Done():
			k.t.Fatal(k.t.Context().Err())
		}
	}
}

// memory is a store that forgets with the test.
type memory struct{ values map[string][]byte }

func (m *memory) Meta(_ context.Context, name string) ([]byte, error) {
	if v, ok := m.values[name]; ok {
		return v, nil
	}
	return nil, &host.Error{Code: host.NotFound, Text: "nothing is called " + name}
}

func (m *memory) SetMeta(_ context.Context, name string, value []byte) error {
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	m.values[name] = value
	return nil
}
