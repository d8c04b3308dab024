package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/usherhost/usher/host"
)

// RefusedEvent is a refused event with its redacted body: Body when it is JSON,
// else BodyText; both empty when it was not stored.
type RefusedEvent struct {
	host.RefusedEvent
	Body     json.RawMessage `json:"body,omitempty"`
	BodyText string          `json:"body_text,omitempty"`
}

// RefusedEvents returns a page of refused events, newest first, and the Before
// of the next page, "" after the last.
func (c *Client) RefusedEvents(ctx context.Context, q host.RefusedEventQuery) (events []host.RefusedEvent, next string, err error) {
	params := url.Values{}
	for name, value := range map[string]string{"before": q.Before, "key": q.KeyID} {
		if value != "" {
			params.Set(name, value)
		}
	}
	if q.Limit != 0 {
		params.Set("limit", strconv.Itoa(q.Limit))
	}
	var answer struct {
		Events []host.RefusedEvent `json:"refused_events"`
		Next   string              `json:"next"`
	}
	err = c.get(ctx, path("refused-events"), params, &answer)
	return answer.Events, answer.Next, err
}

// RefusedEvent returns one with what was sent.
func (c *Client) RefusedEvent(ctx context.Context, id string) (RefusedEvent, error) {
	var e RefusedEvent
	err := c.get(ctx, path("refused-events", id), nil, &e)
	return e, err
}

// SendAgain takes a refused event through the checks once more, with what fix
// replaces of it, and returns an answer for each event in it. When it is refused
// again it stays; the error is the one that its sender would get.
func (c *Client) SendAgain(ctx context.Context, id string, fix host.Correction) ([]host.Accepted, error) {
	body := map[string]any{}
	if fix.ContentType != "" {
		body["content_type"] = fix.ContentType
	}
	if fix.Body != nil {
		if !json.Valid(fix.Body) {
			return nil, &host.Error{Code: host.Invalid, Text: "the fixed event is not JSON", Hint: "check it with a JSON tool"}
		}
		body["body"] = json.RawMessage(fix.Body)
	}
	var answer struct {
		Events []struct {
			host.Accepted
			Repeat bool `json:"repeat"`
		} `json:"events"`
	}
	err := c.send(ctx, http.MethodPost, path("refused-events", id, "send-again"), body, &answer)
	accepted := make([]host.Accepted, len(answer.Events))
	for i, e := range answer.Events {
		accepted[i] = e.Accepted
		accepted[i].Repeat = e.Repeat
	}
	return accepted, err
}
