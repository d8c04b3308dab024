package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

const (
	defaultChanges = 50
	maxChanges     = 500
)

func (s *Server) listChanges(c echo.Context) error {
	q := queryOf(c, "before", "object", "actor", "since", "until", "limit")
	query := host.ChangeQuery{
		Before: q.number("before", 1, math.MaxInt64, 0),
		Object: q.text("object"),
		Actor:  q.text("actor"),
		Since:  timeOf(q.bad, "since", q.text("since")),
		Until:  timeOf(q.bad, "until", q.text("until")),
		Limit:  int(q.number("limit", 1, maxChanges, defaultChanges)),
	}
	if q.err != nil {
		return q.err
	}
	var err error
	if query.Object, err = s.objectID(c, query.Object); err != nil {
		return err
	}
	p, err := gather(query.Limit, somePlain, func(n int, last *host.Change) ([]host.Change, error) {
		if query.Limit = n; last != nil {
			query.Before = last.Seq
		}
		return s.History.Changes(c.Request().Context(), query)
	}, func(change host.Change) (any, error) { return change, nil })
	if err != nil {
		return err
	}
	next := int64(0)
	if p.more && p.last != nil {
		next = p.last.Seq
	}
	return c.JSON(http.StatusOK, map[string]any{"changes": p.views, "next": next})
}

// objectID is the id of an action given by its name; anything else stands for
// itself, for it may be gone.
func (s *Server) objectID(c echo.Context, object string) (string, error) {
	if object == "" || host.Trigger(object).Valid() {
		return object, nil
	}
	a, err := s.Registry.Action(c.Request().Context(), object)
	switch {
	case err == nil:
		return a.ID, nil
	case host.CodeOf(err) != host.NotFound:
		return "", err
	}
	return object, nil
}

// recordChange adds to the log of changes what an operator did to executions.
// What changes the registry, the registry records.
func (s *Server) recordChange(c echo.Context, verb, object string, after any) error {
	ctx := c.Request().Context()
	change := host.Change{Actor: host.ActorOf(ctx), Verb: verb, Object: object}
	if after != nil {
		encoded, err := json.Marshal(after)
		if err != nil {
			return fmt.Errorf("encode a change: %w", err)
		}
		change.After = encoded
	}
	// It was done: that the client is gone by now changes nothing.
	if err := s.History.RecordChange(context.WithoutCancel(ctx), change); err != nil {
		return fmt.Errorf("%s %s was done, but not recorded in the log of changes: %w", verb, object, err)
	}
	return nil
}

// named lets what a request changes be recorded as done by its key.
func named(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if key := web.KeyFrom(c); key.ID != "" {
			actor := host.Actor{Kind: "key", ID: key.ID, Name: key.Name}
			c.SetRequest(c.Request().WithContext(host.WithActor(c.Request().Context(), actor)))
		}
		return next(c)
	}
}
