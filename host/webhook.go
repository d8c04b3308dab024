package host

import (
	"context"
	"net/url"
	"slices"
	"time"
)

// WebhookPrefix and DeliveryPrefix begin the ids of webhooks and of their deliveries.
const (
	WebhookPrefix  = "whk_"
	DeliveryPrefix = "dlv_"
)

// Webhook is a receiver of notices: each that it asks for is posted to its URL, signed as
// Standard Webhooks has it.
type Webhook struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"` // unique
	URL     string       `json:"url"`
	Notices []NoticeKind `json:"notices"` // that it asks for; empty: all

	CreatedAt      time.Time `json:"created_at"`
	FailingSince   time.Time `json:"failing_since,omitzero"` // since when every attempt has failed
	DisabledAt     time.Time `json:"disabled_at,omitzero"`   // it gets nothing, and its deliveries wait
	DisabledReason string    `json:"disabled_reason,omitempty"`
	OldSecretUntil time.Time `json:"old_secret_until,omitzero"` // until when it gets a second signature, by its old secret

	Sealed []byte `json:"-"` // its secrets, encrypted at [WebhookPlace]
}

// Wants reports whether the webhook gets notices of the kind now.
func (w *Webhook) Wants(k NoticeKind) bool {
	return w.DisabledAt.IsZero() && (len(w.Notices) == 0 || slices.Contains(w.Notices, k))
}

// Shown returns the webhook as it is shown and recorded: without what may be a
// credential in its URL.
func (w Webhook) Shown() Webhook {
	if u, err := url.Parse(w.URL); err == nil && u.RawQuery != "" {
		u.RawQuery = ""
		w.URL = u.String() + "?…"
	}
	if w.Notices == nil {
		w.Notices = []NoticeKind{}
	}
	w.Sealed = nil
	return w
}

// DeliveryStatus is the state of a delivery.
type DeliveryStatus string

// The states. The last two are final.
const (
	DeliveryPending   DeliveryStatus = "pending"   // due at NextAt
	DeliveryDelivered DeliveryStatus = "delivered" // the receiver answered with 2xx
	DeliveryFailed    DeliveryStatus = "failed"    // its attempts are used up
)

// DeliveryStatuses returns every status.
func DeliveryStatuses() []DeliveryStatus {
	return []DeliveryStatus{DeliveryPending, DeliveryDelivered, DeliveryFailed}
}

// Delivery is a notice on its way to a webhook.
type Delivery struct {
	ID        string         `json:"id"`
	WebhookID string         `json:"webhook_id"`
	NoticeID  string         `json:"notice_id"` // the message's webhook-id, the same in every attempt
	Kind      NoticeKind     `json:"kind"`
	Status    DeliveryStatus `json:"status"`
	Attempts  int            `json:"attempts"` // made so far
	CreatedAt time.Time      `json:"created_at"`
	NextAt    time.Time      `json:"next_at,omitzero"`  // of a pending one
	EndedAt   time.Time      `json:"ended_at,omitzero"` // of the others

	ResponseStatus int    `json:"response_status,omitempty"` // of the last attempt; 0: there was no response
	Error          string `json:"error,omitempty"`           // why the last attempt failed

	Body []byte `json:"-"` // what is posted
}

// DeliveryQuery selects deliveries, newest first. Empty fields select all.
type DeliveryQuery struct {
	WebhookID string
	Status    DeliveryStatus
	Before    string // the id of the last one of the page before
	Limit     int    // 1 to 500; 0 is 50
}

// WebhookCreated is a new webhook, or one with a new secret: the secret is shown this once.
type WebhookCreated struct {
	Webhook
	Secret string `json:"secret"` // whsec_ and base64
}

// WebhookPatch is a change of a webhook; nil leaves what is set.
type WebhookPatch struct {
	URL      *string       `json:"url"`
	Notices  *[]NoticeKind `json:"notices"`
	Disabled *bool         `json:"disabled"` // false also forgets that it was failing
}

// Webhooks manages the receivers of notices, each by its id or name. Webhooks are returned
// as [Webhook.Shown].
type Webhooks interface {
	Webhooks(ctx context.Context) ([]Webhook, error)
	Webhook(ctx context.Context, idOrName string) (Webhook, error)
	CreateWebhook(ctx context.Context, name, url string, kinds []NoticeKind) (WebhookCreated, error)
	ChangeWebhook(ctx context.Context, idOrName string, p WebhookPatch) (Webhook, error)
	DeleteWebhook(ctx context.Context, idOrName string) (Webhook, error)

	// RotateSecret makes a new secret. The old one signs too for a day.
	RotateSecret(ctx context.Context, idOrName string) (WebhookCreated, error)
	// TestWebhook sends a notice of kind [NoticeWebhookTest] now, once, and returns how
	// that ended.
	TestWebhook(ctx context.Context, idOrName string) (Delivery, error)
	// Deliveries returns those of the webhook that q.WebhookID names, newest first.
	Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error)
	// Resend sends a notice again, in a new delivery with the attempts of a new one.
	Resend(ctx context.Context, webhook, deliveryID string) (Delivery, error)
}
