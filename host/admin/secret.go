package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) listSecrets(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	a, err := s.Registry.Action(c.Request().Context(), param(c, "action"))
	if err != nil {
		return err
	}
	return answerSecrets(c, a.Secrets)
}

// setSecrets changes what it names and leaves the rest.
func (s *Server) setSecrets(c echo.Context) error {
	var body struct {
		Secrets []host.SecretWrite `json:"secrets"`
		Remove  []string           `json:"remove"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	if body.Secrets == nil && body.Remove == nil {
		return missing("/secrets", "or give /remove")
	}
	secrets, err := s.Registry.SetSecrets(c.Request().Context(), param(c, "action"), body.Secrets, body.Remove)
	if err != nil {
		return err
	}
	return answerSecrets(c, secrets)
}

func (s *Server) replaceSecrets(c echo.Context) error {
	var body struct {
		Secrets []host.SecretWrite `json:"secrets"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	if body.Secrets == nil {
		return missing("/secrets", "an empty array removes all")
	}
	secrets, err := s.Registry.ReplaceSecrets(c.Request().Context(), param(c, "action"), body.Secrets)
	if err != nil {
		return err
	}
	return answerSecrets(c, secrets)
}

func (s *Server) deleteSecret(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	if err := s.Registry.DeleteSecret(c.Request().Context(), param(c, "action"), param(c, "name")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func answerSecrets(c echo.Context, secrets []host.Secret) error {
	return c.JSON(http.StatusOK, map[string]any{"secrets": web.Listed(secrets)})
}
