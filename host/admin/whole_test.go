package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/admin"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/receiver"
	"github.com/usherhost/usher/host/web"
)

// whole is a whole host that runs what it accepts, and its API.
type whole struct {
	*hosttest.Host
	routes http.Handler
	key    string
	users  int
}

func openWhole(t *testing.T) *whole {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Concurrency: 4})
	w := &whole{Host: h}
	var err error
	if _, w.key, err = h.Registry.CreateKey(t.Context(), host.NewKey{Name: "test", Scopes: []host.Scope{host.ScopeManage}}); err != nil {
		t.Fatal(err)
	}
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	server := &admin.Server{Registry: h.Registry, Drafts: h.Builds, History: h.DB, Inspector: h.Runner}
	server.Register(routes.Group("/v1"), web.NewAuthenticator(h.DB).Require(host.ScopeRead), web.NewAuthenticator(h.DB).Require(host.ScopeManage))
	w.routes = routes
	return w
}

// do makes a request that is to succeed, and decodes the answer.
func (w *whole) do(t *testing.T, method, path, body string, into any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("X-Api-Key", w.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer := httptest.NewRecorder()
	w.routes.ServeHTTP(answer, r)
	if answer.Code >= 300 {
		t.Fatalf("%s %s answers %d: %s", method, path, answer.Code, answer.Body)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

// send lets the actions run for another user, and returns how that ended.
func (w *whole) send(t *testing.T) host.Execution {
	t.Helper()
	w.users++
	accepted, err := w.DB.Accept(t.Context(), []host.NewEvent{hosttest.Event(w.users)})
	if err != nil {
		t.Fatal(err)
	}
	x, err := w.Wait(t.Context(), accepted[0].ExecutionID)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// receive starts a receiver.
func receive(t *testing.T) *receiver.Receiver {
	t.Helper()
	r := receiver.Start(nil)
	t.Cleanup(r.Close)
	return r
}

// script sends a request to each URL.
func script(urls ...string) string {
	steps := []guests.Step{{Function: "secret_get", Argument: "TOKEN"}}
	for _, url := range urls {
		steps = append(steps, guests.Step{Function: "http_send", Argument: fmt.Sprintf(`{"url":%q}`, url)})
	}
	return guests.Script(steps...)
}

func TestAnActionIsTightenedToWhatItsRunsContacted(t *testing.T) {
	t.Parallel()
	w := openWhole(t)
	first, second, forbidden := receive(t).URL, receive(t).URL, receive(t)
	settings := host.Settings{
		Egress: host.Egress{Mode: host.EgressPublic}, Retry: host.Retry{MaxAttempts: 1},
		Config: map[string]string{"script": script(first+"/a?b=c", second, second)},
	}
	if err := errors.Join(w.Deploy(t.Context(), "notify", guests.Wasm("script"), settings), w.Bind(t.Context(), "notify")); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if x := w.send(t); x.Status != host.StatusCompleted {
			t.Fatalf("execution is %+v", x)
		}
	}
	report := w.awaitOriginUse(t, 9)
	want := []string{first, second}
	slices.Sort(want)
	if !slices.Equal(report.Tightened, want) || report.Mode != host.EgressPublic || report.Contacted[0].Origin != second {
		t.Fatalf("report is %+v", report)
	}
	expect, _ := json.Marshal(map[string]any{"expect": report.Tightened})
	w.do(t, "POST", "/v1/actions/notify/egress/tighten", string(expect), &report)
	if report.Mode != host.EgressAllowlist || !slices.Equal(report.Allow, want) {
		t.Fatalf("tightened to %+v", report)
	}
	if x := w.send(t); x.Status != host.StatusCompleted {
		t.Errorf("what it reached is reached no more: %+v", x)
	}
	config, _ := json.Marshal(map[string]any{"settings": map[string]any{"config": map[string]string{"script": script(forbidden.URL)}}})
	w.do(t, "PATCH", "/v1/bindings/notify", string(config), &host.Binding{})
	w.send(t)
	if n := len(forbidden.Requests()); n != 0 {
		t.Errorf("another origin got %d requests", n)
	}
	var c host.Capabilities
	w.do(t, "GET", "/v1/actions/notify/versions/1/capabilities", "", &c)
	if !slices.Equal(c.Functions, []string{"config_get", "http_send", "secret_get"}) || !slices.Equal(c.Secrets.Read, []string{"TOKEN"}) || c.Looked != 5 {
		t.Errorf("capabilities are %+v", c)
	}
}

// awaitOriginUse waits until so many requests are recorded.
func (w *whole) awaitOriginUse(t *testing.T, requests int64) (report host.EgressReport) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		report = host.EgressReport{}
		w.do(t, "GET", "/v1/actions/notify/egress", "", &report)
		sum := int64(0)
		for _, r := range report.Contacted {
			sum += r.Requests
		}
		if sum >= requests {
			return report
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("only this is recorded: %+v", report)
		}
	}
}
