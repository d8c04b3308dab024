package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// listHolds shows what holds work back.
func (s *Server) listHolds(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	holds, err := s.Registry.Holds(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"holds": web.Listed(holds)})
}

// pause pauses an action or a trigger. One that is paused already stays as it is.
func (s *Server) pause(c echo.Context) error {
	var body struct {
		Reason string `json:"reason"`
	}
	if err := decodeOptional(c, &body); err != nil {
		return err
	}
	p, paused, err := s.Registry.Pause(c.Request().Context(), param(c, "target"), body.Reason)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if paused {
		status = http.StatusCreated
	}
	return c.JSON(status, struct {
		host.Pause
		Changed bool `json:"changed"`
	}{p, paused})
}

// resume lets an action or a trigger run again.
func (s *Server) resume(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	done, err := s.Registry.Resume(c.Request().Context(), param(c, "target"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, done)
}
