package egress_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

const message = `{"text":"ada@example.com has registered"}`

func receiver(b *testing.B) *httptest.Server {
	b.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "ok")
	}))
	b.Cleanup(s.Close)
	return s
}

// BenchmarkSend posts over one kept connection; BenchmarkNetHTTP does the same
// with nothing but net/http.
func BenchmarkSend(b *testing.B) {
	s := receiver(b)
	c := &egress.Client{AllowNetworks: loopback}
	b.Cleanup(c.Close)
	r := &host.HTTPRequest{
		Method: "POST", URL: s.URL + "/services/T/B/x", MaxRequests: 1, Body: []byte(message),
		Header: http.Header{"Content-Type": {"application/json"}}, Egress: host.Egress{Allow: []string{s.URL, "hooks.slack.com"}},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, f := c.Send(b.Context(), r); f != nil {
			b.Fatal(f)
		}
	}
}

func BenchmarkNetHTTP(b *testing.B) {
	s := receiver(b)
	b.ReportAllocs()
	for b.Loop() {
		res, err := s.Client().Post(s.URL+"/services/T/B/x", "application/json", strings.NewReader(message))
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.ReadAll(res.Body)
		res.Body.Close()
	}
}

// BenchmarkRefuse is what a request costs that the policy refuses.
func BenchmarkRefuse(b *testing.B) {
	c := &egress.Client{}
	r := &host.HTTPRequest{URL: "https://evil.example/", MaxRequests: 1, Egress: host.Egress{Allow: []string{"hooks.slack.com"}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, f := c.Send(b.Context(), r); f == nil {
			b.Fatal("not refused")
		}
	}
}
