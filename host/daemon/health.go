package daemon

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
)

// Check is one condition for accepting events.
type Check struct {
	name string
	run  func(context.Context) error
}

// checkAnswer is one check in the answer of /readyz?verbose.
type checkAnswer struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

// AddHealth adds /livez, /readyz and /metrics. Liveness does not
// look at the disk: a restart does not fix a disk. Readiness names the triggers that are paused, and does not depend on
// them: their events are accepted, or refused with the reason.
func AddHealth(
	cfg settings.Config, routes *echo.Echo, checks []Check, draining func() bool, paused func() []string, metrics *prometheus.Registry,
	read echo.MiddlewareFunc,
) {
	routes.GET("/livez", func(c echo.Context) error { return c.JSON(http.StatusOK, map[string]string{"status": "ok"}) })
	routes.GET("/readyz", func(c echo.Context) error { return ready(c, checks, draining, paused()) })
	var guards []echo.MiddlewareFunc
	if cfg.MetricsKey {
		guards = append(guards, read)
	}
	routes.GET("/metrics", echo.WrapHandler(promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})), guards...)
}

func ready(c echo.Context, checks []Check, draining func() bool, paused []string) error {
	ctx := c.Request().Context()
	status, code := "ok", http.StatusOK
	answers := make([]checkAnswer, 0, len(checks)+1)
	for _, check := range checks {
		answer := checkAnswer{Name: check.name, OK: true}
		if err := check.run(ctx); err != nil {
			answer.OK, answer.Error = false, err.Error()
			status, code = "unavailable", http.StatusServiceUnavailable
		}
		answers = append(answers, answer)
	}
	if draining() {
		status, code = "draining", http.StatusServiceUnavailable
	}
	body := map[string]any{"status": status}
	if len(paused) > 0 {
		body["paused"] = paused
	}
	if c.QueryParams().Has("verbose") {
		body["checks"] = answers
	}
	return c.JSON(code, body)
}

// Readiness returns a function that reports why the checks failed when they last ran,
// nil when they did not. It is for every request, and never waits: the checks run beside
// it, at most once a second.
func Readiness(checks []Check) func() error {
	var mu sync.Mutex // guards those below
	var at time.Time
	var running bool
	var last error
	run := func() {
		err := firstFailure(checks)
		mu.Lock()
		defer mu.Unlock()
		at, last, running = time.Now(), err, false
	}
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		if !running && time.Since(at) >= time.Second {
			running = true
			go run() // it ends with its checks, which have time limits of their own
		}
		return last
	}
}

func firstFailure(checks []Check) error {
	for _, check := range checks {
		if err := check.run(context.Background()); err != nil {
			return fmt.Errorf("%s: %w", check.name, err)
		}
	}
	return nil
}

// HostChecks are the conditions for accepting events: a database that accepts
// commits, and free space on its disk.
func HostChecks(db *sqlite.DB, dir string) []Check {
	return []Check{
		{"database", db.Health},
		{"disk", func(context.Context) error { return diskHasRoom(dir) }},
	}
}
