package ingress_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/web"
)

const (
	path  = "/v1/events/post-user-registration"
	ada   = `{ "user": {"user_id":"auth0|ada"},  "tenant":{"id":"acme"} }`
	grace = `{"user":{"user_id":"auth0|grace","name":"Gr\u0061ce"}}`
	trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

// serve returns the ingress before its store, with its own key sent by every request.
func serve(tb testing.TB, s *ingress.Server) func(r *http.Request) *httptest.ResponseRecorder {
	tb.Helper()
	secret, hash := web.NewKey()
	keys := keyring{hash: {ID: "key_1", Name: "test", Scopes: []host.Scope{host.ScopeIngest}}}
	e := web.NewEcho(slog.New(slog.DiscardHandler))
	s.Register(e.Group("/v1"), web.NewAuthenticator(keys).Require(host.ScopeIngest))
	return func(r *http.Request) *httptest.ResponseRecorder {
		if r.Header.Get(echo.HeaderAuthorization) == "" {
			r.Header.Set(echo.HeaderAuthorization, "Bearer "+secret)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w
	}
}

// request makes a POST; header is "Name: value" lines.
func request(target, body string, header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// structured is a CloudEvent with data, and more members put before it.
func structured(id, data, more string) string {
	return `{"specversion":"1.0", "id":"` + id + `","source":"/idp","type":"usher.user.registered",` + more + `"data": ` + data + ` }`
}

// binary is the headers of a CloudEvent.
func binary(more ...string) []string {
	return append([]string{"Ce-Specversion: 1.0", "Ce-Id: 1", "Ce-Source: /idp", "Ce-Type: user.registered"}, more...)
}

func problem(t *testing.T, w *httptest.ResponseRecorder) host.ProblemDetails {
	t.Helper()
	var p host.ProblemDetails
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("answered %d %s: %v", w.Code, w.Body, err)
	}
	if got := w.Header().Get("Content-Type"); got != host.ProblemType {
		t.Errorf("answered with type %q", got)
	}
	return p
}

func TestServerAnswersAnEmptyBatch(t *testing.T) {
	t.Parallel()
	w := serve(t, &ingress.Server{Store: &memory{}})(request(path, " [ ] "))
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != `{"events":[]}` {
		t.Errorf("answered %d %s", w.Code, got)
	}
}

func TestServerSharesItsPathWithOthers(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(slog.New(slog.DiscardHandler))
	v1 := e.Group("/v1")
	open := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	(&ingress.Server{Store: &memory{}}).Register(v1, open)
	v1.GET("/events/:id", func(c echo.Context) error { return c.String(http.StatusOK, c.Param("id")) })
	for method, want := range map[string]int{http.MethodPost: http.StatusAccepted, http.MethodGet: http.StatusOK} {
		r := request(path, ada)
		r.Method = method
		w := httptest.NewRecorder()
		if e.ServeHTTP(w, r); w.Code != want {
			t.Errorf("answered %s with %d %s, want %d", method, w.Code, w.Body, want)
		}
	}
}

func TestServerReportsTheStoresErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		err    error
		status int
		after  string
	}{
		{name: "a queue that is full", err: &host.Error{Code: host.Overloaded, RetryAfter: 1500 * time.Millisecond}, status: 429, after: "2"},
		{name: "a disk that is full", err: &host.Error{Code: host.Unavailable}, status: 503, after: "1"},
		{name: "a key that was used", err: &host.Error{Code: host.KeyReused}, status: 422},
		{name: "a broken database", err: &host.Error{Code: host.Corrupt}, status: 500, after: "30"},
		{name: "what was not foreseen", err: errors.New("disk I/O error"), status: 500, after: "30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, &ingress.Server{Store: failing{tt.err}})(request(path, ada))
			if w.Code != tt.status || w.Header().Get("Retry-After") != tt.after {
				t.Errorf("answered %d with Retry-After %q, want %d with %q", w.Code, w.Header().Get("Retry-After"), tt.status, tt.after)
			}
			if bytes.Contains(w.Body.Bytes(), []byte("disk I/O")) {
				t.Errorf("sent the cause to the sender: %s", w.Body)
			}
		})
	}
}
