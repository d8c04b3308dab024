package admin

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

const (
	defaultDeliveries = 50
	maxDeliveries     = 500
)

// registerWebhooks adds the routes of notices and webhooks.
func (s *Server) registerWebhooks(g *echo.Group, read, manage, small echo.MiddlewareFunc) {
	g.GET("/notices", s.listNotices, read)
	g.GET("/notices/:id", s.showNotice, read)

	g.GET("/webhooks", s.listWebhooks, read)
	g.POST("/webhooks", s.createWebhook, manage, small)
	g.GET("/webhooks/:webhook", s.showWebhook, read)
	g.PATCH("/webhooks/:webhook", s.changeWebhook, manage, small)
	g.DELETE("/webhooks/:webhook", s.deleteWebhook, manage)
	g.POST("/webhooks/:webhook/test", s.testWebhook, manage, small)
	g.POST("/webhooks/:webhook/rotate-secret", s.rotateSecret, manage, small)
	g.GET("/webhooks/:webhook/deliveries", s.listDeliveries, read)
	g.POST("/webhooks/:webhook/deliveries/:delivery/resend", s.resend, manage, small)
}

func (s *Server) listWebhooks(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	list, err := s.Webhooks.Webhooks(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"webhooks": web.Listed(list)})
}

func (s *Server) showWebhook(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	w, err := s.Webhooks.Webhook(c.Request().Context(), param(c, "webhook"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, w)
}

func (s *Server) createWebhook(c echo.Context) error {
	var body struct {
		Name    string            `json:"name"`
		URL     string            `json:"url"`
		Notices []host.NoticeKind `json:"notices"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	made, err := s.Webhooks.CreateWebhook(c.Request().Context(), body.Name, body.URL, body.Notices)
	if err != nil {
		return err
	}
	if err := s.recordChange(c, "webhook.create", made.ID, made.Webhook); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/webhooks/"+made.ID)
	return c.JSON(http.StatusCreated, made)
}

func (s *Server) changeWebhook(c echo.Context) error {
	var patch host.WebhookPatch
	if err := decode(c, &patch); err != nil {
		return err
	}
	w, err := s.Webhooks.ChangeWebhook(c.Request().Context(), param(c, "webhook"), patch)
	if err != nil {
		return err
	}
	if err := s.recordChange(c, "webhook.update", w.ID, w); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, w)
}

func (s *Server) deleteWebhook(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	w, err := s.Webhooks.DeleteWebhook(c.Request().Context(), param(c, "webhook"))
	if err != nil {
		return err
	}
	if err := s.recordChange(c, "webhook.delete", w.ID, nil); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) rotateSecret(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	made, err := s.Webhooks.RotateSecret(c.Request().Context(), param(c, "webhook"))
	if err != nil {
		return err
	}
	if err := s.recordChange(c, "webhook.rotate_secret", made.ID, nil); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, made)
}

func (s *Server) testWebhook(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	d, err := s.Webhooks.TestWebhook(c.Request().Context(), param(c, "webhook"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, d)
}

func (s *Server) listDeliveries(c echo.Context) error {
	q := queryOf(c, "status", "before", "limit")
	query := host.DeliveryQuery{
		WebhookID: param(c, "webhook"), Status: oneOf(q, "status", host.DeliveryStatuses()...), Before: q.text("before"),
		Limit: int(q.number("limit", 1, maxDeliveries, defaultDeliveries)),
	}
	if q.err != nil {
		return q.err
	}
	found, err := s.Webhooks.Deliveries(c.Request().Context(), query)
	if err != nil {
		return err
	}
	next := ""
	if len(found) == query.Limit {
		next = found[len(found)-1].ID
	}
	return c.JSON(http.StatusOK, map[string]any{"deliveries": web.Listed(found), "next": next})
}

func (s *Server) resend(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	d, err := s.Webhooks.Resend(c.Request().Context(), param(c, "webhook"), param(c, "delivery"))
	if err != nil {
		return err
	}
	if err := s.recordChange(c, "webhook.resend", d.WebhookID, map[string]any{"delivery": d.ID, "notice": d.NoticeID}); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, d)
}
