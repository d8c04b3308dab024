package command

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/web"
)

// Client returns the client of the server that the configuration names, with
// its key.
func (env *Env) Client() (*client.Client, error) {
	key, err := apiKey(env.Config)
	if err != nil {
		return nil, err
	}
	if err := checkReceiver(env.Config, key); err != nil {
		return nil, err
	}
	transport, err := Transport(env.Config)
	if err != nil {
		return nil, err
	}
	c := client.NewClient(env.Config.URL, key)
	c.HTTP = &http.Client{Transport: transport}
	return c, nil
}

// apiKey returns the configured key, or else the one that the first start of a
// host wrote to the data directory.
func apiKey(cfg settings.Config) (string, error) {
	if cfg.APIKey != "" {
		return cfg.APIKey, nil
	}
	path := filepath.Join(cfg.Data, settings.AdminKeyFile)
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		return strings.TrimSpace(string(data)), nil
	case errors.Is(err, fs.ErrNotExist):
		return "", nil // the server answers 401, and that error has a hint
	case errors.Is(err, fs.ErrPermission):
		return "", &host.Error{Code: host.Unauthorized, Text: "no permission to read " + path, Hint: "run as the host's user, or give a key with --key or USHER_API_KEY"}
	default:
		return "", fmt.Errorf("read the API key: %w", err)
	}
}

// checkReceiver refuses to send a key to a server that only the configuration
// file in the working directory names, unless the key comes from there too: the
// folder may come from another person.
func checkReceiver(cfg settings.Config, key string) error {
	c := cfg
	if key == "" || !c.FromHere("url") || c.FromHere("api_key") || isLoopback(c.URL) {
		return nil
	}
	if c.APIKey == "" && isHere(filepath.Join(c.Data, settings.AdminKeyFile)) {
		return nil
	}
	return term.UsageError{
		Err:  fmt.Errorf("the API key is not sent to %s: only the %s in this folder names that server", c.URL, settings.DefaultConfigFile),
		Hint: "if you trust it, give --config " + settings.DefaultConfigFile + " or " + settings.EnvConfig + "=" + settings.DefaultConfigFile,
	}
}

func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// isHere reports whether a file is in the working directory or below, once links
// are followed.
func isHere(path string) bool {
	here, err := os.Getwd()
	if err != nil {
		return false
	}
	here, err = filepath.EvalSymlinks(here)
	if err != nil {
		return false
	}
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return false
	}
	if !filepath.IsAbs(path) {
		return filepath.IsLocal(path)
	}
	inside, err := filepath.Rel(here, path)
	return err == nil && filepath.IsLocal(inside)
}

// Transport trusts what this system trusts, and the authority of the data
// directory's development certificate when there is one.
func Transport(cfg settings.Config) (http.RoundTripper, error) {
	pem, err := os.ReadFile(filepath.Join(cfg.Data, settings.TLSDir, web.DevCAFile))
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
