package admin

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

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
