package notices

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
)

// How many deliveries are under way at once: to one webhook, and in all.
const (
	perWebhook = 2
	inAll      = 32
)

// How long a sender waits after the store failed, and how often it looks while some are
// under way.
const (
	senderPatience = 5 * time.Second
	busyEvery      = time.Second
)

// Sender posts deliveries to webhooks. Set its fields, then call Run once; the other
// methods may be called by any goroutine at any time.
type Sender struct {
	Store host.WebhookStore
	Box   host.Box
	// Send sends a request under the host's egress rules.
	Send func(context.Context, *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure)
	// CheckOrigin refuses a scheme and host that no request can go to.
	CheckOrigin func(string) error
	// Hint joins a hint and a fix to one string.
	Hint func(hint string, fix *host.Fix) string
	// Notifier gets a notice for each webhook that is disabled.
	Notifier host.Notifier
	Timeout  time.Duration // of one attempt; 0 is 15 s

	Log     *slog.Logger
	Metrics prometheus.Registerer // nil: nothing is registered

	once     sync.Once
	wake     chan struct{}
	attempts *prometheus.CounterVec

	mu      sync.Mutex                 // guards those below
	sending map[string]map[string]bool // deliveries under way, by webhook
	busy    int                        // how many
}

func (s *Sender) setup() {
	s.once.Do(func() {
		s.wake, s.sending = make(chan struct{}, 1), map[string]map[string]bool{}
		s.attempts = prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_webhook_attempts_total", Help: "Attempts to deliver a notice to a webhook, by outcome.",
		}, []string{"outcome"})
		for _, o := range []string{"delivered", "failed"} {
			s.attempts.WithLabelValues(o)
		}
		if s.Metrics != nil {
			s.Metrics.MustRegister(s.attempts)
		}
	})
}

// Wake makes Run look for deliveries that are due. It does not block.
func (s *Sender) Wake() {
	s.setup()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run posts what is due until ctx ends. Attempts that are under way then are canceled and
// do not count: they are made again after the next start.
func (s *Sender) Run(ctx context.Context) error {
	s.setup()
	var under sync.WaitGroup
	defer under.Wait()
	for {
		timer := time.NewTimer(s.start(ctx, &under))
		select {
		case <-s.wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
}

// start begins the attempts that are due, and returns when to look again.
func (s *Sender) start(ctx context.Context, under *sync.WaitGroup) time.Duration {
	webhooks, err := s.Store.Webhooks(ctx)
	for i := range webhooks {
		w := &webhooks[i]
		if err == nil && w.DisabledAt.IsZero() {
			err = s.startOf(ctx, w, under)
		}
	}
	var next time.Time
	some := false
	if err == nil {
		next, some, err = s.Store.NextDelivery(ctx)
	}
	switch {
	case err != nil:
		if ctx.Err() == nil {
			s.Log.Error("deliveries to webhooks could not be read; this is tried again", "error", err, "after", senderPatience)
		}
		return senderPatience
	case !some:
		return forever
	}
	return max(time.Until(next), busyEvery)
}

func (s *Sender) startOf(ctx context.Context, w *host.Webhook, under *sync.WaitGroup) error {
	due, err := s.Store.DueDeliveries(ctx, w.ID, 2*perWebhook)
	if err != nil {
		return err
	}
	for _, d := range due {
		if !s.begin(&d) {
			continue
		}
		under.Go(func() {
			defer s.Wake() // after end: there is room for another
			defer s.end(&d)
			s.attempt(ctx, &d)
		})
	}
	return nil
}

// begin takes a place for a delivery, and reports false when there is none, or when it is
// under way.
func (s *Sender) begin(d *host.Delivery) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.sending[d.WebhookID]
	if of[d.ID] || len(of) >= perWebhook || s.busy >= inAll {
		return false
	}
	if of == nil {
		of = map[string]bool{}
		s.sending[d.WebhookID] = of
	}
	of[d.ID] = true
	s.busy++
	return true
}

func (s *Sender) end(d *host.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sending[d.WebhookID], d.ID)
	if len(s.sending[d.WebhookID]) == 0 {
		delete(s.sending, d.WebhookID)
	}
	s.busy--
}

// attempt posts a delivery and records how that ended.
func (s *Sender) attempt(ctx context.Context, d *host.Delivery) {
	// It may have ended, or its webhook may be gone, since it was read.
	now, err := s.Store.Delivery(ctx, d.ID)
	if err != nil || now.Status != host.DeliveryPending || now.Attempts != d.Attempts {
		return
	}
	w, err := s.Store.Webhook(ctx, d.WebhookID)
	if err != nil || !w.DisabledAt.IsZero() {
		return
	}
	if o := s.post(ctx, &w, d); !o.canceled {
		s.record(ctx, d, o)
	}
}

// record stores the outcome of an attempt, also when the host stops.
func (s *Sender) record(ctx context.Context, d *host.Delivery, o outcome) {
	kind := "failed"
	if o.delivered() {
		kind = "delivered"
	}
	s.attempts.WithLabelValues(kind).Inc()
	change := advance(d, o, time.Now().UTC().Truncate(time.Microsecond))
	var before, after host.Webhook
	err := s.Store.RecordDelivery(context.WithoutCancel(ctx), *d, func(w *host.Webhook) error {
		before = *w
		defer func() { after = *w }()
		return change(w)
	})
	if err != nil {
		s.Log.Error("the outcome of a delivery to a webhook could not be stored; it is sent again", "delivery", d.ID, "error", err)
		select { // while its place is taken, it is not sent
		case <-ctx.Done():
		case <-time.After(senderPatience):
		}
		return
	}
	if !o.delivered() {
		s.Log.Info("a webhook's receiver failed", "webhook", after.Name, "delivery", d.ID, "attempt", d.Attempts, "error", o.err, "next_at", d.NextAt)
	}
	if before.DisabledAt.IsZero() && !after.DisabledAt.IsZero() {
		s.Notifier.Notify(host.Notice{
			Kind: host.NoticeWebhookDisabled, WebhookID: after.ID,
			Summary: fmt.Sprintf("webhook %q was disabled: %s", after.Name, after.DisabledReason),
			Hint:    "repair its receiver; its deliveries wait, and go on when it is enabled", Fix: host.FixEnableWebhook.With(after.Name),
		})
	}
}

// timeout is how long one attempt may take.
func (s *Sender) timeout() time.Duration { return cmp.Or(s.Timeout, attemptTimeout) }
