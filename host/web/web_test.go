package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// get answers GET / with h on a new echo.
func get(h echo.HandlerFunc) *httptest.ResponseRecorder {
	e := web.NewEcho(silent())
	e.GET("/", h)
	return send(e, httptest.NewRequest(http.MethodGet, "/", nil))
}

func send(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandleErrorAnswersWithAProblem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		err   error
		want  string // the body without the request's id
		after string // Retry-After
	}{
		{
			name: "an error with all there is",
			err: fmt.Errorf("create action: %w", &host.Error{
				Code: host.Invalid, Text: "the settings are out of range", Hint: "fix them",
				Fields: []host.Field{{Pointer: "/a", Detail: "too large"}}, Err: errors.New("cause"),
			}),
			want: `{"type":"https://usherhost.dev/problems/invalid","title":"Bad Request","status":400,"detail":"the settings are out of range","hint":"fix them","errors":[{"pointer":"/a","detail":"too large"}]`,
		},
		{
			name: "a code of two words", err: &host.Error{Code: host.NotFound, Text: `no action "a"`},
			want: `{"type":"https://usherhost.dev/problems/not-found","title":"Not Found","status":404,"detail":"no action \"a\""`,
		},
		{
			name: "overload, with a time that is rounded up", err: &host.Error{Code: host.Overloaded, Text: "full", RetryAfter: 1100 * time.Millisecond},
			want:  `{"type":"https://usherhost.dev/problems/overloaded","title":"Too Many Requests","status":429,"detail":"full"`,
			after: "2",
		},
		{
			name: "unavailable, without a time", err: &host.Error{Code: host.Unavailable, Text: "the disk is full"},
			want:  `{"type":"https://usherhost.dev/problems/unavailable","title":"Service Unavailable","status":503,"detail":"the disk is full"`,
			after: "1",
		},
		{
			name: "what was not foreseen", err: errors.New("secret cause"),
			want:  `{"type":"https://usherhost.dev/problems/internal","title":"Internal Server Error","status":500,"detail":"an internal error occurred","hint":"the host's log has the cause under this request_id"`,
			after: "30",
		},
		{
			name: "a code that is not ours", err: &host.Error{Code: "new", Text: "hm"},
			want:  `{"type":"https://usherhost.dev/problems/internal","title":"Internal Server Error","status":500,"detail":"hm"`,
			after: "30",
		},
		{
			name: "a body over the limit", err: fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 5}),
			want: `{"type":"https://usherhost.dev/problems/too-large","title":"Request Entity Too Large","status":413,"detail":"the body has more than 5 bytes","hint":"send a smaller body"`,
		},
		{
			name: "echo's own", err: echo.NewHTTPError(http.StatusTeapot, "short and stout"),
			want: `{"type":"https://usherhost.dev/problems/invalid","title":"Bad Request","status":400,"detail":"short and stout"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := get(func(echo.Context) error { return tt.err })
			want := tt.want + `,"request_id":"` + w.Header().Get(web.HeaderRequestID) + `"}`
			if got := strings.TrimSpace(w.Body.String()); got != want {
				t.Errorf("answered\n%s\nwant\n%s", got, want)
			}
			if w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Retry-After") != tt.after {
				t.Errorf("answered with %v", w.Header())
			}
		})
	}
}

func TestHandleErrorHasAStatusForEveryCode(t *testing.T) {
	t.Parallel()
	for code, status := range map[host.Code]int{
		host.Invalid: 400, host.Unauthorized: 401, host.Forbidden: 403, host.NotFound: 404, host.Conflict: 409,
		host.TooLarge: 413, host.Unsupported: 415, host.KeyReused: 422, host.Refused: 422, host.Overloaded: 429,
		host.Internal: 500, host.Unavailable: 503, host.Fenced: 409, host.Corrupt: 500,
	} {
		w := get(func(echo.Context) error { return &host.Error{Code: code} })
		var p host.ProblemDetails
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != status || p.Status != status || p.Code() != code {
			t.Errorf("%s answers %d %s: %v", code, w.Code, w.Body, err)
		}
	}
	if code := (host.ProblemDetails{Type: "https://example.com/problems/not-found"}).Code(); code != host.Internal {
		t.Errorf("took a foreign type for %s", code)
	}
}

func TestNewEchoAnswersWrongPathsAndMethods(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(silent())
	e.GET("/here", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) })
	w := send(e, httptest.NewRequest(http.MethodGet, "/there", nil))
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "there is no such path") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	w = send(e, httptest.NewRequest(http.MethodPut, "/here", nil))
	if w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Body.String(), "problems/method-not-allowed") || !strings.Contains(w.Header().Get("Allow"), "GET") {
		t.Errorf("answered %d %s with Allow %q", w.Code, w.Body, w.Header().Get("Allow"))
	}
	w = send(e, httptest.NewRequest(http.MethodHead, "/there", nil))
	if w.Code != http.StatusNotFound || w.Body.Len() != 0 {
		t.Errorf("answered HEAD with %d %s", w.Code, w.Body)
	}
}

// TestWhatAnswersGETAnswersHEAD asks over a connection, for it is net/http that
// drops the body.
func TestWhatAnswersGETAnswersHEAD(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(silent())
	guard := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header().Set("X-Guard", "was here")
			return next(c)
		}
	}
	e.Group("/v1").GET("/here", func(c echo.Context) error { return c.String(http.StatusOK, "hello") }, guard)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+"/v1/here", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || len(body) != 0 || answer.ContentLength != 5 || answer.Header.Get("X-Guard") == "" {
		t.Errorf("answered %d %q with %d bytes announced and %v", answer.StatusCode, body, answer.ContentLength, answer.Header)
	}
}

func TestNewEchoSurvivesAPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := web.NewEcho(slog.New(slog.NewTextHandler(&log, nil)))
	e.GET("/", func(echo.Context) error { panic("at the disco") })
	w := send(e, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "disco") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	for _, want := range []string{"level=ERROR", "at the disco", "web_test.go", w.Header().Get(web.HeaderRequestID)} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}

func TestNewEchoLogsAnswersAndNoSecrets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		method string
		answer func(c echo.Context) error
		level  string // "" when info shows nothing
	}{
		{name: "a change", method: http.MethodPost, answer: func(c echo.Context) error { return c.NoContent(201) }, level: "INFO"},
		{name: "a look", method: http.MethodGet, answer: func(c echo.Context) error { return c.NoContent(200) }},
		{name: "a quiet change", method: http.MethodPost, answer: func(c echo.Context) error { web.Quiet(c); return c.NoContent(202) }},
		{
			name: "a quiet failure", method: http.MethodPost, level: "INFO",
			answer: func(c echo.Context) error { web.Quiet(c); return &host.Error{Code: host.Conflict} },
		},
		{name: "a fault of ours", method: http.MethodGet, answer: func(echo.Context) error { return errors.New("no") }, level: "ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			e := web.NewEcho(slog.New(slog.NewJSONHandler(&log, nil)))
			e.Any("/v1/things", tt.answer)
			r := httptest.NewRequest(tt.method, "/v1/things?key=usher_inquery", strings.NewReader("inbody"))
			r.Header.Set("Authorization", "Bearer usher_inheader")
			r.Header.Set(web.HeaderRequestID, "mine-1")
			w := send(e, r)
			checkLog(t, log.String(), tt.level, w)
		})
	}
}

func checkLog(t *testing.T, log, level string, w *httptest.ResponseRecorder) {
	t.Helper()
	if level == "" {
		if log != "" {
			t.Errorf("logged %s", log)
		}
		return
	}
	var line struct {
		Level, Method, Path, Remote string
		Status                      int
		RequestID                   string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(log), &line); err != nil {
		t.Fatalf("logged %q: %v", log, err)
	}
	if line.Level != level || line.Path != "/v1/things" || line.Status != w.Code || line.RequestID != "mine-1" || line.Remote != "192.0.2.1" {
		t.Errorf("logged %s", log)
	}
	for _, secret := range []string{"inquery", "inbody", "inheader"} {
		if strings.Contains(log, secret) {
			t.Errorf("logged a secret: %s", log)
		}
	}
}

func TestNewEchoGivesRequestIDs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, sent string
		kept       bool
	}{
		{"none", "", false},
		{"a UUID", "0b4b6a52-4d3b-4d3c-9d0a-6a4e2f1c7b11", true},
		{"the longest", strings.Repeat("a", 64), true},
		{"too long", strings.Repeat("a", 65), false},
		{"line feed", "a\nb", false},
		{"terminal escape", "\x1b[31m", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := web.NewEcho(silent())
			e.GET("/", func(c echo.Context) error { return c.String(200, web.RequestID(c)) })
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header[web.HeaderRequestID] = []string{tt.sent}
			w := send(e, r)
			id := w.Header().Get(web.HeaderRequestID)
			if (id == tt.sent) != tt.kept || !tt.kept && !strings.HasPrefix(id, "req_") || w.Body.String() != id {
				t.Errorf("answered %q with id %q to %q", w.Body, id, tt.sent)
			}
		})
	}
}

func TestTrustProxies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, remote, forwarded string
		trusted                 []netip.Prefix
		want                    string
	}{
		{name: "no proxy is trusted by default", remote: "127.0.0.1:1", forwarded: "1.2.3.4", want: "127.0.0.1"},
		{
			name: "a proxy that is trusted", remote: "10.0.0.1:1", forwarded: "1.2.3.4",
			trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, want: "1.2.3.4",
		},
		{
			name: "what a client made up before it", remote: "10.0.0.1:1", forwarded: "6.6.6.6, 1.2.3.4",
			trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, want: "1.2.3.4",
		},
		{
			name: "a proxy that is not trusted", remote: "127.0.0.1:1", forwarded: "1.2.3.4",
			trusted: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, want: "127.0.0.1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := web.NewEcho(silent())
			if tt.trusted != nil {
				web.TrustProxies(e, tt.trusted...)
			}
			e.GET("/", func(c echo.Context) error { return c.String(200, c.RealIP()) })
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.remote
			r.Header.Set("X-Forwarded-For", tt.forwarded)
			if got := send(e, r).Body.String(); got != tt.want {
				t.Errorf("took the address for %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHandleErrorLeavesAGoneClientAlone(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(silent())
	e.GET("/", func(c echo.Context) error { return c.Request().Context().Err() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := send(e, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	if w.Body.Len() != 0 {
		t.Errorf("wrote %s", w.Body)
	}
}

func TestHandleErrorLeavesAStartedAnswer(t *testing.T) {
	t.Parallel()
	w := get(func(c echo.Context) error {
		if _, err := io.WriteString(c.Response(), "half"); err != nil {
			return err
		}
		return errors.New("broke")
	})
	if w.Code != http.StatusOK || w.Body.String() != "half" {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
