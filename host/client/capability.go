package client

import (
	"context"

	"github.com/usherhost/usher/host"
)

// Capabilities returns what a version, by number or id, can do and did.
func (c *Client) Capabilities(ctx context.Context, action, number string) (host.Capabilities, error) {
	var found host.Capabilities
	err := c.get(ctx, path("actions", action, "versions", number, "capabilities"), nil, &found)
	return found, err
}
