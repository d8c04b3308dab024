package ingress_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/web"
)

// busyServer is a server with two keys, "idp" and "other", on a real listener.
type busyServer struct {
	*httptest.Server
	keys    map[string]string
	metrics *prometheus.Registry
}

func newBusyServer(t *testing.T, limits ingress.Limits) *busyServer {
	t.Helper()
	s := &busyServer{keys: map[string]string{}, metrics: prometheus.NewRegistry()}
	ring := keyring{}
	for _, name := range []string{"idp", "other"} {
		secret, hash := web.NewKey()
		s.keys[name], ring[hash] = secret, host.Key{ID: "key_" + name, Scopes: []host.Scope{host.ScopeIngest}}
	}
	e := web.NewEcho(slog.New(slog.DiscardHandler))
	(&ingress.Server{Store: &memory{}, Limits: limits, Metrics: s.metrics}).Register(e.Group("/v1"), web.NewAuthenticator(ring).Require(host.ScopeIngest))
	s.Server = httptest.NewServer(e)
	t.Cleanup(s.Close)
	return s
}

// begin sends the head of a request and the beginning of its body, and waits
// for nothing.
func (s *busyServer) begin(t *testing.T, key string, announced int, body string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, key, announced, body); err != nil {
		t.Fatal(err)
	}
	return conn
}

func (s *busyServer) send(t *testing.T, key, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(web.HeaderAPIKey, key)
	answer, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// held is what bodies hold by the metrics.
func (s *busyServer) held(t *testing.T) int {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	_, rest, _ := strings.Cut(w.Body.String(), "\nusher_ingress_held_bytes ")
	var held float64
	if _, err := fmt.Sscan(rest, &held); err != nil {
		t.Fatal(err)
	}
	return int(held)
}

// until waits until what is held fits, a minute at most.
func (s *busyServer) until(t *testing.T, what string, fits func(held int) bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !fits(s.held(t)); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: %d bytes are held", what, s.held(t))
		}
	}
}

func TestIdleConnectionsOfOneKeyHoldNoMemory(t *testing.T) {
	t.Parallel()
	const connections = 1030
	s := newBusyServer(t, ingress.Limits{BodyTimeout: time.Minute})
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			for range connections / 10 {
				s.begin(t, s.keys["idp"], 256<<10, "{")
			}
		})
	}
	group.Wait()
	s.until(t, "all connections were to be read from", func(held int) bool { return held >= connections*1024 })
	for _, key := range []string{"other", "idp"} {
		if code := s.send(t, s.keys[key], event(1)); code/100 != 2 {
			t.Errorf("an event of the key %s was answered with %d", key, code)
		}
	}
	if held := s.held(t); held > 16<<20 {
		t.Errorf("%d bytes are held for %d bytes that came", held, connections)
	}
}

func TestAKeyThatHoldsItsShareLeavesTheOthersTheirs(t *testing.T) {
	t.Parallel()
	s := newBusyServer(t, ingress.Limits{BodyTimeout: time.Minute, InFlightBytes: 1 << 20})
	half := `{"user":{"user_id":"` + strings.Repeat("x", 120<<10)
	for range 16 { // of which four are half of what there is
		s.begin(t, s.keys["idp"], 256<<10, half)
	}
	s.until(t, "the key was to hold its half", func(held int) bool { return held >= 400<<10 })
	if code := s.send(t, s.keys["other"], `{"user":{"user_id":"a","name":"`+strings.Repeat("x", 200<<10)+`"}}`); code != http.StatusAccepted {
		t.Errorf("a large event of another key was answered with %d", code)
	}
	if held := s.held(t); held > 512<<10 {
		t.Errorf("one key holds %d bytes", held)
	}
}

func TestABodyThatStandsStillIsLetGo(t *testing.T) {
	t.Parallel()
	s := newBusyServer(t, ingress.Limits{BodyTimeout: 50 * time.Millisecond})
	for name, body := range map[string]string{"nothing": "", "a beginning": `{"user":`} {
		conn := s.begin(t, s.keys["idp"], 4000, body)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), fmt.Sprintf("arrived too slowly: %d bytes", len(body))) {
			t.Errorf("%s: answered %d %s", name, answer.StatusCode, text)
		}
	}
	s.until(t, "nothing was to be held", func(held int) bool { return held == 0 })
	if code := s.send(t, s.keys["idp"], event(1)); code != http.StatusAccepted {
		t.Errorf("answered %d", code)
	}
}

func TestABodyThatComesInTimeLeavesItsConnectionWithoutADeadline(t *testing.T) {
	t.Parallel()
	s := newBusyServer(t, ingress.Limits{BodyTimeout: 100 * time.Millisecond})
	conn := s.begin(t, s.keys["idp"], len(event(1)), event(1))
	reader := bufio.NewReader(conn)
	for i := range 2 {
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode/100 != 2 {
			t.Errorf("request %d: answered %d", i, answer.StatusCode)
		}
		time.Sleep(150 * time.Millisecond) // past the deadline that the body had
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			path, s.keys["idp"], len(event(1)), event(1))
	}
}

func TestACallerWithoutAKeyHoldsNothing(t *testing.T) {
	t.Parallel()
	s := newBusyServer(t, ingress.Limits{BodyTimeout: time.Minute})
	for range 20 {
		conn := s.begin(t, "usher_unknown", 256<<10, "{")
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("answered %d", answer.StatusCode)
		}
	}
	if held := s.held(t); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
}
