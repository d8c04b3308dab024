package daemon_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/daemon"
	"github.com/usherhost/usher/host/settings"
)

func TestPlainHTTPOnAnAddressOfTheNetworkIsFound(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:8080": false, "127.8.9.1:80": false, "[::1]:8080": false, "[::ffff:127.0.0.1]:80": false, "localhost:8080": false,
		"unix:/run/usher.sock": false, "/run/usher.sock": false,
		"0.0.0.0:8080": true, "[::]:8080": true, ":8080": true, "10.1.2.3:8080": true, "203.0.113.7:80": true, "[2001:db8::1]:80": true,
		"[fe80::1%eth0]:80": true, "usher.example.com:80": true,
	} {
		if got := daemon.ServesPlainHTTP(settings.Config{}, address); got != want {
			t.Errorf("plain HTTP at %s: %t, want %t", address, got, want)
		}
	}
	for name, cfg := range map[string]settings.Config{
		"a certificate":              {TLSCert: "a.pem", TLSKey: "b.pem"},
		"a development certificate":  {TLSDev: true},
		"a proxy that is in between": {TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}},
	} {
		if daemon.ServesPlainHTTP(cfg, "0.0.0.0:8080") {
			t.Errorf("with %s it is plain HTTP", name)
		}
	}
}

// fixed is a listener at an address.
type fixed struct {
	net.Listener
	address string
}

func (f fixed) Addr() net.Addr { return fixedAddress(f.address) }

type fixedAddress string

func (a fixedAddress) Network() string { return "tcp" }
func (a fixedAddress) String() string  { return string(a) }

func TestTheWarningOfPlainHTTPNamesTheAddressAndWhatToDo(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	daemon.WarnPlainHTTP(settings.Config{}, fixed{address: "127.0.0.1:1"}, log)
	if out.Len() > 0 {
		t.Errorf("logged %s", &out)
	}
	daemon.WarnPlainHTTP(settings.Config{}, fixed{address: "[::]:8080"}, log)
	for _, part := range []string{"level=WARN", "address=[::]:8080", "--tls-cert", "--trusted-proxy"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is missing in %s", part, &out)
		}
	}
}
