package web_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/usherhost/usher/host/web"
)

// serveTLS serves the certificate and returns the server's URL.
func serveTLS(t *testing.T, c *web.Certificate) string {
	t.Helper()
	l, err := web.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	log := slog.New(slog.DiscardHandler)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
	go func() { done <- web.Serve(ctx, c.Secure(l), h, 5*time.Second, log) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "https://" + l.Addr().String()
}

// trusting returns a client that trusts the folder's authority.
func trusting(t *testing.T, dir string, h2 bool) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(dir, web.DevCAFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: h2}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func fetchText(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestADevelopmentCertificateServesBothProtocols(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := web.DevCertificate(dir, []string{"localhost", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	url := serveTLS(t, c)
	if got := fetchText(t, trusting(t, dir, true), url); got != "HTTP/2.0" {
		t.Errorf("a client of HTTP/2 got %s", got)
	}
	if got := fetchText(t, trusting(t, dir, false), url); got != "HTTP/1.1" {
		t.Errorf("a client of HTTP/1.1 got %s", got)
	}
}

func TestADevelopmentAuthorityIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if _, err := web.DevCertificate(dir, []string{"localhost"}); err != nil {
		t.Fatal(err)
	}
	ca, cert := read(web.DevCAFile), read("cert.pem")
	if _, err := web.DevCertificate(dir, []string{"localhost"}); err != nil {
		t.Fatal(err)
	}
	if read("cert.pem") != cert {
		t.Error("a certificate that fits was replaced")
	}
	if _, err := web.DevCertificate(dir, []string{"localhost", "usher.test"}); err != nil {
		t.Fatal(err)
	}
	if read("cert.pem") == cert {
		t.Error("a certificate without a name that is asked for was kept")
	}
	if read(web.DevCAFile) != ca {
		t.Error("the authority that clients trust was replaced")
	}
}

func TestAChangedCertificateIsServedWithoutARestart(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	c, err := web.DevCertificate(first, []string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := web.DevCertificate(second, []string{"127.0.0.1"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	watched := make(chan error, 1)
	go func() { watched <- c.Watch(ctx, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		stop()
		if err := <-watched; err != nil {
			t.Error(err)
		}
	})
	url := serveTLS(t, c)
	address := url[len("https://"):]
	fetchText(t, trusting(t, first, false), url)
	broken := filepath.Join(first, "cert.pem")
	if err := os.WriteFile(broken, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	fetchText(t, trusting(t, first, false), url) // the earlier one goes on
	for _, name := range []string{"cert.key", "cert.pem"} {
		b, err := os.ReadFile(filepath.Join(second, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(first, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for !trusts(t, second, address) {
		if time.Now().After(deadline) {
			t.Fatal("the new certificate was never served")
		}
		time.Sleep(5 * time.Millisecond) // between two looks
	}
}

// trusts reports whether the server at address is one that the folder's
// authority vouches for.
func trusts(t *testing.T, dir, address string) bool {
	t.Helper()
	transport := trusting(t, dir, false).Transport.(*http.Transport)
	conn, err := (&tls.Dialer{NetDialer: &net.Dialer{}, Config: transport.TLSClientConfig}).DialContext(t.Context(), "tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

func TestACertificateThatDoesNotLoadIsRefusedByName(t *testing.T) {
	t.Parallel()
	if _, err := web.LoadCertificate("missing.pem", "missing.key"); err == nil {
		t.Error("a certificate was loaded from files that are not there")
	}
}
