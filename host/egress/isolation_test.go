package egress_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/internal/hostile"
)

// of returns r as one of a binding.
func of(binding string, r *host.HTTPRequest) *host.HTTPRequest {
	r.Binding = binding
	return r
}

func TestTwoBindingsNeverShareAConnection(t *testing.T) {
	t.Parallel()
	for _, overTLS := range []bool{false, true} {
		s, opened := counting(t, overTLS)
		c := open(t)
		if overTLS {
			c = trusting(t, s)
		}
		for range 3 {
			mustSend(t, c, of("bnd_1", get(s.URL, s.URL)))
			mustSend(t, c, of("bnd_2", get(s.URL, s.URL)))
		}
		if opened.Load() != 2 {
			t.Errorf("TLS %t: %d connections for two bindings, want 2", overTLS, opened.Load())
		}
	}
}

// ignoring starts a server that takes no request but POST to have a body: it
// reads the body of any other as the next request.
func ignoring(t *testing.T) (url string, opened *atomic.Int64) {
	t.Helper()
	opened = &atomic.Int64{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			opened.Add(1)
			serving.Go(func() { defer conn.Close(); ignoreBodies(conn) })
		}
	})
	return "http://" + l.Addr().String(), opened
}

func ignoreBodies(conn net.Conn) {
	r := bufio.NewReader(conn)
	for {
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if q.Method == http.MethodPost || q.Method == http.MethodPut || q.Method == http.MethodPatch {
			_, _ = io.Copy(io.Discard, q.Body)
		}
		text := "answer to " + q.URL.Path
		if q.Method == http.MethodHead {
			_, err = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(text))
		} else {
			_, err = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		}
		if err != nil {
			return
		}
	}
}

func TestABodyThatAServerIgnoresIsNoRequestOfTheNext(t *testing.T) {
	t.Parallel()
	smuggled := []byte("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
	for _, binding := range []string{"bnd_1", "bnd_2"} {
		for _, method := range []string{"GET", "HEAD", "DELETE", "OPTIONS", "REPORT"} {
			url, _ := ignoring(t)
			c := open(t)
			r := get(url+"/first", url)
			r.Method, r.Body = method, smuggled
			mustSend(t, c, of("bnd_1", r))
			for range 5 {
				if got := mustSend(t, c, of(binding, get(url+"/next", url))); string(got.Body) != "answer to /next" {
					t.Errorf("after %s with a body, %s got %q", method, binding, got.Body)
				}
			}
		}
	}
}

func TestConnectionsOfRequestsWithAnOddBodyAreNotKept(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]int64{
		"POST": 1, "PUT": 1, "PATCH": 1, "GET": 3, "HEAD": 3, "DELETE": 3, "OPTIONS": 3, "REPORT": 3,
	} {
		s, opened := counting(t, false)
		c := open(t)
		for range 3 {
			r := get(s.URL, s.URL)
			r.Method, r.Body = method, []byte("body")
			mustSend(t, c, r)
		}
		if opened.Load() != want {
			t.Errorf("%s with a body: %d connections for 3 requests, want %d", method, opened.Load(), want)
		}
	}
}

func TestConnectionsAreNotKeptAfterSomethingOdd(t *testing.T) {
	t.Parallel()
	for _, p := range hostile.Peers() {
		switch p.Name {
		case "answers before the body was sent", "a second answer unasked", "204 with a body", "304 with a body", "a length too short",
			"two lengths", "a length and chunks":
		default:
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			s, err := p.Start()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			c := open(t)
			for i := range 3 {
				r := get(s.URL, s.URL[:len(s.URL)-len("/hook")])
				if p.Upload {
					r.Method, r.Body = "POST", make([]byte, 8<<20)
				}
				if got, f := c.Send(t.Context(), r); f == nil && strings.Contains(string(got.Body), "evil") {
					t.Errorf("request %d got %q", i, got.Body)
				}
			}
			if s.Opened() != 3 {
				t.Errorf("%d connections for 3 requests, want 3", s.Opened())
			}
		})
	}
}

func TestAThousandBindingsKeepFewConnections(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			now.Add(1)
		case http.StateClosed:
			now.Add(-1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := open(t)
	for i := range 1000 {
		mustSend(t, c, of("bnd_"+strconv.Itoa(i), get(s.URL, s.URL)))
	}
	waitUntil(t, "no more than 512 connections are open", func() bool { return now.Load() <= 512 })
	mustSend(t, c, of("bnd_999", get(s.URL, s.URL)))
	c.Close()
	waitUntil(t, "none is open", func() bool { return now.Load() == 0 })
}

// waitUntil waits for a condition that comes soon.
func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); time.Sleep(time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatalf("in vain waited until %s", what)
		}
	}
}

func TestSlowRequestsOfOneBindingLeavePlacesForOthers(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var slow atomic.Int64
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			slow.Add(1)
			<-release
		}
	})
	c := open(t)
	c.MaxInFlight = 8
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { _, _ = c.Send(t.Context(), of("bnd_greedy", get(s.URL+"/slow", s.URL))) })
	}
	waitUntil(t, "the greedy binding has its places", func() bool { return slow.Load() == 4 })
	for range 20 {
		mustSend(t, c, of("bnd_other", get(s.URL, s.URL)))
	}
	if slow.Load() != 4 {
		t.Errorf("one binding has %d of 8 places", slow.Load())
	}
	r := of("bnd_greedy", get(s.URL, s.URL))
	r.Timeout = 10 * time.Millisecond
	f := mustFail(t, c, r, host.EgressTimeout)
	if !strings.HasSuffix(f.Message, "was not asked in time (limit 10ms): too many requests to it are under way") || f.Requests != 0 {
		t.Errorf("failed with %+v", *f)
	}
	close(release)
	all.Wait()
}

func TestADialEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	for _, p := range hostile.Peers() {
		if !strings.Contains(p.Name, "of TLS") || p.Ends {
			continue
		}
		s, err := p.Start()
		if err != nil {
			t.Fatal(err)
		}
		c := open(t)
		r := get(s.URL, s.URL[:len(s.URL)-len("/hook")])
		r.Timeout = 50 * time.Millisecond
		mustFail(t, c, r, host.EgressTimeout)
		s.Close() // waits for what the peer serves; goleak sees what dials on
	}
}

func TestANameThatIsNeverLookedUpIsLate(t *testing.T) {
	t.Parallel()
	resolver, stop, err := hostile.SilentResolver()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	c := &egress.Client{Resolver: resolver}
	r := get("https://silent.example/", "silent.example")
	r.Timeout = 50 * time.Millisecond
	if f := mustFail(t, c, r, host.EgressTimeout); f.Message != "https://silent.example did not answer in time (limit 50ms)" {
		t.Errorf("message %q", f.Message)
	}
}
