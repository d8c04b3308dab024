package admin

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// registerKeys adds the routes of API keys.
func (s *Server) registerKeys(g *echo.Group, read, manage, small echo.MiddlewareFunc) {
	g.GET("/keys", s.listKeys, read)
	g.POST("/keys", s.createKey, manage, small)
	g.GET("/keys/:key", s.showKey, read)
	g.POST("/keys/:key/rotate", s.rotateKey, manage, small)
	g.DELETE("/keys/:key", s.deleteKey, manage)
}

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
		Name      string       `json:"name"`
		Scopes    []host.Scope `json:"scopes"`
		ExpiresAt time.Time    `json:"expires_at"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	key, secret, err := s.Registry.CreateKey(c.Request().Context(), host.NewKey{Name: body.Name, Scopes: body.Scopes, ExpiresAt: body.ExpiresAt})
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/keys/"+key.ID)
	return c.JSON(http.StatusCreated, shownKey{secret, key})
}

// shownKey is a key with its secret, which is answered once.
type shownKey struct {
	Secret string `json:"key"`
	host.Key
}

func (s *Server) showKey(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	key, err := s.Registry.Key(c.Request().Context(), param(c, "key"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, key)
}

// defaultOverlap is how long the old secret of a rotated key is valid, so that senders
// can be changed one after the other.
const defaultOverlap = 24 * time.Hour

func (s *Server) rotateKey(c echo.Context) error {
	body := struct {
		Overlap   int64     `json:"overlap_seconds"`
		ExpiresAt time.Time `json:"expires_at"`
	}{Overlap: int64(defaultOverlap.Seconds())}
	if err := decodeOptional(c, &body); err != nil {
		return err
	}
	seconds := min(max(body.Overlap, -1), int64(host.MaxKeyOverlap.Seconds())+1) // what is out of range is refused there
	key, secret, err := s.Registry.RotateKey(c.Request().Context(), param(c, "key"), host.KeyRotation{
		Overlap: time.Duration(seconds) * time.Second, ExpiresAt: body.ExpiresAt,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, shownKey{secret, key})
}

// whoami answers which key the request came with.
func (s *Server) whoami(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	key, err := s.Registry.Key(c.Request().Context(), web.KeyFrom(c).ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, key)
}

func (s *Server) deleteKey(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	if err := s.Registry.DeleteKey(c.Request().Context(), param(c, "key")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
