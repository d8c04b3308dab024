package egress_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestHeadersThatChangeTheMessageAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the request arrived") })
	many := http.Header{}
	for i := range 101 {
		many.Add(fmt.Sprintf("X-%d", i), "v")
	}
	for _, tt := range []struct {
		name   string
		header http.Header
		part   string
	}{
		{"CR LF in a value", http.Header{"X-A": {"v\r\nX-Injected: 1"}}, "control character"},
		{"LF in a value", http.Header{"X-A": {"v\nX: 1"}}, "control character"},
		{"CR in a value", http.Header{"X-A": {"v\rX"}}, "control character"},
		{"NUL in a value", http.Header{"X-A": {"v\x00"}}, "control character"},
		{"DEL in a value", http.Header{"X-A": {"v\x7f"}}, "control character"},
		{"LF in a name", http.Header{"X\nA": {"v"}}, "the name"},
		{"colon in a name", http.Header{":authority": {"evil"}}, "the name"},
		{"space in a name", http.Header{"X A": {"v"}}, "the name"},
		{"space after a name", http.Header{"Transfer-Encoding ": {"chunked"}}, "the name"},
		{"empty name", http.Header{"": {"v"}}, "the name"},
		{"name beyond ASCII", http.Header{"X-Ü": {"v"}}, "the name"},
		{"another Host", http.Header{"host": {"evil.example"}}, "URL's own host"},
		{"Host without port", http.Header{"Host": {"127.0.0.1"}}, "URL's own host"},
		{"two Hosts", http.Header{"Host": {strings.TrimPrefix(s.URL, "http://"), "evil.example"}}, "URL's own host"},
		{"another Content-Length", http.Header{"content-length": {"5"}}, "0 bytes"},
		{"Transfer-Encoding", http.Header{"Transfer-encoding": {"chunked"}}, "only the host"},
		{"TE", http.Header{"TE": {"trailers"}}, "only the host"},
		{"Trailer", http.Header{"trailer": {"X"}}, "only the host"},
		{"Upgrade", http.Header{"Upgrade": {"h2c"}}, "only the host"},
		{"HTTP2-Settings", http.Header{"HTTP2-Settings": {"AA"}}, "only the host"},
		{"Expect", http.Header{"Expect": {"100-continue"}}, "only the host"},
		{"Proxy-Authorization", http.Header{"proxy-authorization": {"Basic x"}}, "only the host"},
		{"Proxy-Anything", http.Header{"Proxy-Anything": {"x"}}, "only the host"},
		{"101 headers", many, "101 headers"},
		{"101 values of one header", http.Header{"X-A": strings.Split(strings.Repeat("v,", 100)+"v", ",")}, "101 headers"},
		{"33 KiB of headers", http.Header{"X-A": {strings.Repeat("v", 33<<10)}}, "limit is 32768"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := get(s.URL, s.URL)
			r.Header = tt.header
			f := mustFail(t, open(t), r, host.EgressInvalid)
			if !strings.Contains(f.Message, tt.part) || f.Requests != 0 {
				t.Errorf("failed with %+v, want a message with %q and no request", *f, tt.part)
			}
		})
	}
}

func TestHeadersThatLibrariesSetAreLetThrough(t *testing.T) {
	t.Parallel()
	var got http.Header
	var gotHost string
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { got, gotHost = r.Header, r.Host })
	r := get(s.URL, s.URL)
	r.Method, r.Body = "POST", []byte("hello")
	r.Header = http.Header{
		"host": {strings.TrimPrefix(s.URL, "http://")}, "content-length": {"5"}, "connection": {"keep-alive, X-Api-Key"},
		"Keep-Alive": {"timeout=5"}, "proxy-connection": {"close"},
		"x-api-key": {"s"}, "X-API-KEY": {"t"}, "Cookie": {"sid=s"}, "X-Empty": {""}, "X-Tab": {"a\tb"}, "X-Utf8": {"ü"},
	}
	mustSend(t, open(t), r)
	if gotHost != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("Host is %q", gotHost)
	}
	for _, name := range []string{"Connection", "Keep-Alive", "Proxy-Connection"} {
		if got[name] != nil {
			t.Errorf("%s was sent: %q", name, got[name])
		}
	}
	if keys := got.Values("X-Api-Key"); len(keys) != 2 {
		t.Errorf("X-Api-Key is %q, want both spellings joined", keys)
	}
	for name, want := range map[string]string{"Cookie": "sid=s", "X-Tab": "a\tb", "X-Utf8": "ü", "Content-Length": "5"} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if got["X-Empty"] == nil {
		t.Error("the empty header was not sent")
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Method", r.Method) })
	c := open(t)
	for method, want := range map[string]string{
		"": "GET", "get": "GET", "Post": "POST", "patch": "PATCH", "HEAD": "HEAD", "OPTIONS": "OPTIONS", "delete": "DELETE",
		"PROPFIND": "PROPFIND", "Custom": "Custom",
	} {
		r := get(s.URL, s.URL)
		r.Method = method
		if got := mustSend(t, c, r).Header.Get("X-Method"); got != want {
			t.Errorf("method %q arrived as %q, want %q", method, got, want)
		}
	}
	for _, method := range []string{
		"CONNECT", "connect", "TRACE", "Track", "PRI", "GET /x HTTP/1.1\r\nX: y\r\n\r\nGET", "GET ", "GE T", "GET\x00", "ÄT", strings.Repeat("A", 33),
	} {
		r := get(s.URL, s.URL)
		r.Method = method
		mustFail(t, c, r, host.EgressInvalid)
	}
	r := get(s.URL, s.URL)
	r.Redirect = "sometimes"
	mustFail(t, c, r, host.EgressInvalid)
}
