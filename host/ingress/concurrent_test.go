package ingress_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/web"
)

// held is a store that answers when the test lets it.
type held struct {
	memory
	entered chan struct{} // gets one for each Accept
	let     chan struct{} // closed, or one for each Accept
}

func newHeld() *held {
	return &held{entered: make(chan struct{}, 1000), let: make(chan struct{})}
}

func (h *held) Accept(ctx context.Context, events []host.NewEvent) ([]host.Accepted, error) {
	h.entered <- struct{}{}
	select {
	case <-h.let:
		return h.memory.Accept(ctx, events)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func event(user int) string { return fmt.Sprintf(`{"user":{"user_id":"u%d"}}`, user) }

func TestServerAcceptsFromManySendersAtOnce(t *testing.T) {
	t.Parallel()
	const senders, each, users = 32, 20, 100
	store := &memory{}
	secret, hash := web.NewKey()
	e := web.NewEcho(slog.New(slog.DiscardHandler))
	keys := keyring{hash: {ID: "key_1", Scopes: []host.Scope{host.ScopeIngest}}}
	(&ingress.Server{Store: store, Metrics: prometheus.NewRegistry()}).Register(e.Group("/v1"), web.NewAuthenticator(keys).Require(host.ScopeIngest))
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for i := range each {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(event((sender*each+i)%users)))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set(web.HeaderAPIKey, secret)
				sendAndCheck(t, server.Client(), r)
			}
		})
	}
	wg.Wait()
	if len(store.events) != users {
		t.Errorf("stored %d events, want %d", len(store.events), users)
	}
	for _, e := range store.events {
		if want := `{"user":{"user_id":"` + e.UserID + `"}}`; string(e.Body) != want {
			t.Errorf("stored %q, want %q", e.Body, want)
		}
	}
}

func sendAndCheck(t *testing.T, client *http.Client, r *http.Request) {
	t.Helper()
	answer, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusAccepted && answer.StatusCode != http.StatusOK {
		t.Errorf("answered %d %s", answer.StatusCode, body)
	}
}

func TestServerRefusesMoreThanItMayHold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limits ingress.Limits
		detail string
	}{
		{name: "requests", limits: ingress.Limits{InFlight: 1}, detail: "too many requests"},
		{name: "bytes", limits: ingress.Limits{InFlightBytes: int64(len(event(1)))}, detail: "too many bytes of events"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := newHeld()
			send := serve(t, &ingress.Server{Store: store, Limits: tt.limits})
			first := make(chan *httptest.ResponseRecorder, 1)
			go func() { first <- send(request(path, event(1))) }()
			<-store.entered
			w := send(request(path, event(2)))
			if p := problem(t, w); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || !strings.Contains(p.Detail, tt.detail) {
				t.Errorf("answered %d %s, want 429 for %q", w.Code, w.Body, tt.detail)
			}
			close(store.let)
			if w := <-first; w.Code != http.StatusAccepted {
				t.Errorf("answered the first with %d %s", w.Code, w.Body)
			}
			if w := send(request(path, event(2))); w.Code != http.StatusAccepted {
				t.Errorf("answered %d %s when there was room again", w.Code, w.Body)
			}
		})
	}
}

func TestServerFinishesWhenTheSenderIsGone(t *testing.T) {
	t.Parallel()
	store := newHeld()
	send := serve(t, &ingress.Server{Store: store})
	ctx, hangUp := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() { done <- send(request(path, ada).WithContext(ctx)).Code }()
	<-store.entered
	hangUp()
	close(store.let)
	if code := <-done; code != http.StatusAccepted || len(store.events) != 1 {
		t.Errorf("answered %d and stored %d events, want 202 and 1", code, len(store.events))
	}
}

func TestServerGivesUpOnAStoreThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := serve(t, &ingress.Server{Store: newHeld()})(request(path, ada))
		p := problem(t, w)
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(p.Hint, "not stored twice") {
			t.Errorf("answered %d %s, want 503", w.Code, w.Body)
		}
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}

func TestServerHoldsEachKeyToItsRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		send := serve(t, &ingress.Server{Store: &memory{}, Limits: ingress.Limits{PerSecond: 2, Burst: 3}})
		batch := "[" + event(1) + "," + event(2) + "," + event(3) + "]"
		if w := send(request(path, batch)); w.Code != http.StatusAccepted {
			t.Fatalf("answered a burst with %d %s", w.Code, w.Body)
		}
		w := send(request(path, event(4)))
		if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
			t.Errorf("answered %d after %q, want 429 after 1", w.Code, w.Header().Get("Retry-After"))
		}
		<-time.After(time.Second)
		if w := send(request(path, event(4))); w.Code != http.StatusAccepted {
			t.Errorf("answered %d %s a second later, want 202", w.Code, w.Body)
		}
	})
}

func TestServerCountsWhatCameIn(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	send := serve(t, &ingress.Server{Store: &memory{}, Metrics: registry})
	for _, r := range []*http.Request{
		request(path, "["+event(1)+","+event(2)+","+event(1)+"]"),
		request(path, event(1)),
		request(path, "[{},{}]"),
		request("/v1/events/a", event(1)),
		request("/v1/events/b", event(1)),
	} {
		send(r)
	}
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`usher_events_received_total{result="accepted",trigger="post-user-registration"} 2`,
		`usher_events_received_total{result="invalid",trigger="post-user-registration"} 2`,
		`usher_events_received_total{result="not_found",trigger="unknown"} 2`,
		`usher_events_received_total{result="repeat",trigger="post-user-registration"} 2`,
		`usher_ingress_request_seconds_count{result="accepted"} 1`,
		"usher_ingress_in_flight_requests 0",
		"usher_ingress_held_bytes 0",
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("metrics lack %s:\n%s", want, w.Body)
		}
	}
}

// short is a store that breaks its contract.
type short struct{}

func (short) Accept(context.Context, []host.NewEvent) ([]host.Accepted, error) { return nil, nil }

func TestServerNeverAnswers202WithoutTheStore(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]ingress.Acceptor{
		"an error":  failing{errors.New("no")},
		"no answer": short{},
		"a panic":   panicking{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			send := serve(t, &ingress.Server{Store: store, Limits: ingress.Limits{InFlight: 1}})
			for range 2 { // a place that was not given back would answer the second with 429
				if w := send(request(path, ada)); w.Code != http.StatusInternalServerError {
					t.Errorf("answered %d %s, want 500", w.Code, w.Body)
				}
			}
		})
	}
}

type panicking struct{}

func (panicking) Accept(context.Context, []host.NewEvent) ([]host.Accepted, error) { panic("no") }
