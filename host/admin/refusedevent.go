package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// Refused shows what senders sent and the host did not accept, and takes it in
// again. See package ingress for the contracts of the last two.
type Refused interface {
	RefusedEvents(ctx context.Context, q host.RefusedEventQuery) ([]host.RefusedEvent, error)
	RefusedEvent(ctx context.Context, id string) (e host.RefusedEvent, body json.RawMessage, text string, err error)
	SendAgain(ctx context.Context, id string, fix host.Correction) (accepted []host.Accepted, batch bool, err error)
}

const (
	defaultRefusedEvents = 50
	maxRefusedEvents     = 500
)

// registerRefused adds the routes of refused events.
func (s *Server) registerRefused(g *echo.Group, read, manage echo.MiddlewareFunc) {
	g.GET("/refused-events", s.listRefusedEvents, read)
	g.GET("/refused-events/:id", s.showRefusedEvent, read)
	g.POST("/refused-events/:id/send-again", s.sendAgain, manage, web.LimitBody(maxJSONBytes))
}

func (s *Server) listRefusedEvents(c echo.Context) error {
	q := queryOf(c, "before", "key", "limit")
	query := host.RefusedEventQuery{
		Before: q.text("before"), KeyID: q.text("key"),
		Limit: int(q.number("limit", 1, maxRefusedEvents, defaultRefusedEvents)),
	}
	if q.err != nil {
		return q.err
	}
	events, err := s.Refused.RefusedEvents(c.Request().Context(), query)
	if err != nil {
		return err
	}
	next := ""
	if len(events) == query.Limit {
		next = events[len(events)-1].ID
	}
	return c.JSON(http.StatusOK, map[string]any{"refused_events": web.Listed(events), "next": next})
}

func (s *Server) showRefusedEvent(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	event, body, text, err := s.Refused.RefusedEvent(c.Request().Context(), param(c, "id"))
	if err != nil {
		return noRefusedEvent(err, param(c, "id"))
	}
	return c.JSON(http.StatusOK, struct {
		host.RefusedEvent
		Body     json.RawMessage `json:"body,omitempty"`
		BodyText string          `json:"body_text,omitempty"`
	}{event, body, text})
}

// sentAgain is one event of a refused request that was accepted after all.
type sentAgain struct {
	host.Accepted
	Repeat bool `json:"repeat,omitempty"`
}

func (s *Server) sendAgain(c echo.Context) error {
	var fix struct {
		ContentType string          `json:"content_type"`
		Body        json.RawMessage `json:"body"`
	}
	if err := decodeOptional(c, &fix); err != nil {
		return err
	}
	if first := bytes.TrimSpace(fix.Body); len(first) > 0 && first[0] != '{' && first[0] != '[' {
		return &host.Error{
			Code: host.Invalid, Text: "body is not an event", Hint: "leave body out to send again what was sent",
			Fields: []host.Field{{Pointer: "/body", Detail: "must be an event, or an array of events"}},
		}
	}
	id := param(c, "id")
	accepted, _, err := s.Refused.SendAgain(c.Request().Context(), id, host.Correction{ContentType: fix.ContentType, Body: fix.Body})
	if err != nil {
		return noRefusedEvent(err, id)
	}
	status, events := http.StatusOK, make([]sentAgain, len(accepted))
	for i, a := range accepted {
		if events[i] = (sentAgain{a, a.Repeat}); !a.Repeat {
			status = http.StatusAccepted
		}
	}
	if err := s.recordChange(c, "refused_event.send_again", id, map[string]any{"events": events, "fixed": fix.Body != nil}); err != nil {
		return err
	}
	return c.JSON(status, map[string]any{"events": events})
}

func noRefusedEvent(err error, id string) error {
	if host.CodeOf(err) != host.NotFound {
		return err
	}
	return &host.Error{
		Code: host.NotFound, Err: err,
		Text: fmt.Sprintf("there is no refused event %q", id),
		Hint: "they are stored for a day, or until they are sent again and accepted", Fix: host.FixListRefusedEvents.With(),
	}
}
