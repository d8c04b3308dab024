package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// Key is a new API key with its secret, which is returned only once.
type Key struct {
	Secret string `json:"key"`
	host.Key
}

// Keys returns all API keys, without their secrets.
func (c *Client) Keys(ctx context.Context) ([]host.Key, error) {
	var answer struct {
		Keys []host.Key `json:"keys"`
	}
	err := c.get(ctx, path("keys"), nil, &answer)
	return answer.Keys, err
}

// FindKey returns an API key, without its secret, by its id or its name.
func (c *Client) FindKey(ctx context.Context, key string) (k host.Key, err error) {
	err = c.get(ctx, path("keys", key), nil, &k)
	return k, err
}

// Whoami returns the key that the client has.
func (c *Client) Whoami(ctx context.Context) (k host.Key, err error) {
	err = c.get(ctx, path("whoami"), nil, &k)
	return k, err
}

// CreateKey makes an API key.
func (c *Client) CreateKey(ctx context.Context, n host.NewKey) (Key, error) {
	var k Key
	body := map[string]any{"name": n.Name, "scopes": append([]host.Scope{}, n.Scopes...)}
	if !n.ExpiresAt.IsZero() {
		body["expires_at"] = n.ExpiresAt
	}
	err := c.send(ctx, http.MethodPost, path("keys"), body, &k)
	return k, err
}

// RotateKey gives an API key, by its id or its name, another secret.
func (c *Client) RotateKey(ctx context.Context, key string, r host.KeyRotation) (Key, error) {
	var k Key
	body := map[string]any{"overlap_seconds": int64(r.Overlap.Seconds())}
	if !r.ExpiresAt.IsZero() {
		body["expires_at"] = r.ExpiresAt
	}
	err := c.send(ctx, http.MethodPost, path("keys", key, "rotate"), body, &k)
	return k, err
}

// DeleteKey makes an API key worthless, by its id or its name.
func (c *Client) DeleteKey(ctx context.Context, key string) error {
	return c.send(ctx, http.MethodDelete, path("keys", key), nil, nil)
}

// OpenAPI returns the API's description as YAML. It needs no key.
func (c *Client) OpenAPI(ctx context.Context) ([]byte, error) {
	var document []byte
	err := c.get(ctx, path("openapi.yaml"), nil, &document)
	return document, err
}
