package admin

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// Notices shows what operators should know of. See package sqlite for the contracts.
type Notices interface {
	Notices(ctx context.Context, q host.NoticeQuery) ([]host.Notice, error)
	Notice(ctx context.Context, id string) (host.Notice, error)
}

const (
	defaultNotices = 50
	maxNotices     = 500
)

func (s *Server) listNotices(c echo.Context) error {
	q := queryOf(c, "kind", "action", "since", "before", "limit")
	query := host.NoticeQuery{
		Kind: oneOf(q, "kind", host.NoticeKinds()...), ActionID: q.text("action"), Before: q.text("before"),
		Limit: int(q.number("limit", 1, maxNotices, defaultNotices)),
	}
	if since := q.text("since"); since != "" {
		var err error
		if query.Since, err = time.Parse(time.RFC3339, since); err != nil {
			q.fail("the query parameter %q must be a time such as 2026-11-30T08:00:00Z, not %q", "since", since)
		}
	}
	if q.err != nil {
		return q.err
	}
	var err error
	if query.ActionID, err = s.objectID(c, query.ActionID); err != nil {
		return err
	}
	found, err := s.Notices.Notices(c.Request().Context(), query)
	if err != nil {
		return err
	}
	next := ""
	if len(found) == query.Limit {
		next = found[len(found)-1].ID
	}
	for i := range found {
		found[i] = web.WordNotice(found[i])
	}
	return c.JSON(http.StatusOK, map[string]any{"notices": web.Listed(found), "next": next})
}

func (s *Server) showNotice(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	n, err := s.Notices.Notice(c.Request().Context(), param(c, "id"))
	if host.CodeOf(err) == host.NotFound {
		return &host.Error{
			Code: host.NotFound, Text: fmt.Sprintf("there is no notice %q", param(c, "id")), Hint: "the newest 10,000 are stored",
			Fix: host.FixListNotices.With(),
		}
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, web.WordNotice(n))
}
