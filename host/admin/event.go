package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// registerEvents adds the routes of events.
func (s *Server) registerEvents(g *echo.Group, read, manage echo.MiddlewareFunc) {
	g.GET("/events", s.listEvents, read)
	g.DELETE("/events", s.deleteEvents, manage)
	g.GET("/events/:id", s.showEvent, read)
	g.GET("/searchable-fields", s.listSearchableFields, read)
}

func (s *Server) showEvent(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	event, err := s.History.Event(c.Request().Context(), param(c, "id"))
	if err != nil {
		return notFound(err, "event", param(c, "id"))
	}
	return c.JSON(http.StatusOK, struct {
		host.Event
		Body json.RawMessage `json:"body"`
	}{event, event.Body})
}

func (s *Server) listEvents(c echo.Context) error {
	q := queryOf(c, "trigger", "user_id", "email", "where", "since", "until", "before", "limit")
	query := host.EventQuery{
		Trigger: q.trigger("trigger"), UserID: q.text("user_id"), Where: conditions(q.bad, q.text("email"), q.all("where")),
		Since: timeOf(q.bad, "since", q.text("since")), Until: timeOf(q.bad, "until", q.text("until")), Before: q.text("before"),
	}
	limit := int(q.number("limit", 1, maxExecutions, defaultExecutions))
	if query.Before != "" && !strings.HasPrefix(query.Before, host.EventPrefix) {
		q.bad("before", "must be an event's id, not %q", query.Before)
	}
	if q.err != nil {
		return q.err
	}
	p, err := gather(limit, somePlain, func(n int, last *host.Event) ([]host.Event, error) {
		if query.Limit = n; last != nil {
			query.Before = last.ID
		}
		return s.History.Events(c.Request().Context(), query)
	}, func(e host.Event) (any, error) { return e, nil })
	if err != nil {
		return err
	}
	answer := map[string]any{"events": p.views, "next": ""}
	if p.more && p.last != nil {
		answer["next"] = p.last.ID
	}
	if err := s.noteIndexing(c, answer, query.Where); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// deleteEvents deletes all that is known of a user. The log of changes gets the number,
// not who it was.
func (s *Server) deleteEvents(c echo.Context) error {
	q := queryOf(c, "user_id")
	if q.text("user_id") == "" {
		q.fail("the query parameter %q is missing: it names the user whose events are deleted", "user_id")
	}
	if q.err != nil {
		return q.err
	}
	deleted, err := s.History.DeleteUser(c.Request().Context(), q.text("user_id"))
	if deleted > 0 { // some are, even when others could not be
		err = errors.Join(err, s.recordChange(c, "event.delete", "events", map[string]any{"executions": deleted}))
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"executions": deleted})
}

func (s *Server) listSearchableFields(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	fields, err := s.History.SearchableFields(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"fields": web.Listed(fields)})
}

// noteIndexing adds to an answer the fields of its filter that do not find all older
// events yet.
func (s *Server) noteIndexing(c echo.Context, answer map[string]any, where []host.FieldValue) error {
	indexing, err := s.indexing(c, where)
	if len(indexing) > 0 {
		answer["indexing"] = indexing
	}
	return err
}

// indexing are the fields of a filter that do not find all older executions yet.
func (s *Server) indexing(c echo.Context, where []host.FieldValue) (indexing []host.SearchableField, err error) {
	if len(where) == 0 {
		return nil, nil
	}
	fields, err := s.History.SearchableFields(c.Request().Context())
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		for _, w := range where {
			if f.Field == w.Field && !f.Indexed {
				indexing = append(indexing, f)
				break
			}
		}
	}
	return indexing, nil
}
