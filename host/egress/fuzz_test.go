package egress_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

func FuzzParseOrigin(f *testing.F) {
	for _, seed := range []string{
		"hooks.slack.com", "http://127.0.0.1:8080", "https://*.example.com", "[::1]:80", "https://[fe80::1%25eth0]", "bücher.example",
		"0x7f.1", "a@b", "*", "*.com", "example.com.", "xn--bcher-kva.example:8443", "HTTP://A_b.c:1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := egress.ParseOrigin(s)
		if err != nil {
			return
		}
		again, err := egress.ParseOrigin(o.String())
		if err != nil || again != o {
			t.Errorf("ParseOrigin(%q) = %+v, whose string %q is read as %+v, %v", s, o, o.String(), again, err)
		}
		checkOrigin(t, s, o)
	})
}

// checkOrigin holds an origin against what other readers make of it.
func checkOrigin(t *testing.T, s string, o egress.Origin) {
	t.Helper()
	u, err := url.Parse(strings.Replace(o.String(), "*.", "", 1))
	if err != nil || u.Hostname() != o.Host || u.User != nil || u.Path != "" {
		t.Errorf("%q became %+v, which a URL parser reads as %+v, %v", s, o, u, err)
	}
	if o.Port == 0 || o.Scheme != "http" && o.Scheme != "https" {
		t.Errorf("%q became %+v", s, o)
	}
	if _, err := netip.ParseAddr(o.Host); err == nil {
		return
	}
	if strings.Trim(o.Host, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" || strings.ContainsAny(o.Host, "/\\@:?#%[] \t\r\n\x00") {
		t.Errorf("%q became host %q", s, o.Host)
	}
	last := o.Host[strings.LastIndexByte(o.Host, '.')+1:]
	if strings.Trim(last, "0123456789") == "" {
		t.Errorf("%q became host %q, which some readers take for a number", s, o.Host)
	}
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{
		"https://good.example/x", "https://good.example@evil.example", "https://evil.example\\@good.example/", "https://good.example:443",
		"https://GOOD.example/?a=b c#d", "https://good.example%00.evil.example", "http://2130706433", "https://a.good.example//evil.example",
		"https://good.example.", "https://[::1]", "//good.example", "https:good.example", "https://góod.example", "https://good。example/",
	} {
		f.Add(seed)
	}
	allow := host.Egress{Allow: []string{"good.example", "https://*.good.example"}}
	f.Fuzz(func(t *testing.T, raw string) {
		if o, failure := egress.Check(host.Egress{Mode: host.EgressPublic}, raw); failure == nil {
			checkOrigin(t, raw, o)
		}
		o, failure := egress.Check(allow, raw)
		if failure != nil {
			return
		}
		if o.Host != "good.example" && !strings.HasSuffix(o.Host, ".good.example") || o.Scheme != "https" || o.Port != 443 {
			t.Errorf("Check(%q) let %s pass", raw, o)
		}
		u, err := url.Parse(raw)
		if err != nil || u.User != nil {
			t.Errorf("Check(%q) passed, a URL parser says %+v, %v", raw, u, err)
		}
	})
}

func FuzzBody(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "br", "zstd", "gzip, br"} {
		f.Add(coding, encode(f, []byte("hello hello hello"), coding))
	}
	const limit = 4 << 10
	var coding string
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Encoding"] = []string{coding}
		_, _ = w.Write(body)
	}))
	f.Cleanup(s.Close)
	c := &egress.Client{AllowNetworks: loopback}
	f.Cleanup(c.Close)
	f.Fuzz(func(t *testing.T, fuzzCoding string, fuzzBody []byte) {
		coding, body = fuzzCoding, fuzzBody
		r := get(s.URL, s.URL)
		r.MaxResponseBytes = limit
		response, failure := c.Send(t.Context(), r)
		if (response == nil) == (failure == nil) {
			t.Fatalf("Send answered %+v and %+v", response, failure)
		}
		if failure == nil && len(response.Body) > limit {
			t.Errorf("the body has %d bytes, the limit is %d", len(response.Body), limit)
		}
		if failure != nil && failure.Code != host.EgressNetwork && failure.Code != host.EgressLimit {
			t.Errorf("failed with %+v", *failure)
		}
	})
}
