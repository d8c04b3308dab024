package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// Webhooks returns the receivers of notices, by name.
func (c *Client) Webhooks(ctx context.Context) ([]host.Webhook, error) {
	var answer struct {
		Webhooks []host.Webhook `json:"webhooks"`
	}
	err := c.get(ctx, path("webhooks"), nil, &answer)
	return answer.Webhooks, err
}

// Webhook returns one by its name or id.
func (c *Client) Webhook(ctx context.Context, idOrName string) (host.Webhook, error) {
	var w host.Webhook
	err := c.get(ctx, path("webhooks", idOrName), nil, &w)
	return w, err
}

// CreateWebhook makes a receiver of notices of these kinds, of all without one. Its secret
// is returned this once.
func (c *Client) CreateWebhook(ctx context.Context, name, url string, kinds []host.NoticeKind) (host.WebhookCreated, error) {
	var made host.WebhookCreated
	body := map[string]any{"name": name, "url": url, "notices": append([]host.NoticeKind{}, kinds...)}
	err := c.send(ctx, http.MethodPost, path("webhooks"), body, &made)
	return made, err
}

// ChangeWebhook changes what is set in p.
func (c *Client) ChangeWebhook(ctx context.Context, idOrName string, p host.WebhookPatch) (host.Webhook, error) {
	body := map[string]any{}
	if p.URL != nil {
		body["url"] = *p.URL
	}
	if p.Notices != nil {
		body["notices"] = append([]host.NoticeKind{}, *p.Notices...)
	}
	if p.Disabled != nil {
		body["disabled"] = *p.Disabled
	}
	var w host.Webhook
	err := c.send(ctx, http.MethodPatch, path("webhooks", idOrName), body, &w)
	return w, err
}

// DeleteWebhook removes a webhook with its deliveries.
func (c *Client) DeleteWebhook(ctx context.Context, idOrName string) error {
	return c.send(ctx, http.MethodDelete, path("webhooks", idOrName), nil, nil)
}

// RotateSecret makes a new secret; the old one signs too for a day.
func (c *Client) RotateSecret(ctx context.Context, idOrName string) (host.WebhookCreated, error) {
	var made host.WebhookCreated
	err := c.send(ctx, http.MethodPost, path("webhooks", idOrName, "rotate-secret"), nil, &made)
	return made, err
}

// TestWebhook lets the host send a test now, and returns how that ended.
func (c *Client) TestWebhook(ctx context.Context, idOrName string) (host.Delivery, error) {
	var d host.Delivery
	err := c.send(ctx, http.MethodPost, path("webhooks", idOrName, "test"), nil, &d)
	return d, err
}

// DeliveryPage is one page of deliveries, newest first. Next is the Before of the next
// page, "" after the last.
type DeliveryPage struct {
	Deliveries []host.Delivery `json:"deliveries"`
	Next       string          `json:"next"`
}

// Deliveries returns a page of the deliveries of the webhook that q.WebhookID names.
func (c *Client) Deliveries(ctx context.Context, q host.DeliveryQuery) (DeliveryPage, error) {
	var page DeliveryPage
	err := c.get(ctx, path("webhooks", q.WebhookID, "deliveries"), params(
		"status", string(q.Status),
		"before", q.Before,
		"limit", decimal(q.Limit),
	), &page)
	return page, err
}

// Resend sends a notice again, in a new delivery.
func (c *Client) Resend(ctx context.Context, webhook, deliveryID string) (host.Delivery, error) {
	var d host.Delivery
	err := c.send(ctx, http.MethodPost, path("webhooks", webhook, "deliveries", deliveryID, "resend"), nil, &d)
	return d, err
}
