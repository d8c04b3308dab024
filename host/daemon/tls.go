package daemon

import (
	"net"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/web"
)

// Certificate returns what serve shows to clients, nil without TLS.
func Certificate(t term.Terminal, cfg settings.Config) (*web.Certificate, error) {
	switch {
	case cfg.TLSDev && (cfg.TLSCert != "" || cfg.TLSKey != ""):
		return nil, &host.Error{Code: host.Invalid, Text: "--tls-dev creates a certificate, but --tls-cert or --tls-key is set too", Hint: "remove one of them"}
	case (cfg.TLSCert == "") != (cfg.TLSKey == ""):
		return nil, &host.Error{Code: host.Invalid, Text: "TLS needs a certificate and its key", Hint: "give both --tls-cert and --tls-key, or --tls-dev"}
	case cfg.TLSCert != "":
		c, err := web.LoadCertificate(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return nil, &host.Error{Code: host.Invalid, Text: "the certificate can't be used", Err: err, Hint: "both files are PEM; the certificate comes first, then the chain to its authority"}
		}
		return c, nil
	case cfg.TLSDev:
		return devCertificate(t, cfg)
	}
	return nil, nil
}

// devCertificate creates a certificate for this machine, and prints how clients
// can trust it.
func devCertificate(t term.Terminal, cfg settings.Config) (*web.Certificate, error) {
	dir, err := filepath.Abs(filepath.Join(cfg.Data, settings.TLSDir))
	if err != nil {
		return nil, err
	}
	c, err := web.DevCertificate(dir, devNames(cfg.Listen))
	if err != nil {
		return nil, err
	}
	ca := filepath.Join(dir, web.DevCAFile)
	t.Note(`usher: this certificate is for development; clients trust it with
usher:   Node      export NODE_EXTRA_CA_CERTS=%s
usher:   Go        export SSL_CERT_FILE=%[1]s
usher:   curl      curl --cacert %[1]s https://%s/livez
usher:   usher     usher --url https://%[2]s doctor, where it finds the data directory (--data)`, ca, cfg.Listen)
	return c, nil
}

// devNames are the names and addresses of this machine by which a server that
// listens there is reached.
func devNames(listen string) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	name, _, err := net.SplitHostPort(listen)
	if err == nil && name != "" && !strings.HasPrefix(listen, "unix:") && !net.ParseIP(name).IsUnspecified() && !slices.Contains(names, name) {
		names = append(names, name)
	}
	return names
}
