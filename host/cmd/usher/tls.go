package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// tlsDir is the folder of the development certificate in the data directory.
const tlsDir = "tls"

// certificate returns what serve shows to clients, nil without TLS.
func (a *app) certificate() (*web.Certificate, error) {
	cfg := a.cfg
	switch {
	case cfg.TLSDev && (cfg.TLSCert != "" || cfg.TLSKey != ""):
		return nil, &host.Error{Code: host.Invalid, Text: "--tls-dev makes a certificate, and --tls-cert or --tls-key names one", Hint: "leave out one of them"}
	case (cfg.TLSCert == "") != (cfg.TLSKey == ""):
		return nil, &host.Error{Code: host.Invalid, Text: "TLS needs a certificate and its key", Hint: "give both --tls-cert and --tls-key, or --tls-dev"}
	case cfg.TLSCert != "":
		c, err := web.LoadCertificate(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return nil, &host.Error{Code: host.Invalid, Text: "the certificate can't be used", Err: err, Hint: "both files are PEM; the certificate comes first, then the chain to its authority"}
		}
		return c, nil
	case cfg.TLSDev:
		return a.devCertificate()
	}
	return nil, nil
}

// devCertificate makes a certificate for this machine, and says how clients
// come to trust it.
func (a *app) devCertificate() (*web.Certificate, error) {
	dir, err := filepath.Abs(filepath.Join(a.cfg.Data, tlsDir))
	if err != nil {
		return nil, err
	}
	c, err := web.DevCertificate(dir, devNames(a.cfg.Listen))
	if err != nil {
		return nil, err
	}
	ca := filepath.Join(dir, web.DevCAFile)
	a.term.note(`usher: this certificate is for development; clients trust it with
usher:   Node      export NODE_EXTRA_CA_CERTS=%s
usher:   Go        export SSL_CERT_FILE=%[1]s
usher:   curl      curl --cacert %[1]s https://%s/livez
usher:   usher     usher --url https://%[2]s doctor, where it finds the data directory (--data)`, ca, a.cfg.Listen)
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

// transport trusts what this system trusts, and the authority of the data
// directory's development certificate when there is one.
func (a *app) transport() (http.RoundTripper, error) {
	pem, err := os.ReadFile(filepath.Join(a.cfg.Data, tlsDir, web.DevCAFile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return http.DefaultTransport, nil
	} else if err != nil {
		return nil, fmt.Errorf("read the development certificate's authority: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AppendCertsFromPEM(pem)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return transport, nil
}
