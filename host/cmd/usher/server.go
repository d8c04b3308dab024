package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
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
