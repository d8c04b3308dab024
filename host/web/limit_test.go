package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host/web"
)

func TestLimiterHoldsEachCallerToItsRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &web.Limiter{PerSecond: 2, Burst: 4}
		for _, tt := range []struct {
			who  string
			n    int
			wait time.Duration
		}{
			{"a", 3, 0},
			{"a", 1, 0},
			{"a", 1, 500 * time.Millisecond},
			{"a", 1, 500 * time.Millisecond}, // a refusal takes nothing
			{"b", 100, 0},                    // more than the burst passes when the bucket is full
			{"b", 100, 2 * time.Second},
		} {
			if wait := l.Take(tt.who, tt.n); wait != tt.wait {
				t.Errorf("%s takes %d: wait %s, want %s", tt.who, tt.n, wait, tt.wait)
			}
		}
		<-time.After(500 * time.Millisecond)
		if wait := l.Take("a", 1); wait != 0 {
			t.Errorf("wait %s after the wait", wait)
		}
	})
}

func TestLimiterReportsWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &web.Limiter{PerSecond: 2, Burst: 4}
		l.Take("a", 3)
		if left, full := l.Left("a"); left != 1 || full != 1500*time.Millisecond {
			t.Errorf("%d left, full in %s; want 1 and 1.5s", left, full)
		}
		if left, full := l.Left("b"); left != 4 || full != 0 {
			t.Errorf("%d left, full in %s of a new bucket; want 4 and 0", left, full)
		}
	})
}

func TestLimiterWithoutRateLimitsNothing(t *testing.T) {
	t.Parallel()
	var none *web.Limiter
	for range 1000 {
		if none.Take("a", 1000) != 0 || (&web.Limiter{}).Take("a", 1000) != 0 {
			t.Fatal("made a caller wait")
		}
	}
}

func TestLimiterForgetsWhoIsQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &web.Limiter{PerSecond: 1, Burst: 1}
		for i := range 10_000 {
			l.Take("early "+strconv.Itoa(i), 1)
		}
		<-time.After(time.Second)
		l.Take("late", 1)
		for i := range 9_000 {
			l.Take("new "+strconv.Itoa(i), 1)
		}
		if l.Take("late", 1) == 0 {
			t.Error("forgot a caller whose bucket is not full, with room for it")
		}
	})
}

func TestLimitBody(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(silent())
	e.POST("/", func(c echo.Context) error {
		body, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		return c.String(200, string(body))
	}, web.LimitBody(5))
	for _, tt := range []struct {
		name      string
		body      string
		announced int64
		status    int
	}{
		{name: "small", body: "12345", announced: 5, status: 200},
		{name: "small, of unknown length", body: "12345", announced: -1, status: 200},
		{name: "large", body: "123456", announced: 6, status: 413},
		{name: "large, of unknown length", body: "123456", announced: -1, status: 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			r.ContentLength = tt.announced
			w := send(e, r)
			if w.Code != tt.status || tt.status == 413 && !strings.Contains(w.Body.String(), "more than 5 bytes") {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}

func TestRequireType(t *testing.T) {
	t.Parallel()
	e := web.NewEcho(silent())
	e.POST("/", func(c echo.Context) error {
		kind, err := web.RequireType(c, "application/json", "application/wasm")
		if err != nil {
			return err
		}
		return c.String(200, kind)
	})
	for _, tt := range []struct {
		kind, coding string
		status       int
		body         string // contains
	}{
		{kind: "application/json", status: 200, body: "application/json"},
		{kind: "Application/Wasm", status: 200, body: "application/wasm"},
		{kind: "application/json; charset=UTF-8", coding: "identity", status: 200, body: "application/json"},
		{kind: "application/json; charset=latin1", status: 415, body: "latin1"},
		{kind: "application/json;;", status: 415, body: "is not accepted here"},
		{kind: "text/plain", status: 415, body: "send one of: application/json, application/wasm (UTF-8)"},
		{kind: "", status: 415, body: "the request has no Content-Type"},
		{kind: "application/json", coding: "br", status: 415, body: "uncompressed"},
	} {
		t.Run(tt.kind+" "+tt.coding, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set("Content-Type", tt.kind)
			r.Header.Set("Content-Encoding", tt.coding)
			if w := send(e, r); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.body) {
				t.Errorf("answered %d %s, want %d with %q", w.Code, w.Body, tt.status, tt.body)
			}
		})
	}
}
