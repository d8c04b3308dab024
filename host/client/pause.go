package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// Paused is a pause, and whether the call made it.
type Paused struct {
	host.Pause
	Changed bool `json:"changed"` // false: it was paused already
}

// Pause pauses a trigger, or an action by its id or name: none of its attempts begins any
// more, and what waits for it keeps its order.
func (c *Client) Pause(ctx context.Context, target, reason string) (Paused, error) {
	var p Paused
	body := struct {
		Reason string `json:"reason,omitempty"`
	}{reason}
	err := c.send(ctx, http.MethodPut, path("pauses", target), body, &p)
	return p, err
}

// Resume lets a trigger or an action run again, and closes the action's breakers.
func (c *Client) Resume(ctx context.Context, target string) (host.Resumed, error) {
	var done host.Resumed
	_, err := c.do(ctx, call{method: http.MethodDelete, path: path("pauses", target), repeat: true, into: &done})
	return done, err
}

// Holds returns what holds work back: pauses, open breakers, and limits for which something
// waits.
func (c *Client) Holds(ctx context.Context) ([]host.Hold, error) {
	var answer struct {
		Holds []host.Hold `json:"holds"`
	}
	err := c.get(ctx, path("holds"), nil, &answer)
	return answer.Holds, err
}
