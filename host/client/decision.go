package client

import (
	"context"

	"github.com/usherhost/usher/host"
)

// Decide sends one event of a trigger that decides, and returns the decision. With a
// non-empty key a repeat within ten minutes gets the same decision, and no action runs
// again. An error means that there is no decision.
func (c *Client) Decide(ctx context.Context, trigger host.Trigger, body []byte, key string) (host.Decision, error) {
	var d host.Decision
	r := eventCall(trigger, body, key, &d)
	r.path = path("decisions", string(trigger))
	_, err := c.do(ctx, r)
	return d, err
}
