package daemon

import (
	"log/slog"
	"net"
	"net/netip"
	"strings"

	"github.com/usherhost/usher/host/settings"
)

// PlainHTTPHint says what an operator can do about plain HTTP.
const PlainHTTPHint = "serve HTTPS with --tls-cert and --tls-key; or listen on 127.0.0.1 or unix:PATH behind a proxy that does; " +
	"or name the network of that proxy with --trusted-proxy"

// ServesPlainHTTP reports whether other machines reach the host at address, "host:port"
// or "unix:PATH", without TLS. Trusted proxies are taken to add it.
func ServesPlainHTTP(cfg settings.Config, address string) bool {
	secure := cfg.TLSCert != "" || cfg.TLSDev
	return !secure && len(cfg.TrustedProxies) == 0 && !isLocal(address)
}

// isLocal reports whether only this machine reaches an address.
func isLocal(address string) bool {
	name, _, err := net.SplitHostPort(address)
	if strings.HasPrefix(address, "unix:") || err != nil {
		return true // a socket of the file system has no port
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return name == "localhost"
	}
	return ip.Unmap().IsLoopback()
}

// WarnPlainHTTP logs once that keys and events cross the network in clear.
func WarnPlainHTTP(cfg settings.Config, listener net.Listener, log *slog.Logger) {
	if address := listener.Addr().String(); ServesPlainHTTP(cfg, address) {
		log.Warn("plain HTTP on an address that other machines reach: API keys, events and secrets cross the network in clear",
			"address", address, "hint", PlainHTTPHint)
	}
}
