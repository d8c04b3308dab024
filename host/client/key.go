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

// CreateKey makes an API key.
func (c *Client) CreateKey(ctx context.Context, name string, scopes []host.Scope) (Key, error) {
	var k Key
	body := map[string]any{"name": name, "scopes": append([]host.Scope{}, scopes...)}
	err := c.send(ctx, http.MethodPost, path("keys"), body, &k)
	return k, err
}

// DeleteKey makes an API key worthless.
func (c *Client) DeleteKey(ctx context.Context, id string) error {
	return c.send(ctx, http.MethodDelete, path("keys", id), nil, nil)
}

// OpenAPI returns the API's description as YAML. It needs no key.
func (c *Client) OpenAPI(ctx context.Context) ([]byte, error) {
	var document []byte
	err := c.get(ctx, path("openapi.yaml"), nil, &document)
	return document, err
}
