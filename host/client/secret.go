package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// secretList is what every answer about secrets holds.
type secretList struct {
	Secrets []host.Secret `json:"secrets"`
}

// Secrets returns the names of an action's secrets.
func (c *Client) Secrets(ctx context.Context, action string) ([]host.Secret, error) {
	var answer secretList
	err := c.get(ctx, path("actions", action, "secrets"), nil, &answer)
	return answer.Secrets, err
}

// PatchSecrets sets and removes some of an action's secrets; the others stay.
func (c *Client) PatchSecrets(ctx context.Context, action string, put []host.SecretWrite, remove []string) ([]host.Secret, error) {
	body := struct {
		Secrets []host.SecretWrite `json:"secrets,omitempty"`
		Remove  []string           `json:"remove,omitempty"`
	}{put, remove}
	var answer secretList
	err := c.send(ctx, http.MethodPatch, path("actions", action, "secrets"), body, &answer)
	return answer.Secrets, err
}

// ReplaceSecrets makes list all of an action's secrets. An item without a value
// keeps the stored one.
func (c *Client) ReplaceSecrets(ctx context.Context, action string, list []host.SecretWrite) ([]host.Secret, error) {
	body := map[string]any{"secrets": append([]host.SecretWrite{}, list...)}
	var answer secretList
	err := c.send(ctx, http.MethodPut, path("actions", action, "secrets"), body, &answer)
	return answer.Secrets, err
}

// DeleteSecret removes one of an action's secrets.
func (c *Client) DeleteSecret(ctx context.Context, action, name string) error {
	return c.send(ctx, http.MethodDelete, path("actions", action, "secrets", name), nil, nil)
}
