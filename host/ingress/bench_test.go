package ingress_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/web"
)

// BenchmarkPost shows what the ingress costs besides the store, next to an echo
// handler that reads the same body and writes the same answer.
func BenchmarkPost(b *testing.B) {
	secret, hash := web.NewKey()
	for name, h := range map[string]http.Handler{"ingress": receiver(hash), "bare echo": bare()} {
		b.Run(name, func(b *testing.B) { post(b, h, secret) })
	}
}

// BenchmarkHTTP is the same over loopback connections, with the cost of the
// client on the same cores.
func BenchmarkHTTP(b *testing.B) {
	secret, hash := web.NewKey()
	for name, h := range map[string]http.Handler{"ingress": receiver(hash), "bare echo": bare()} {
		b.Run(name, func(b *testing.B) { postHTTP(b, h, secret) })
	}
}

func receiver(hash [32]byte) http.Handler {
	keys := keyring{hash: {ID: "key_1", Name: "bench", Scopes: []host.Scope{host.ScopeIngest}}}
	e := web.NewEcho(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	s := &ingress.Server{Store: instant{}, Metrics: prometheus.NewRegistry()}
	s.Register(e.Group("/v1"), web.NewAuthenticator(keys).Require(host.ScopeIngest))
	return e
}

func bare() http.Handler {
	e := echo.New()
	e.POST("/v1/events/:trigger", func(c echo.Context) error {
		if _, err := io.ReadAll(c.Request().Body); err != nil {
			return err
		}
		return c.JSON(http.StatusAccepted, host.Accepted{EventID: "evt_1", ExecutionID: "exe_1"})
	})
	return e
}

func postHTTP(b *testing.B, h http.Handler, secret string) {
	b.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+path, strings.NewReader(registration))
			if err != nil {
				b.Error(err)
				return
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+secret)
			if code := statusOf(b, client, r); code != http.StatusAccepted {
				b.Errorf("answered %d", code)
			}
		}
	})
}

func statusOf(b *testing.B, client *http.Client, r *http.Request) int {
	b.Helper()
	answer, err := client.Do(r)
	if err != nil {
		b.Error(err)
		return 0
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		b.Error(err)
	}
	return answer.StatusCode
}

func post(b *testing.B, h http.Handler, secret string) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(registration)))
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(registration))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusAccepted {
			b.Fatalf("got %d: %s", w.Code, w.Body)
		}
	}
}
