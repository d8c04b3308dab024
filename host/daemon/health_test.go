package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/web"
)

func TestReadinessNamesWhatIsPaused(t *testing.T) {
	t.Parallel()
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	paused := []string{"post-user-registration"}
	AddHealth(settings.Config{}, routes, nil, func() bool { return false }, func() []string { return paused }, prometheus.NewRegistry(), nil)
	for _, want := range []string{`{"paused":["post-user-registration"],"status":"ok"}`, `{"status":"ok"}`} {
		answer := httptest.NewRecorder()
		routes.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		if got := strings.TrimSpace(answer.Body.String()); answer.Code != http.StatusOK || got != want {
			t.Errorf("answer is %d %s, want %s", answer.Code, got, want)
		}
		paused = nil
	}
}

func TestHealthAnswersGetAndHead(t *testing.T) {
	t.Parallel()
	var broken error
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	AddHealth(settings.Config{}, routes, []Check{{"database", func(context.Context) error { return broken }}}, func() bool { return false }, func() []string { return nil }, prometheus.NewRegistry(), nil)
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	for _, tt := range []struct {
		path   string
		broken error
		status int
	}{
		{path: "/livez", status: http.StatusOK},
		{path: "/readyz", status: http.StatusOK},
		{path: "/livez", broken: errors.New("it is damaged"), status: http.StatusOK},
		{path: "/readyz?verbose", broken: errors.New("it is damaged"), status: http.StatusServiceUnavailable},
	} {
		broken = tt.broken
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			request, err := http.NewRequestWithContext(t.Context(), method, server.URL+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != tt.status || answer.ContentLength <= 0 {
				t.Errorf("%s %s: status %d with %d bytes, want %d", method, tt.path, answer.StatusCode, answer.ContentLength, tt.status)
			}
		}
	}
}
