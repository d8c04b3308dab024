package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/usherhost/usher/host"
)

// Event is an event with its body.
type Event struct {
	host.Event
	Body json.RawMessage `json:"body"`
}

// SendEvent sends one event as JSON and returns when it is stored durably. A
// non-empty key identifies a repeat; otherwise tenant, trigger and user do. It is
// safe to call again after an error: no event is stored twice.
func (c *Client) SendEvent(ctx context.Context, trigger host.Trigger, body []byte, key string) (host.Accepted, error) {
	var a host.Accepted
	status, err := c.do(ctx, eventCall(trigger, body, key, &a))
	a.Repeat = status == http.StatusOK
	return a, err
}

// SendEvents sends a batch, which is stored whole or not at all, and returns
// one answer for each event.
func (c *Client) SendEvents(ctx context.Context, trigger host.Trigger, bodies []json.RawMessage) ([]host.Accepted, error) {
	body, err := json.Marshal(append([]json.RawMessage{}, bodies...))
	if err != nil {
		return nil, &host.Error{Code: host.Invalid, Text: "an event of the batch is not JSON", Err: err}
	}
	var answer struct {
		Events []struct {
			host.Accepted
			Repeat bool `json:"repeat"`
		} `json:"events"`
	}
	if _, err := c.do(ctx, eventCall(trigger, body, "", &answer)); err != nil {
		return nil, err
	}
	accepted := make([]host.Accepted, len(answer.Events))
	for i, e := range answer.Events {
		accepted[i] = e.Accepted
		accepted[i].Repeat = e.Repeat
	}
	return accepted, nil
}

func eventCall(trigger host.Trigger, body []byte, key string, into any) call {
	r := call{
		method: http.MethodPost,
		path:   path("events", string(trigger)),
		header: http.Header{"Content-Type": {"application/json"}},
		body:   body,
		repeat: true,
		into:   into,
	}
	if key != "" {
		r.header.Set("Idempotency-Key", key)
	}
	return r
}

// Event returns an event with its body.
func (c *Client) Event(ctx context.Context, id string) (Event, error) {
	var e Event
	err := c.get(ctx, path("events", id), nil, &e)
	return e, err
}
