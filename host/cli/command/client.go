package command

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/web"
)

// Client returns the client of the host that the configuration or a profile names,
// with its key. Without a key it has none, and [Env.Explain] adds to the host's
// answer where keys were looked for.
func (env *Env) Client() (*client.Client, error) {
	key, err := env.apiKey()
	if err != nil {
		return nil, err
	}
	if err := checkReceiver(env.Config, key); err != nil {
		return nil, err
	}
	return env.ClientWith(env.Config.URL, key.secret)
}

// ClientWith returns the client of a host with a key.
func (env *Env) ClientWith(url, key string) (*client.Client, error) {
	transport, err := Transport(env.Config)
	if err != nil {
		return nil, err
	}
	c := client.NewClient(url, key)
	c.HTTP = &http.Client{Transport: transport}
	return c, nil
}

// checkReceiver refuses to send a key to a server that only the configuration
// file in the working directory names, unless the key comes from there too, or from a
// profile of that server: the folder may come from another person.
func checkReceiver(cfg settings.Config, key apiKey) error {
	c := cfg
	if key.secret == "" || key.profile != "" || !c.FromHere("url") || c.FromHere("api_key") || isLoopback(c.URL) {
		return nil
	}
	if c.APIKey == "" && isHere(key.file) {
		return nil
	}
	return term.UsageError{
		Err:  fmt.Errorf("the API key is not sent to %s: only the %s in this folder names that server", c.URL, settings.DefaultConfigFile),
		Hint: "if you trust it, give --config " + settings.DefaultConfigFile + " or " + settings.EnvConfig + "=" + settings.DefaultConfigFile,
	}
}

func isLoopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && settings.Loopback(u.Hostname())
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
