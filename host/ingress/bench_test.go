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

// BenchmarkPost shows what the door costs besides the store, next to an echo
// handler that reads the same body and writes the same answer.
func BenchmarkPost(b *testing.B) {
	b.Run("door", func(b *testing.B) {
		secret, hash := web.NewKey()
		keys := keyring{hash: {ID: "key_1", Name: "bench", Scopes: []host.Scope{host.ScopeIngest}}}
		e := web.NewEcho(slog.New(slog.NewJSONHandler(io.Discard, nil)))
		s := &ingress.Server{Store: instant{}, Metrics: prometheus.NewRegistry()}
		s.Register(e.Group("/v1"), web.Authenticate(keys, host.ScopeIngest))
		post(b, e, secret)
	})
	b.Run("bare echo", func(b *testing.B) {
		e := echo.New()
		e.POST("/v1/events/:trigger", func(c echo.Context) error {
			if _, err := io.ReadAll(c.Request().Body); err != nil {
				return err
			}
			return c.JSON(http.StatusAccepted, host.Accepted{EventID: "evt_1", ExecutionID: "exe_1"})
		})
		post(b, e, "")
	})
}

func post(b *testing.B, h http.Handler, secret string) {
	b.ReportAllocs()
	b.SetBytes(int64(len(registration)))
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v1/events/post-user-registration", strings.NewReader(registration))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusAccepted {
			b.Fatalf("got %d: %s", w.Code, w.Body)
		}
	}
}
