package ingress

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/web"
	"github.com/usherhost/usher/proto"
)

// RefusedStore keeps refused events. See package sqlite for the contracts.
type RefusedStore interface {
	KeepRefusedEvents(ctx context.Context, events []host.RefusedEvent, limits host.RefusedEventLimits) error
	ExpireRefusedEvents(ctx context.Context) error
	RefusedEvents(ctx context.Context, q host.RefusedEventQuery) ([]host.RefusedEvent, error)
	RefusedEvent(ctx context.Context, id string) (host.RefusedEvent, error)
	DeleteRefusedEvent(ctx context.Context, id string) error
}

// Sealer encrypts what is stored of a refused event, bound to its id.
type Sealer interface {
	Seal(plaintext, place []byte) ([]byte, error)
	Open(sealed, place []byte) ([]byte, error)
}

// How long refused events are stored, and how many.
const keepRefused = 24 * time.Hour

var refusedLimits = host.RefusedEventLimits{Count: 4_000, Bytes: 64 << 20, KeyCount: 1_000, KeyBytes: 16 << 20}

// What waits to be stored, and how fast it is: a flood of refused events must
// cost the commits of others next to nothing, so most of it is dropped.
const (
	refusedQueue      = 64          // refused events that wait
	refusedQueueBytes = 32 << 20    // that they hold
	refusedInOne      = 32          // that one commit stores
	refusedEvery      = time.Second // a commit, beyond the first refusedBurst
	refusedBurst      = 20
	refusedPatience   = 100 * time.Millisecond // that an answer waits for its commit, so that its sender finds it
	expireEvery       = 5 * time.Minute
)

// maxRefusedBody is the largest body that is stored.
const maxRefusedBody = 8 << 20

// refusedWriter stores refused events in the background: an answer waits for it
// only a moment. API keys share its queue as they share the memory of bodies.
type refusedWriter struct {
	store   RefusedStore
	sealer  Sealer
	log     *slog.Logger
	metrics *metrics
	words   *proto.PasswordKeys
	held    pool
	queue   chan *waiting
}

// waiting is a refused event in the queue.
type waiting struct {
	event host.RefusedEvent
	sent  sent
	bytes int64
	done  chan struct{} // closed when it is stored, or can't be
}

func newRefusedWriter(s *Server, m *metrics) *refusedWriter {
	if s.Refused == nil || s.Sealer == nil {
		return nil
	}
	words := s.PasswordKeys
	if words == nil {
		words = proto.DefaultPasswordKeys
	}
	return &refusedWriter{
		words: proto.NewPasswordKeys(words),
		store: s.Refused, sealer: s.Sealer, log: s.logger(), metrics: m,
		held: pool{max: refusedQueueBytes}, queue: make(chan *waiting, refusedQueue),
	}
}

// keeps reports whether an event that was refused with err is stored.
func (rw *refusedWriter) keeps(err error) bool { return rw != nil && host.CodeOf(err).AboutContent() }

// keep queues a refused event, if there is room, and waits a moment for it to be
// stored. It returns its id, "" when it is not stored.
func (rw *refusedWriter) keep(c echo.Context, r *delivery, err error) string {
	key := web.KeyFrom(c).ID
	if !rw.keeps(err) || key == "" || !r.whole && host.CodeOf(err) != host.TooLarge {
		return ""
	}
	w := &waiting{event: describe(r, err), done: make(chan struct{})}
	w.event.KeyID = key
	w.event.ContentType = shorten(c.Request().Header.Get(echo.HeaderContentType))
	if !r.whole {
		w.event.SizeBytes = max(0, c.Request().ContentLength)
	} else if w.event.Kept = len(r.sent) <= maxRefusedBody; w.event.Kept {
		w.sent = sent{Header: keptHeader(c.Request().Header), body: proto.DropPasswords(trimMark(r.sent), rw.words)}
		w.bytes = int64(len(w.sent.body))
	}
	if !rw.held.take(key, w.bytes) {
		rw.metrics.refused.WithLabelValues(refusedDropped).Inc()
		return ""
	}
	select {
	case rw.queue <- w:
	default:
		rw.held.give(key, w.bytes)
		rw.metrics.refused.WithLabelValues(refusedDropped).Inc()
		return ""
	}
	patience := time.NewTimer(refusedPatience)
	defer patience.Stop()
	select {
	case <-w.done:
	case <-patience.C:
	case <-c.Request().Context().Done():
	}
	return w.event.ID
}

// maxReasonBytes bounds what is stored of a reason.
const maxReasonBytes = 1_000

func describe(r *delivery, err error) host.RefusedEvent {
	now := time.Now().UTC().Truncate(time.Microsecond)
	e := host.RefusedEvent{
		ID: host.NewID(host.RefusedEventPrefix), Trigger: r.trigger, Code: host.CodeOf(err),
		SizeBytes: int64(len(r.sent)), ReceivedAt: now, ExpiresAt: now.Add(keepRefused),
	}
	if reason, ok := errors.AsType[*host.Error](err); ok {
		e.Detail, e.Hint = text.Cut(reason.Text, maxReasonBytes), text.Cut(web.Hint(reason.Hint, reason.Fix), maxReasonBytes)
		e.Errors = web.FirstFields(reason.Fields)
	}
	return e
}

// run stores what is queued until ctx ends, and deletes what has expired.
func (rw *refusedWriter) run(ctx context.Context) error {
	expire := time.NewTicker(expireEvery)
	defer expire.Stop()
	commits := rate.NewLimiter(rate.Every(refusedEvery), refusedBurst)
	for {
		select {
		case first := <-rw.queue:
			_ = commits.Wait(ctx) // that ctx ended is seen below
			rw.storeFrom(first)
		case <-expire.C:
			if err := rw.store.ExpireRefusedEvents(ctx); err != nil && ctx.Err() == nil {
				rw.log.Warn("could not delete refused events that have expired", "error", err)
			}
		case <-ctx.Done():
			for len(rw.queue) > 0 {
				rw.storeFrom(<-rw.queue)
			}
			return nil
		}
	}
}

// storeFrom stores the first one and those that wait behind it, in one commit.
func (rw *refusedWriter) storeFrom(first *waiting) {
	batch := []*waiting{first}
	for len(batch) < refusedInOne && len(rw.queue) > 0 {
		batch = append(batch, <-rw.queue)
	}
	events := make([]host.RefusedEvent, 0, len(batch))
	var err error
	for _, w := range batch {
		if w.event.Kept {
			var sealed []byte
			if sealed, err = w.sent.seal(rw.sealer, w.event.ID); err != nil {
				break
			}
			w.event.Sealed = sealed
		}
		events = append(events, w.event)
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		err = rw.store.KeepRefusedEvents(ctx, events, refusedLimits)
		cancel()
	}
	outcome := refusedKept
	if err != nil {
		outcome = refusedDropped
		rw.log.Warn("could not store refused events", "error", err, "count", len(batch))
	}
	rw.metrics.refused.WithLabelValues(outcome).Add(float64(len(batch)))
	for _, w := range batch {
		rw.held.give(w.event.KeyID, w.bytes)
		close(w.done)
	}
}

// sent is what a sender sent: the body, and the headers that are needed to read it.
type sent struct {
	Header http.Header `json:"header"`
	body   []byte
}

// keptHeader leaves out credentials and headers of the connection.
func keptHeader(header http.Header) http.Header {
	kept := http.Header{}
	for name, values := range header {
		switch name {
		case echo.HeaderContentType, echo.HeaderContentEncoding, web.HeaderIdempotencyKey, "Traceparent":
			kept[name] = values
		default:
			if strings.HasPrefix(name, cloudHeaderPrefix) {
				kept[name] = values
			}
		}
	}
	return kept
}

// seal encrypts the header as a line of JSON, and the body after it.
func (s sent) seal(sealer Sealer, id string) ([]byte, error) {
	head, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode a refused event: %w", err)
	}
	plain := make([]byte, 0, len(head)+1+len(s.body))
	return sealer.Seal(append(append(append(plain, head...), '\n'), s.body...), host.RefusedEventPlace(id))
}

func openSent(sealer Sealer, e host.RefusedEvent) (sent, error) {
	var s sent
	plain, err := sealer.Open(e.Sealed, host.RefusedEventPlace(e.ID))
	if err != nil {
		return s, fmt.Errorf("open refused event %s: %w", e.ID, err)
	}
	head, body, _ := bytes.Cut(plain, []byte("\n"))
	if err := json.Unmarshal(head, &s); err != nil {
		return s, fmt.Errorf("read refused event %s: %w", e.ID, err)
	}
	s.body = body
	return s, nil
}
