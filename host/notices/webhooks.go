package notices

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// The bounds of webhooks.
const (
	maxWebhooks = 50
	maxURLBytes = 2_048
)

// webhookName is the form of a webhook's name.
var webhookName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?$`)

// Webhooks is part of [host.Webhooks].
func (s *Sender) Webhooks(ctx context.Context) ([]host.Webhook, error) {
	list, err := s.Store.Webhooks(ctx)
	for i := range list {
		list[i] = list[i].Shown()
	}
	return list, err
}

// Webhook is part of [host.Webhooks].
func (s *Sender) Webhook(ctx context.Context, idOrName string) (host.Webhook, error) {
	w, err := s.find(ctx, idOrName)
	return w.Shown(), err
}

func (s *Sender) find(ctx context.Context, idOrName string) (host.Webhook, error) {
	w, err := s.Store.Webhook(ctx, idOrName)
	if host.CodeOf(err) == host.NotFound {
		err = &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no webhook %q", idOrName), Fix: host.FixListWebhooks.With(), Err: nil}
	}
	return w, err
}

// CreateWebhook is part of [host.Webhooks].
func (s *Sender) CreateWebhook(ctx context.Context, name, address string, kinds []host.NoticeKind) (host.WebhookCreated, error) {
	var bad []host.Field
	if !webhookName.MatchString(name) {
		bad = append(bad, host.Field{Pointer: "/name", Detail: "must be 1 to 64 letters, digits, dots, hyphens and underscores, with a letter or digit at both ends"})
	}
	bad = append(bad, s.checkURL(address)...)
	if bad = append(bad, checkKinds(kinds)...); len(bad) > 0 {
		return host.WebhookCreated{}, invalidWebhook(bad)
	}
	list, err := s.Store.Webhooks(ctx)
	if err != nil {
		return host.WebhookCreated{}, err
	}
	if len(list) >= maxWebhooks {
		return host.WebhookCreated{}, &host.Error{Code: host.Conflict, Text: fmt.Sprintf("there are %d webhooks, the most that a host has", maxWebhooks), Hint: "remove one first"}
	}
	w := host.Webhook{
		ID: host.NewID(host.WebhookPrefix), Name: name, URL: address, Notices: kinds, CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
	}
	secret := newSecret()
	if w.Sealed, err = (secrets{Current: secret}).seal(s.Box, w.ID); err != nil {
		return host.WebhookCreated{}, err
	}
	if err := s.Store.CreateWebhook(ctx, w); err != nil {
		return host.WebhookCreated{}, err
	}
	return host.WebhookCreated{Webhook: w.Shown(), Secret: shown(secret)}, nil
}

func invalidWebhook(bad []host.Field) error {
	return &host.Error{Code: host.Invalid, Text: "the webhook is not valid", Hint: "errors lists what is wrong", Fields: bad}
}

// checkURL returns what is wrong with a webhook's URL. A detail does not repeat it: it may
// hold a credential.
func (s *Sender) checkURL(address string) []host.Field {
	wrong := func(detail string) []host.Field { return []host.Field{{Pointer: "/url", Detail: detail}} }
	u, err := url.Parse(address)
	switch {
	case len(address) > maxURLBytes:
		return wrong(fmt.Sprintf("must have at most %d bytes", maxURLBytes))
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return wrong("must be a URL such as https://example.com/usher")
	case u.User != nil:
		return wrong("must have no user or password: the signature shows who sends")
	case strings.Contains(u.Host, "*"):
		return wrong("must name one host")
	case u.Fragment != "":
		return wrong("must have no fragment")
	}
	if err := s.CheckOrigin(u.Scheme + "://" + u.Host); err != nil {
		return wrong(err.Error())
	}
	return nil
}

func checkKinds(kinds []host.NoticeKind) []host.Field {
	var bad []host.Field
	for i, k := range kinds {
		if !k.Valid() {
			bad = append(bad, host.Field{Pointer: "/notices/" + strconv.Itoa(i), Detail: "must be one of: " + kindNames()})
		}
	}
	return bad
}

func kindNames() string {
	names := ""
	for i, k := range host.NoticeKinds() {
		if i > 0 {
			names += ", "
		}
		names += string(k)
	}
	return names
}

// ChangeWebhook is part of [host.Webhooks].
func (s *Sender) ChangeWebhook(ctx context.Context, idOrName string, p host.WebhookPatch) (host.Webhook, error) {
	var bad []host.Field
	if p.URL != nil {
		bad = append(bad, s.checkURL(*p.URL)...)
	}
	if p.Notices != nil {
		bad = append(bad, checkKinds(*p.Notices)...)
	}
	if len(bad) > 0 {
		return host.Webhook{}, invalidWebhook(bad)
	}
	return s.update(ctx, idOrName, func(w *host.Webhook) error {
		if p.URL != nil {
			w.URL = *p.URL
		}
		if p.Notices != nil {
			w.Notices = *p.Notices
		}
		switch {
		case p.Disabled == nil:
		case !*p.Disabled:
			w.DisabledAt, w.DisabledReason, w.FailingSince = time.Time{}, "", time.Time{}
		case w.DisabledAt.IsZero():
			disable(w, time.Now().UTC().Truncate(time.Microsecond), "by an operator")
		}
		return nil
	})
}

// update changes a webhook, and makes Run look again: its deliveries may be due.
func (s *Sender) update(ctx context.Context, idOrName string, change func(*host.Webhook) error) (host.Webhook, error) {
	w, err := s.find(ctx, idOrName)
	if err != nil {
		return w, err
	}
	if w, err = s.Store.UpdateWebhook(ctx, w.ID, change); err != nil {
		return w, err
	}
	s.Wake()
	return w.Shown(), nil
}

// DeleteWebhook is part of [host.Webhooks].
func (s *Sender) DeleteWebhook(ctx context.Context, idOrName string) (host.Webhook, error) {
	w, err := s.find(ctx, idOrName)
	if err != nil {
		return w, err
	}
	return w.Shown(), s.Store.DeleteWebhook(ctx, w.ID)
}

// RotateSecret is part of [host.Webhooks].
func (s *Sender) RotateSecret(ctx context.Context, idOrName string) (host.WebhookCreated, error) {
	secret := newSecret()
	w, err := s.update(ctx, idOrName, func(w *host.Webhook) error {
		keys, err := openSecrets(s.Box, w)
		if err != nil {
			return err
		}
		until := time.Now().UTC().Truncate(time.Microsecond).Add(oldSecretFor)
		w.OldSecretUntil = until
		w.Sealed, err = secrets{Current: secret, Old: keys.Current, Until: until}.seal(s.Box, w.ID)
		return err
	})
	return host.WebhookCreated{Webhook: w, Secret: shown(secret)}, err
}

// TestWebhook is part of [host.Webhooks].
func (s *Sender) TestWebhook(ctx context.Context, idOrName string) (host.Delivery, error) {
	s.setup()
	w, err := s.find(ctx, idOrName)
	if err != nil {
		return host.Delivery{}, err
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	d, err := newDelivery(&w, host.Notice{
		ID: host.NewID(host.NoticePrefix), Kind: host.NoticeWebhookTest, At: now, LastAt: now, Count: 1, WebhookID: w.ID,
		Summary: fmt.Sprintf("this is a test of webhook %q", w.Name), Hint: "nothing happened; an operator tests the webhook",
	})
	if err != nil {
		return d, err
	}
	// Run leaves it alone, and it ends here when the host does.
	d.Status, d.NextAt, d.EndedAt, d.Error = host.DeliveryFailed, time.Time{}, now, "the host stopped before the test ended"
	if err := s.Store.CreateDelivery(ctx, d); err != nil {
		return d, err
	}
	o := s.post(ctx, &w, &d)
	if o.canceled {
		o = outcome{err: "the request for the test ended first"}
	}
	s.record(ctx, &d, o)
	return d, nil
}

// Deliveries is part of [host.Webhooks].
func (s *Sender) Deliveries(ctx context.Context, q host.DeliveryQuery) ([]host.Delivery, error) {
	w, err := s.find(ctx, q.WebhookID)
	if err != nil {
		return nil, err
	}
	q.WebhookID = w.ID
	return s.Store.Deliveries(ctx, q)
}

// Resend is part of [host.Webhooks].
func (s *Sender) Resend(ctx context.Context, webhook, deliveryID string) (host.Delivery, error) {
	w, err := s.find(ctx, webhook)
	if err != nil {
		return host.Delivery{}, err
	}
	d, err := s.Store.Delivery(ctx, deliveryID)
	if host.CodeOf(err) == host.NotFound || err == nil && d.WebhookID != w.ID {
		return host.Delivery{}, &host.Error{
			Code: host.NotFound, Text: fmt.Sprintf("webhook %q has no delivery %q", w.Name, deliveryID), Fix: host.FixListDeliveries.With(w.Name),
		}
	}
	if err != nil {
		return host.Delivery{}, err
	}
	if d.Kind == host.NoticeWebhookTest {
		return host.Delivery{}, &host.Error{Code: host.Conflict, Text: "a test is not sent again", Hint: "make another test"}
	}
	again := delivery(w.ID, d.NoticeID, d.Kind, d.Body)
	if err := s.Store.CreateDelivery(ctx, again); err != nil {
		return host.Delivery{}, err
	}
	s.Wake()
	return again, nil
}
