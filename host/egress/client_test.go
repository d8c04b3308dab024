package egress_test

import (
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
)

// loopback lets guests reach the test servers.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func open(t *testing.T) *egress.Client {
	t.Helper()
	c := &egress.Client{AllowNetworks: loopback}
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// get is a request that the policy allows, with time for a busy machine.
func get(url string, allow ...string) *host.HTTPRequest {
	return &host.HTTPRequest{Method: "GET", URL: url, MaxRequests: 10, Timeout: time.Minute, Egress: host.Egress{Allow: allow}}
}

func mustSend(t *testing.T, c *egress.Client, r *host.HTTPRequest) *host.HTTPResponse {
	t.Helper()
	response, failure := c.Send(t.Context(), r)
	if failure != nil {
		t.Fatalf("Send(%s %s) failed: %+v", r.Method, r.URL, *failure)
	}
	return response
}

func mustFail(t *testing.T, c *egress.Client, r *host.HTTPRequest, code host.EgressCode) *host.EgressFailure {
	t.Helper()
	response, failure := c.Send(t.Context(), r)
	if failure == nil {
		t.Fatalf("Send(%s %s) answered %d %q, want failure %s", r.Method, r.URL, response.Status, response.Body, code)
	}
	if failure.Code != code {
		t.Fatalf("Send(%s %s) failed with %+v, want code %s", r.Method, r.URL, *failure, code)
	}
	return failure
}

// trusting returns a client that knows the certificate of s.
func trusting(t *testing.T, s *httptest.Server) *egress.Client {
	t.Helper()
	c := open(t)
	c.RootCAs = x509.NewCertPool()
	c.RootCAs.AddCert(s.Certificate())
	return c
}

// quiet is the log of servers that are meant to fail.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
