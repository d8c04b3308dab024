package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) showDraft(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	d, err := s.Drafts.Draft(c.Request().Context(), param(c, "action"))
	if err != nil {
		return err
	}
	web.SetTag(c, tagOf(d))
	return c.JSON(http.StatusOK, viewDraft(d))
}

// viewDraft has the fixes of its errors in their hints.
func viewDraft(d host.Draft) host.Draft {
	d.Errors = web.WordMessages(d.Errors)
	return d
}

// withoutSource leaves the source out of a version in a list: showing that one
// has it.
func withoutSource(v host.Version) host.Version {
	v.Source = nil
	return v
}
