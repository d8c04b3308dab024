package notices

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// Waits are the times after the first attempt, the second and so on until the next one:
// nine attempts within about 28 hours. A tenth of each is random.
var Waits = []time.Duration{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

// DisableAfter is how long every attempt must have failed before a webhook is disabled,
// with a delivery whose attempts are used up.
const DisableAfter = 5 * 24 * time.Hour

// The bounds of one attempt.
const (
	attemptTimeout   = 15 * time.Second
	maxResponseBytes = 1 << 20
	maxRetryAfter    = 24 * time.Hour
)

// outcome is how an attempt ended.
type outcome struct {
	status     int           // of the response; 0: there was none
	err        string        // "" after a 2xx
	retryAfter time.Duration // that the receiver asks for
	canceled   bool          // the host stops: it does not count
}

func (o outcome) delivered() bool { return o.err == "" }

// post makes one attempt.
func (s *Sender) post(ctx context.Context, w *host.Webhook, d *host.Delivery) outcome {
	keys, err := openSecrets(s.Box, w)
	if err != nil {
		return outcome{err: err.Error()}
	}
	u, err := url.Parse(w.URL)
	if err != nil {
		return outcome{err: "its URL can't be read"}
	}
	now := time.Now()
	response, failure := s.Send(ctx, &host.HTTPRequest{
		Method: http.MethodPost, URL: w.URL, Body: d.Body, Binding: w.ID,
		Header: http.Header{
			"Content-Type": {"application/json"}, "User-Agent": {"usher-webhooks"},
			"Webhook-Id": {d.NoticeID}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
			"Webhook-Signature": {keys.sign(d.NoticeID, now, d.Body)},
		},
		Redirect: host.RedirectManual, Timeout: s.timeout(), MaxResponseBytes: maxResponseBytes, MaxRequests: 1,
		Egress: host.Egress{Mode: host.EgressAllowlist, Allow: []string{u.Scheme + "://" + u.Host}},
	})
	switch {
	case failure != nil && ctx.Err() != nil:
		return outcome{canceled: true}
	case failure != nil:
		return outcome{err: s.explain(failure)}
	case response.Status >= 200 && response.Status < 300:
		return outcome{status: response.Status}
	}
	return outcome{
		status: response.Status, err: fmt.Sprintf("the receiver answered with status %d", response.Status),
		retryAfter: min(text.ParseRetryAfter(response.Header.Get("Retry-After"), now), maxRetryAfter),
	}
}

// explain is a failure with what the operator can do about it.
func (s *Sender) explain(f *host.EgressFailure) string {
	if f.Code != host.EgressRefused || f.Network == "" {
		return f.Message
	}
	return f.Message + "; " + strings.TrimSpace(s.Hint("", host.FixAllowNetwork.With(f.Network)))
}

// advance brings a delivery into the state after an attempt, and returns what that means
// for its webhook.
func advance(d *host.Delivery, o outcome, now time.Time) func(*host.Webhook) error {
	d.Attempts++
	d.ResponseStatus, d.Error = o.status, o.err
	d.NextAt = time.Time{}
	switch {
	case o.delivered():
		d.Status, d.EndedAt = host.DeliveryDelivered, now
	case d.Attempts > len(Waits) || d.Kind == host.NoticeWebhookTest || o.status == http.StatusGone:
		d.Status, d.EndedAt = host.DeliveryFailed, now
	default:
		wait := Waits[d.Attempts-1]
		wait += rand.N(wait/10 + 1)
		d.Status, d.NextAt = host.DeliveryPending, now.Add(max(wait, o.retryAfter))
	}
	ended := d.Status == host.DeliveryFailed && d.Kind != host.NoticeWebhookTest
	return func(w *host.Webhook) error {
		if o.delivered() {
			w.FailingSince = time.Time{}
			return nil
		}
		if w.FailingSince.IsZero() {
			w.FailingSince = now
		}
		switch {
		case !w.DisabledAt.IsZero():
		case o.status == http.StatusGone:
			disable(w, now, "the receiver answered with status 410: it wants no more")
		case ended && now.Sub(w.FailingSince) >= DisableAfter:
			disable(w, now, "every attempt has failed since "+w.FailingSince.Format(time.DateTime)+" UTC; the last error: "+o.err)
		}
		return nil
	}
}

func disable(w *host.Webhook, now time.Time, reason string) {
	w.DisabledAt, w.DisabledReason = now, reason
}
