package client

import (
	"context"

	"github.com/usherhost/usher/host"
)

// Draft returns an action's source as it stands, and the state of its build.
// NotFound for an action whose versions are uploaded.
func (c *Client) Draft(ctx context.Context, action string) (host.Draft, error) {
	var d host.Draft
	err := c.get(ctx, path("actions", action, "draft"), nil, &d)
	return d, err
}
