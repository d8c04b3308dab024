package egress_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

// counting starts a server that counts its connections.
func counting(t *testing.T, tls bool) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Proto", r.Proto)
		_, _ = io.Copy(w, r.Body)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	if s.EnableHTTP2 = tls; tls {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s, &opened
}

func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	s, opened := counting(t, false)
	c := open(t)
	for range 5 {
		mustSend(t, c, get(s.URL, s.URL))
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections for 5 requests, want 1", opened.Load())
	}
}

func TestAPooledConnectionIsNoWayAroundThePolicy(t *testing.T) {
	t.Parallel()
	s, _ := counting(t, false)
	c := open(t)
	mustSend(t, c, get(s.URL, s.URL))
	if f := mustFail(t, c, get(s.URL, "https://other.example"), host.EgressRefused); f.Rule != egress.RuleNotAllowed {
		t.Errorf("failed with %+v", *f)
	}
}

func TestAPooledConnectionToAnAddressNoLongerAllowedIsNotUsed(t *testing.T) {
	t.Parallel()
	for _, overTLS := range []bool{false, true} {
		s, opened := counting(t, overTLS)
		c := open(t)
		if overTLS {
			c = trusting(t, s)
		}
		mustSend(t, c, get(s.URL, s.URL))
		c.AllowNetworks = nil
		r := get(s.URL, s.URL)
		r.Method, r.Body = "POST", []byte("data")
		if f := mustFail(t, c, r, host.EgressRefused); f.Rule != "loopback address" {
			t.Errorf("TLS %t: failed with %+v, want rule loopback address", overTLS, *f)
		}
		if opened.Load() != 1 {
			t.Errorf("TLS %t: %d connections, want 1", overTLS, opened.Load())
		}
	}
}

func TestConnectionsLoggedInByNTLMAreNotKept(t *testing.T) {
	t.Parallel()
	s, opened := counting(t, false)
	c := open(t)
	for _, value := range []string{"NTLM abc", "negotiate abc"} {
		r := get(s.URL, s.URL)
		r.Header = http.Header{"Authorization": {value}}
		mustSend(t, c, r)
	}
	mustSend(t, c, get(s.URL, s.URL))
	if opened.Load() != 3 {
		t.Errorf("%d connections for 3 requests, want 3", opened.Load())
	}
}

func TestHTTP2IsSpokenWithServersThatDo(t *testing.T) {
	t.Parallel()
	s, opened := counting(t, true)
	c := trusting(t, s)
	for range 3 {
		r := get(s.URL, s.URL)
		r.Method, r.Body = "POST", []byte("hello")
		got := mustSend(t, c, r)
		if got.Header.Get("X-Proto") != "HTTP/2.0" || string(got.Body) != "hello" {
			t.Errorf("%s answered %q, want HTTP/2.0 and hello", got.Header.Get("X-Proto"), got.Body)
		}
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections, want 1", opened.Load())
	}
}

func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	s, _ := counting(t, true)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = quiet()
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	s.Config.ErrorLog = quiet()
	plain, _ := counting(t, false)
	resolver, _ := names(t, map[string][]string{"wrong.test": {"127.0.0.1"}})
	wrong := trusting(t, s)
	wrong.Resolver = resolver
	for _, tt := range []struct {
		name, url, part string
		client          *egress.Client
	}{
		{"self-signed", s.URL, "the certificate is self-signed", open(t)},
		{"another host", strings.Replace(s.URL, "127.0.0.1", "wrong.test", 1), "another host", wrong},
		{"TLS 1.1", old.URL, "TLS handshake failed", trusting(t, old)},
		{"no TLS", strings.Replace(plain.URL, "http:", "https:", 1), "does not speak TLS", open(t)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := mustFail(t, tt.client, get(tt.url, tt.url), host.EgressNetwork)
			if !strings.Contains(f.Message, tt.part) {
				t.Errorf("message %q lacks %q", f.Message, tt.part)
			}
		})
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the request went to the proxy") })
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	s, _ := counting(t, false)
	c := open(t)
	c.Resolver, _ = names(t, map[string][]string{"proxied.test": {"127.0.0.1"}})
	url := strings.Replace(s.URL, "127.0.0.1", "proxied.test", 1)
	mustSend(t, c, get(url, url))
}

func TestCookiesAreNotKept(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "s"})
		_, _ = io.WriteString(w, r.Header.Get("Cookie"))
	})
	c := open(t)
	for range 2 {
		got := mustSend(t, c, get(s.URL, s.URL))
		if len(got.Body) != 0 || got.Header.Get("Set-Cookie") == "" {
			t.Errorf("the server saw the cookie %q and set %q", got.Body, got.Header.Get("Set-Cookie"))
		}
	}
}

func TestNetworkErrorsHideTheHostsOwnDetails(t *testing.T) {
	t.Parallel()
	closed := serve(t, func(http.ResponseWriter, *http.Request) {})
	closed.Close()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(closed.URL, "http://"))
	resolver, _ := names(t, map[string][]string{"closed.test": {"127.0.0.1"}})
	for _, tt := range []struct{ name, url, want string }{
		{"refused", "http://closed.test:" + port, "http://closed.test:" + port + ": connection refused"},
		{"no such host", "http://none.test", "http://none.test: no such host"},
		{"not HTTP", raw(t, "SSH-2.0-OpenSSH_9.6\r\n"), "the answer is not HTTP"},
		{"closed at once", raw(t, ""), "closed before the response was complete"},
		{"closed in the body", raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), "closed before the response was complete"},
		{"closed in a chunk", raw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhello"), "closed before the response was complete"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := open(t)
			c.Resolver = resolver
			f := mustFail(t, c, get(tt.url, tt.url), host.EgressNetwork)
			if !strings.HasSuffix(f.Message, tt.want) || strings.Contains(f.Message, "lookup") || strings.Contains(f.Message, "dial") {
				t.Errorf("message %q, want %q", f.Message, tt.want)
			}
		})
	}
}

// raw answers each connection with the text once a request has begun, and
// closes it.
func raw(t *testing.T, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = io.WriteString(conn, text)
			conn.Close()
		}
	})
	return "http://" + l.Addr().String()
}

func TestTimeoutBoundsTheWholeExchange(t *testing.T) {
	t.Parallel()
	hang := func(r *http.Request) { <-r.Context().Done() }
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { hang(r) }},
		{"no body", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			hang(r)
		}},
		{"half a body", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			hang(r)
		}},
		{"half a gzip", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(encode(t, []byte("hello"), "gzip")[:9])
			_ = http.NewResponseController(w).Flush()
			hang(r)
		}},
		{"redirect whose body hangs", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/next")
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusFound)
			_ = http.NewResponseController(w).Flush()
			hang(r)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.handler)
			r := get(s.URL, s.URL)
			r.Timeout = 100 * time.Millisecond
			f := mustFail(t, open(t), r, host.EgressTimeout)
			if want := s.URL + " did not answer in time (limit 100ms)"; f.Message != want {
				t.Errorf("message %q, want %q", f.Message, want)
			}
		})
	}
}

func TestTheRunsEndIsTheRequestsEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, f := open(t).Send(ctx, get(s.URL, s.URL))
	if f == nil || f.Code != host.EgressTimeout || !strings.Contains(f.Message, "the run ended before") || f.Requests != 1 {
		t.Errorf("failed with %+v", f)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	r := get("http://127.0.0.1:1/", "http://127.0.0.1:1")
	r.MaxRequests = 0
	if f := mustFail(t, open(t), r, host.EgressLimit); f.Limit != "http_requests" || f.Requests != 0 {
		t.Errorf("with none left: %+v", *f)
	}
	r.MaxRequests = 1
	if f := mustFail(t, open(t), r, host.EgressNetwork); f.Requests != 1 {
		t.Errorf("a connection that was tried counts %d, want 1", f.Requests)
	}
	if f := mustFail(t, &egress.Client{}, r, host.EgressRefused); f.Requests != 0 {
		t.Errorf("a connection that was refused counts %d, want 0", f.Requests)
	}
}

func TestOneOriginIsNotFlooded(t *testing.T) {
	t.Parallel()
	const most, all = 3, 20
	var inside, peak atomic.Int64
	full, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s := serve(t, func(http.ResponseWriter, *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for was := peak.Load(); n > was && !peak.CompareAndSwap(was, n); was = peak.Load() {
		}
		if n == most {
			once.Do(func() { close(full) })
		}
		<-release
	})
	c := open(t)
	c.MaxInFlight = most
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			r := get(s.URL, s.URL)
			r.Binding = strconv.Itoa(i % 7)
			if _, f := c.Send(t.Context(), r); f != nil {
				t.Errorf("%+v", *f)
			}
		})
	}
	<-full
	other, _ := counting(t, false)
	mustSend(t, c, get(other.URL, other.URL)) // another origin is not held up
	r := get(s.URL, s.URL)
	r.Timeout = time.Millisecond
	f := mustFail(t, c, r, host.EgressTimeout)
	if want := s.URL + " was not asked in time (limit 1ms): too many requests to it are under way"; f.Message != want {
		t.Errorf("message %q, want %q", f.Message, want)
	}
	close(release)
	wg.Wait()
	if peak.Load() > most {
		t.Errorf("%d requests at once, want no more than %d", peak.Load(), most)
	}
}

func TestExplainGivesTheReason(t *testing.T) {
	t.Parallel()
	resolver, _ := names(t, map[string][]string{"two.corp.test": {"10.0.0.5 192.168.0.9"}, "hooks.corp.test": {"127.0.0.1"}})
	c := &egress.Client{
		Resolver:      resolver,
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")},
	}
	allow := host.Egress{Allow: []string{"https://*.corp.test"}}
	for _, tt := range []struct {
		url   string
		lines []string
	}{
		{"https://hooks.corp.test/x#y", []string{"https://hooks.corp.test/x is allowed by https://*.corp.test", "  127.0.0.1: allowed, network 127.0.0.0/8"}},
		{"https://two.corp.test", []string{
			"https://two.corp.test is allowed by https://*.corp.test", "  10.0.0.5: allowed, network 10.0.0.0/8",
			"  192.168.0.9: refused, private address (the operator can allow 192.168.0.9/32)",
		}},
		{"http://two.corp.test", []string{"http://two.corp.test is not allowed: http://two.corp.test is not in the allowed hosts (allowed: https://*.corp.test)"}},
		{"https://none.corp.test", []string{"https://none.corp.test is not allowed: https://none.corp.test: no such host"}},
		{"https://a@none.corp.test", []string{`https://a@none.corp.test is not allowed: URL "…@none.corp.test": it names a user; send an Authorization header instead`}},
	} {
		got := strings.Split(strings.TrimSuffix(c.Explain(t.Context(), allow, tt.url).String(), "\n"), "\n")
		slices.Sort(got[1:])
		if !slices.Equal(got, tt.lines) {
			t.Errorf("Explain(%q) says\n%s\nwant\n%s", tt.url, strings.Join(got, "\n"), strings.Join(tt.lines, "\n"))
		}
	}
}
