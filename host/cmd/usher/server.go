package main

import (
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
	"github.com/usherhost/usher/host/client"
)

// client returns the client of the server that the configuration names, with
// its key.
func (a *app) client() (*client.Client, error) {
	key, err := a.apiKey()
	if err != nil {
		return nil, err
	}
	if err := a.checkReceiver(key); err != nil {
		return nil, err
	}
	transport, err := a.transport()
	if err != nil {
		return nil, err
	}
	c := client.NewClient(a.cfg.URL, key)
	c.HTTP = &http.Client{Transport: transport}
	return c, nil
}

// apiKey returns the configured key, or else the one that the first start of a
// host wrote to the data directory.
func (a *app) apiKey() (string, error) {
	if a.cfg.APIKey != "" {
		return a.cfg.APIKey, nil
	}
	path := filepath.Join(a.cfg.Data, adminKeyFile)
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		return strings.TrimSpace(string(data)), nil
	case errors.Is(err, fs.ErrNotExist):
		return "", nil // the server says 401, and that comes with a hint
	case errors.Is(err, fs.ErrPermission):
		return "", &host.Error{Code: host.Unauthorized, Text: "no permission to read " + path, Hint: "run as the host's user, or give a key with --key or USHER_API_KEY"}
	default:
		return "", fmt.Errorf("read the API key: %w", err)
	}
}

// checkReceiver refuses to send a key to a server that only the configuration
// file in the working directory names, unless it comes from there too: the folder
// may be somebody else's.
func (a *app) checkReceiver(key string) error {
	c := a.cfg
	if key == "" || !c.found || c.sources["url"] != defaultConfigFile || c.sources["api_key"] == defaultConfigFile || isLoopback(c.URL) {
		return nil
	}
	if c.APIKey == "" && isHere(filepath.Join(c.Data, adminKeyFile)) {
		return nil
	}
	return usageError{
		err:  fmt.Errorf("the API key is not sent to %s: only the %s in this folder names that server", c.URL, defaultConfigFile),
		hint: "if it is yours, give --config " + defaultConfigFile + " or " + envConfig + "=" + defaultConfigFile,
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
