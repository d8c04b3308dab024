// Package notices reports to operators what they should know of: as lines in the host's
// log, and to webhooks, signed as Standard Webhooks has it. Who finds out makes a
// [host.Notice]; the store counts those about the same in one.
//
// The way of a notice:
//
//  1. It comes with the outcome of an attempt and is stored in the same commit, or it is
//     given to [Reporter.Notify], which stores what gathers, once a second at most.
//  2. When the store has counted it, it is complete. The [Reporter] then marks it as
//     reported and stores a delivery for each webhook that asks for its kind, in one
//     commit, and writes the line.
//  3. The [Sender] posts each delivery, and again by a schedule until the receiver
//     answers with 2xx or the attempts are used up (sender.go, attempt.go).
//
// So a notice that was stored is delivered also when the process is killed at any moment;
// what it was about to send is then sent again, with the same webhook-id. No step waits
// in the executor.
package notices

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// What may gather before it is stored, how often it is stored beyond the first commits,
// and how long a store that fails is left alone.
const (
	maxTopics     = 1_000
	storeEvery    = time.Second
	storeBurst    = 20
	storePatience = 10 * time.Second
	atOnce        = 100 // notices that one commit reports
)

// Store is what a [Reporter] needs of the store.
type Store interface {
	host.NoticeStore
	Webhooks(ctx context.Context) ([]host.Webhook, error)
}

// Reporter reports notices. Set its fields, then call Run once; Notify may be called by
// any goroutine at any time.
type Reporter struct {
	Store Store
	// Noticed receives after notices were stored.
	Noticed <-chan struct{}
	// Shown returns a notice with its fixes put into its hint.
	Shown func(host.Notice) host.Notice
	// Deliver is called after deliveries were stored, and does not block.
	Deliver func()

	Log     *slog.Logger
	Metrics prometheus.Registerer // nil: nothing is registered

	once    sync.Once
	wake    chan struct{}
	commits *rate.Limiter
	counted *prometheus.CounterVec
	dropped prometheus.Counter

	mu      sync.Mutex // guards those below
	waiting map[string]*host.Notice
	order   []string // its topics, the oldest first
}

func (r *Reporter) setup() {
	r.once.Do(func() {
		r.wake, r.waiting = make(chan struct{}, 1), map[string]*host.Notice{}
		r.commits = rate.NewLimiter(rate.Every(storeEvery), storeBurst)
		r.counted = prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "usher_notices_total", Help: "Notices that were reported, each counted as often as it happened, by kind.",
		}, []string{"kind"})
		r.dropped = prometheus.NewCounter(prometheus.CounterOpts{
			Name: "usher_notices_dropped_total", Help: "Notices that were neither logged nor stored, because too many of different topics came at once.",
		})
		for _, kind := range host.NoticeKinds() {
			r.counted.WithLabelValues(string(kind))
		}
		if r.Metrics != nil {
			r.Metrics.MustRegister(r.counted, r.dropped)
		}
	})
}

// Notify is part of [host.Notifier].
func (r *Reporter) Notify(n host.Notice) {
	r.setup()
	r.mu.Lock()
	defer r.mu.Unlock()
	topic := n.Topic()
	switch first := r.waiting[topic]; {
	case first != nil:
		first.Count++
		return
	case len(r.waiting) >= maxTopics:
		r.dropped.Inc()
		return
	}
	n.Count, n.Error = 1, bounded(n.Error)
	r.waiting[topic], r.order = &n, append(r.order, topic)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// maxMessageBytes bounds an error's message in a notice.
const maxMessageBytes = 2_000

// bounded is an error without its stack, which is long.
func bounded(e *host.ResultError) *host.ResultError {
	if e == nil {
		return nil
	}
	short := *e
	short.Stack, short.Message = "", text.Cut(e.Message, maxMessageBytes)
	return &short
}

// Run stores and reports until ctx ends, and then once more what has gathered.
func (r *Reporter) Run(ctx context.Context) error {
	r.setup()
	for {
		wait := min(r.store(ctx), r.report(ctx))
		timer := time.NewTimer(wait)
		select {
		case <-r.wake:
		case <-r.Noticed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			r.last(ctx)
			return nil
		}
		timer.Stop()
	}
}

// last stores and reports what has gathered until the host stops.
func (r *Reporter) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storePatience)
	defer cancel()
	r.commits.SetLimit(rate.Inf)
	r.store(ctx)
	r.report(ctx)
}

// forever is longer than anything that Run waits for.
const forever = 24 * time.Hour

// store stores what Notify gathered, and returns after which time to try again.
func (r *Reporter) store(ctx context.Context) time.Duration {
	r.mu.Lock()
	some := len(r.order) > 0
	r.mu.Unlock()
	if !some {
		return forever
	}
	if !r.commits.Allow() {
		return storeEvery
	}
	batch := r.take()
	if err := r.Store.RecordNotices(ctx, batch); err != nil && ctx.Err() == nil {
		r.Log.Error("notices could not be stored; no webhook gets them", "error", err)
		for i := range batch {
			r.write(ctx, &batch[i])
		}
		r.commits.ReserveN(time.Now(), min(storeBurst, int(storePatience/storeEvery)))
	}
	return 0
}

// take returns what has gathered.
func (r *Reporter) take() []host.Notice {
	r.mu.Lock()
	defer r.mu.Unlock()
	batch := make([]host.Notice, 0, len(r.order))
	for _, topic := range r.order {
		batch = append(batch, *r.waiting[topic])
	}
	clear(r.waiting)
	r.order = r.order[:0]
	return batch
}

// report reports the notices that are complete, and returns when to look again.
func (r *Reporter) report(ctx context.Context) time.Duration {
	for {
		found, err := r.Store.CompleteNotices(ctx, atOnce)
		if err == nil && len(found) > 0 {
			err = r.reportAll(ctx, found)
		}
		if err != nil {
			if ctx.Err() == nil {
				r.Log.Error("notices could not be reported; this is tried again", "error", err, "after", storePatience)
			}
			return storePatience
		}
		if len(found) < atOnce {
			break
		}
	}
	next, ok, err := r.Store.NextNotice(ctx)
	switch {
	case err != nil:
		return storePatience
	case !ok:
		return forever
	}
	return max(time.Until(next), 10*time.Millisecond)
}

// reportAll stores the deliveries of notices, and then writes their lines.
func (r *Reporter) reportAll(ctx context.Context, found []host.Notice) error {
	webhooks, err := r.Store.Webhooks(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(found))
	var deliveries []host.Delivery
	for i := range found {
		ids[i] = found[i].ID
		for j := range webhooks {
			if !webhooks[j].Wants(found[i].Kind) {
				continue
			}
			d, err := newDelivery(&webhooks[j], r.Shown(found[i]))
			if err != nil {
				return err
			}
			deliveries = append(deliveries, d)
		}
	}
	if err := r.Store.ReportNotices(ctx, ids, deliveries); err != nil {
		return err
	}
	for i := range found {
		r.counted.WithLabelValues(string(found[i].Kind)).Add(float64(found[i].Count))
		r.write(ctx, &found[i])
	}
	if len(deliveries) > 0 && r.Deliver != nil {
		r.Deliver()
	}
	return nil
}
