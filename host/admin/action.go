package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) listActions(c echo.Context) error {
	q := queryOf(c, "trigger")
	trigger := q.trigger("trigger")
	if q.err != nil {
		return q.err
	}
	actions, err := s.Registry.Actions(c.Request().Context(), trigger)
	if err != nil {
		return err
	}
	views := make([]host.Action, len(actions))
	for i, a := range actions {
		views[i] = viewAction(a)
	}
	return c.JSON(http.StatusOK, map[string]any{"actions": views})
}

func (s *Server) createAction(c echo.Context) error {
	var body struct {
		Name    string             `json:"name"`
		Trigger host.Trigger       `json:"trigger"`
		Secrets []host.SecretWrite `json:"secrets"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	a, err := s.Registry.CreateAction(c.Request().Context(), body.Name, body.Trigger, body.Secrets)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/actions/"+a.ID)
	return c.JSON(http.StatusCreated, viewAction(a))
}

func (s *Server) showAction(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	a, err := s.Registry.Action(c.Request().Context(), param(c, "action"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewAction(a))
}

func (s *Server) deleteAction(c echo.Context) error {
	q := queryOf(c, "force")
	force := q.flag("force")
	if q.err != nil {
		return q.err
	}
	canceled, err := s.Registry.DeleteAction(c.Request().Context(), param(c, "action"), force)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"canceled_steps": canceled})
}

// viewAction has no null where clients expect an array, and no source: its
// version has that.
func viewAction(a host.Action) host.Action {
	a.Secrets = web.Listed(a.Secrets)
	if a.Deployed != nil {
		v := withoutSource(*a.Deployed)
		a.Deployed = &v
	}
	return a
}
