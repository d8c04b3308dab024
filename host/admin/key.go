package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) listKeys(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	keys, err := s.Registry.Keys(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"keys": web.Listed(keys)})
}

func (s *Server) createKey(c echo.Context) error {
	var body struct {
		Name   string       `json:"name"`
		Scopes []host.Scope `json:"scopes"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	key, secret, err := s.Registry.CreateKey(c.Request().Context(), body.Name, body.Scopes)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/keys/"+key.ID)
	return c.JSON(http.StatusCreated, struct {
		Secret string `json:"key"`
		host.Key
	}{secret, key})
}

func (s *Server) deleteKey(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	if err := s.Registry.DeleteKey(c.Request().Context(), param(c, "id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
