package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

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
		insist: true,
		into:   into,
	}
	if key != "" {
		r.header.Set("Idempotency-Key", key)
	}
	return r
}

// EventPage is one page of events, newest first. Next is the Before of the next page, ""
// after the last. Indexing are the fields of the query that do not find all older events
// yet.
type EventPage struct {
	Events   []host.Event           `json:"events"`
	Next     string                 `json:"next"`
	Indexing []host.SearchableField `json:"indexing,omitempty"`
}

// Events returns a page of events, without their bodies.
func (c *Client) Events(ctx context.Context, q host.EventQuery) (EventPage, error) {
	query := params(
		"trigger", string(q.Trigger), "user_id", q.UserID, "since", moment(q.Since), "until", moment(q.Until),
		"before", q.Before, "limit", decimal(q.Limit),
	)
	addConditions(query, q.Where)
	var page EventPage
	err := c.get(ctx, path("events"), query, &page)
	return page, err
}

// DeleteUser deletes the events of a user with all their executions, and returns how many
// executions those were. Conflict when one of them has not ended.
func (c *Client) DeleteUser(ctx context.Context, userID string) (executions int, err error) {
	var answer struct {
		Executions int `json:"executions"`
	}
	_, err = c.do(ctx, call{method: http.MethodDelete, path: path("events"), query: params("user_id", userID), repeat: true, into: &answer})
	return answer.Executions, err
}

// SearchableFields returns the fields by which executions and events are found.
func (c *Client) SearchableFields(ctx context.Context) ([]host.SearchableField, error) {
	var answer struct {
		Fields []host.SearchableField `json:"fields"`
	}
	err := c.get(ctx, path("searchable-fields"), nil, &answer)
	return answer.Fields, err
}

// addConditions adds what a query says of fields.
func addConditions(query url.Values, where []host.FieldValue) {
	for _, w := range where {
		query.Add("where", w.Field+"="+w.Value)
	}
}

// Event returns an event with its body.
func (c *Client) Event(ctx context.Context, id string) (Event, error) {
	var e Event
	err := c.get(ctx, path("events", id), nil, &e)
	return e, err
}
