package egress_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

const proxyUser, proxyPassword = "ada", "pass:word/ü"

// proxyServer is a real proxy: it forwards requests in absolute form, and makes tunnels.
type proxyServer struct {
	url    string
	status int  // of its refusals; 0 forwards
	login  bool // asks for a user

	mu   sync.Mutex
	seen []string // guarded by mu: what it was asked for
}

func (p *proxyServer) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.seen...)
}

func (p *proxyServer) note(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, s)
}

func (p *proxyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.note(r.Method + " " + r.RequestURI)
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(proxyUser+":"+proxyPassword))
	if got := r.Header.Get("Proxy-Authorization"); p.login && got != want {
		w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if p.status != 0 {
		w.WriteHeader(p.status)
		return
	}
	if r.Method == http.MethodConnect {
		p.tunnel(w, r)
		return
	}
	r.RequestURI = ""
	r.Header.Del("Proxy-Authorization")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer func() { _ = res.Body.Close() }()
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

func (p *proxyServer) tunnel(w http.ResponseWriter, r *http.Request) {
	to, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = to.Close()
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	join(conn, buffered, to)
}

func join(a net.Conn, from io.Reader, b net.Conn) {
	go func() { _, _ = io.Copy(b, from); _ = b.Close() }()
	_, _ = io.Copy(a, b)
	_ = a.Close()
	_ = b.Close()
}

// proxied is a client, and a proxy that its operator allows.
func proxied(t *testing.T, secure bool) (*egress.Client, *proxyServer) {
	t.Helper()
	p := &proxyServer{}
	s := httptest.NewUnstartedServer(p)
	c := &egress.Client{AllowNetworks: loopback}
	if secure {
		s.StartTLS()
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AddCert(s.Certificate())
	} else {
		s.Start()
	}
	p.url = s.URL
	c.AllowProxies = []string{p.url}
	t.Cleanup(func() { c.Close(); s.CloseClientConnections(); s.Close() })
	return c, p
}

// trust makes c trust s.
func trust(c *egress.Client, s *httptest.Server) {
	if c.RootCAs == nil {
		c.RootCAs = x509.NewCertPool()
	}
	c.RootCAs.AddCert(s.Certificate())
}

// through is a request by a proxy.
func through(proxy, url string, allow ...string) *host.HTTPRequest {
	r := get(url, allow...)
	r.Binding = "bnd_1"
	r.Egress.Proxy.URL = proxy
	return r
}

func login(r *host.HTTPRequest, password string) *host.HTTPRequest {
	r.Egress.Proxy.UserSecret, r.Egress.Proxy.PasswordSecret = "USER", "PASSWORD"
	r.Secrets = map[string]string{"USER": proxyUser, "PASSWORD": password}
	return r
}

func hello(t *testing.T, c *egress.Client, secure bool) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, "%s %s %s %s%s", r.Method, r.URL, r.Proto, body, r.Header.Get("Proxy-Authorization"))
	}))
	if secure {
		s.EnableHTTP2 = true
		s.StartTLS()
		trust(c, s)
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

func TestRequestsGoThroughTheBindingsProxy(t *testing.T) {
	t.Parallel()
	for _, secureProxy := range []bool{false, true} {
		for _, secure := range []bool{false, true} {
			c, p := proxied(t, secureProxy)
			p.login = true
			s := hello(t, c, secure)
			want, answer := "POST "+s.URL+"/a?b=1", "POST /a?b=1 HTTP/1.1 body"
			if secure {
				want, answer = "CONNECT "+strings.TrimPrefix(s.URL, "https://"), "POST /a?b=1 HTTP/2.0 body"
			}
			for range 3 {
				r := login(through(p.url, s.URL+"/a?b=1", s.URL), proxyPassword)
				r.Method, r.Body = "POST", []byte("body")
				got := mustSend(t, c, r)
				if string(got.Body) != answer || got.Proxy != p.url {
					t.Errorf("proxy in TLS %t, server %t: %q through %q", secureProxy, secure, got.Body, got.Proxy)
				}
			}
			asked := p.asked()
			if asked[0] != want || secure && len(asked) != 1 {
				t.Errorf("the proxy was asked for %q, not %q", asked, want)
			}
		}
	}
}

func TestWhatAProxyRefusesIsNamed(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		c, p := proxied(t, false)
		s := hello(t, c, secure)
		p.login = true
		f := mustFail(t, c, through(p.url, s.URL, s.URL), host.EgressNetwork)
		if want := "the proxy " + p.url + " asks for a user and a password (407)"; !strings.HasPrefix(f.Message, want) {
			t.Errorf("without a user: %q", f.Message)
		}
		f = mustFail(t, c, login(through(p.url, s.URL, s.URL), "wrong-password"), host.EgressNetwork)
		if want := "the proxy " + p.url + " does not accept the user and password"; !strings.HasPrefix(f.Message, want) || strings.Contains(f.Message, "wrong-password") {
			t.Errorf("with another password: %q", f.Message)
		}
	}
	c, p := proxied(t, false)
	s := hello(t, c, true)
	p.status = http.StatusForbidden
	f := mustFail(t, c, through(p.url, s.URL, s.URL), host.EgressNetwork)
	if want := "the proxy " + p.url + " refused to connect to " + strings.TrimPrefix(s.URL, "https://") + ": 403 Forbidden"; f.Message != want {
		t.Errorf("403: %q, want %q", f.Message, want)
	}
}

func TestAProxyThatIsDownIsNamed(t *testing.T) {
	t.Parallel()
	c, p := proxied(t, false)
	s, plain := hello(t, c, true), hello(t, c, false)
	down, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = down.Close()
	gone := "http://" + down.Addr().String()
	c.AllowProxies = []string{gone, "https" + strings.TrimPrefix(p.url, "http")}
	for _, url := range []string{s.URL, plain.URL} {
		if f := mustFail(t, c, through(gone, url, url), host.EgressNetwork); f.Message != "the proxy "+gone+": connection refused" {
			t.Errorf("%s: %q", url, f.Message)
		}
		for _, wrong := range c.AllowProxies[1:] { // it speaks no TLS
			if f := mustFail(t, c, through(wrong, url, url), host.EgressNetwork); !strings.HasPrefix(f.Message, "the proxy "+wrong+": ") {
				t.Errorf("%s by %s: %q", url, wrong, f.Message)
			}
		}
	}
}

func TestAProxyMustBeAllowedByTheOperator(t *testing.T) {
	t.Parallel()
	c, p := proxied(t, false)
	s := hello(t, c, false)
	c.SetAllowProxies([]string{"http://proxy.example:3128"})
	f := mustFail(t, c, through(p.url, s.URL, s.URL), host.EgressRefused)
	if f.Rule != egress.RuleProxy || f.Proxy != p.url || len(p.asked()) != 0 {
		t.Errorf("%+v, asked %q", f, p.asked())
	}
	c.SetAllowProxies([]string{p.url + "/"})
	mustSend(t, c, through(p.url, s.URL, s.URL))
}

func TestAProxyIsNoWayAroundThePolicy(t *testing.T) {
	t.Parallel()
	c, p := proxied(t, false)
	s, other := hello(t, c, false), serve(t, func(http.ResponseWriter, *http.Request) {})
	if f := mustFail(t, c, through(p.url, other.URL, s.URL), host.EgressRefused); f.Rule != egress.RuleNotAllowed {
		t.Errorf("an origin that is not allowed: %+v", f)
	}
	c.SetAllowNetworks(nil)
	for _, url := range []string{s.URL, "http://localhost:" + s.URL[strings.LastIndex(s.URL, ":")+1:], "https://169.254.169.254", "http://[::1]:8080"} {
		if f := mustFail(t, c, through(p.url, url, url), host.EgressRefused); f.Rule != "loopback address" && f.Rule != egress.RuleMetadata {
			t.Errorf("%s: %+v", url, f)
		}
	}
	c.SetAllowNetworks(loopback)
	redirects := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://10.1.2.3/", http.StatusFound)
	})
	if f := mustFail(t, c, through(p.url, redirects.URL, redirects.URL, "http://10.1.2.3"), host.EgressRefused); f.Rule != "private address" {
		t.Errorf("a redirect to a private address: %+v", f)
	}
	if asked := p.asked(); len(asked) != 1 {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

func TestANameThatOnlyTheProxyKnowsMustBeListed(t *testing.T) {
	t.Parallel()
	c, p := proxied(t, false)
	c.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }}
	p.status = http.StatusTeapot
	r := through(p.url, "http://only.known.there.example/")
	r.Egress.Mode = host.EgressPublic
	if f := mustFail(t, c, r, host.EgressRefused); f.Rule != "name that can't be looked up" {
		t.Errorf("mode public: %+v", f)
	}
	if got := mustSend(t, c, through(p.url, "http://only.known.there.example/", "http://only.known.there.example")); got.Status != http.StatusTeapot {
		t.Errorf("listed: status %d", got.Status)
	}
}

func TestTheHostsOwnAddressIsNoProxy(t *testing.T) {
	t.Parallel()
	c, p := proxied(t, false)
	s := hello(t, c, true)
	c.Deny = []netip.AddrPort{netip.MustParseAddrPort(strings.TrimPrefix(p.url, "http://"))}
	if f := mustFail(t, c, through(p.url, s.URL, s.URL), host.EgressNetwork); !strings.Contains(f.Message, egress.RuleOwn) || len(p.asked()) != 0 {
		t.Errorf("%+v", f)
	}
}

func TestTwoPasswordsShareNoConnection(t *testing.T) {
	t.Parallel()
	c, p := proxied(t, false)
	p.login = true
	s := hello(t, c, true)
	mustSend(t, c, login(through(p.url, s.URL, s.URL), proxyPassword))
	mustFail(t, c, login(through(p.url, s.URL, s.URL), "other"), host.EgressNetwork)
	direct := get(s.URL, s.URL)
	direct.Binding = "bnd_1"
	if got := mustSend(t, c, direct); got.Proxy != "" {
		t.Errorf("directly, through %q", got.Proxy)
	}
	if n := len(p.asked()); n != 2 {
		t.Errorf("the proxy was asked %d times", n)
	}
}

func TestARequestThroughASilentProxyEnds(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	c, _ := proxied(t, false)
	s, plain := hello(t, c, true), hello(t, c, false)
	for _, scheme := range []string{"http://", "https://", "socks5://"} {
		proxy := scheme + silent.Addr().String()
		c.SetAllowProxies([]string{proxy})
		for _, url := range []string{s.URL, plain.URL} {
			r := through(proxy, url, url)
			r.Timeout = 100_000_000
			mustFail(t, c, r, host.EgressTimeout)
		}
	}
}

// socksServer is a real SOCKS5 proxy, with a user when login is set.
func socksServer(t *testing.T, login bool) (url string, asked *proxyServer) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = &proxyServer{}
	var wait sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wait.Wait() })
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { asked.socks(conn, login); _ = conn.Close() })
		}
	})
	return "socks5://" + l.Addr().String(), asked
}

func (p *proxyServer) socks(conn net.Conn, login bool) {
	r := bufio.NewReader(conn)
	read := func(n int) []byte { b := make([]byte, n); _, _ = io.ReadFull(r, b); return b }
	methods := read(int(read(2)[1]))
	method := byte(0)
	if login {
		method = 2
	}
	if !strings.Contains(string(methods), string(method)) {
		_, _ = conn.Write([]byte{5, 0xff})
		return
	}
	_, _ = conn.Write([]byte{5, method})
	if login {
		user := read(int(read(2)[1]))
		password := read(int(read(1)[0]))
		if string(user) != proxyUser || string(password) != proxyPassword {
			_, _ = conn.Write([]byte{1, 1})
			return
		}
		_, _ = conn.Write([]byte{1, 0})
	}
	head := read(4)
	var name string
	switch head[3] {
	case 1:
		name = net.IP(read(4)).String()
	case 3:
		name = string(read(int(read(1)[0])))
	}
	port := read(2)
	address := net.JoinHostPort(name, strconv.Itoa(int(port[0])<<8|int(port[1])))
	p.note(address)
	if p.status != 0 {
		_, _ = conn.Write([]byte{5, 2, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	to, err := net.Dial("tcp", address)
	if err != nil {
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	join(conn, r, to)
}

func TestRequestsGoThroughASOCKSProxy(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		c, _ := proxied(t, false)
		s := hello(t, c, secure)
		proxy, asked := socksServer(t, true)
		c.SetAllowProxies([]string{proxy})
		for range 2 {
			got := mustSend(t, c, login(through(proxy, s.URL+"/a", s.URL), proxyPassword))
			if !strings.HasPrefix(string(got.Body), "GET /a ") || got.Proxy != proxy {
				t.Errorf("%q through %q", got.Body, got.Proxy)
			}
		}
		if list := asked.asked(); len(list) != 1 || !strings.HasSuffix(s.URL, list[0]) {
			t.Errorf("the proxy was asked for %q", list)
		}
		f := mustFail(t, c, login(through(proxy, s.URL, s.URL), "wrong"), host.EgressNetwork)
		if !strings.HasPrefix(f.Message, "the proxy "+proxy+" does not accept the user") {
			t.Errorf("with another password: %q", f.Message)
		}
		if f := mustFail(t, c, through(proxy, s.URL, s.URL), host.EgressNetwork); !strings.HasPrefix(f.Message, "the proxy "+proxy+" asks for a user") {
			t.Errorf("without a user: %q", f.Message)
		}
		asked.status = 1
		c.Close()
		f = mustFail(t, c, login(through(proxy, s.URL, s.URL), proxyPassword), host.EgressNetwork)
		if !strings.HasPrefix(f.Message, "the proxy "+proxy+" refused to connect to "+s.Listener.Addr().String()+": ") {
			t.Errorf("refused: %q", f.Message)
		}
	}
}
