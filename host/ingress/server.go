// Package ingress is the door that events come in by: POST /v1/events/{trigger},
// one event or a batch, as plain JSON or as CloudEvents. It checks them, says
// what makes one a repeat, and answers 202 when the store has them for good.
package ingress

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// Acceptor stores events, all or none of them, and returns after the commit is
// durable, with one answer for each event in the same order. It reports a
// reused key as KeyReused, with a Field that points to the event's index, and
// as Overloaded or Unavailable what may be tried again.
type Acceptor interface {
	Accept(ctx context.Context, events []host.NewEvent) ([]host.Accepted, error)
}

// Server is the door. Set its fields, then call Register once, and Run as long
// as requests come.
type Server struct {
	Store   Acceptor
	Refused RefusedStore // where refused events are kept; nil: nowhere
	Sealer  Sealer       // of those; nil: they are not kept
	Limits  Limits
	Log     *slog.Logger          // which request brought which execution, at debug level; nil: nowhere
	Metrics prometheus.Registerer // nil: metrics are not published

	rate web.Limiter
	door *door
}

// Run stores refused events until ctx ends. Without it they are dropped.
func (s *Server) Run(ctx context.Context) error {
	if s.door == nil || s.door.keeper == nil {
		<-ctx.Done()
		return nil
	}
	return s.door.keeper.run(ctx)
}

func (s *Server) logger() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// SetRate changes PerSecond and Burst of Limits, once Register was called.
func (s *Server) SetRate(perSecond float64, burst int) { s.rate.Set(perSecond, burst) }

// Limits bound what may come in at once. A zero field is its default. Of what
// all API keys share, InFlight and InFlightBytes, no key gets more than what is
// left: one alone gets half.
type Limits struct {
	EventBytes    int64         // one event as it is sent; default 256 KiB
	BatchBytes    int64         // the body of a batch; default 8 MiB
	BatchItems    int           // events in a batch; default 1,000
	InFlight      int           // requests that wait for the store; default 2,048
	InFlightBytes int64         // bodies held at the same time; default 256 MiB
	BodyTimeout   time.Duration // how long a body may take beside a second for each 8 KiB; default 10 s
	AcceptTimeout time.Duration // how long the store may take; default 15 s
	PerSecond     float64       // events a second for each API key; 0: no limit
	Burst         int           // events at once for each API key; default: those of one second
}

func (l Limits) withDefaults() Limits {
	return Limits{
		EventBytes:    cmp.Or(l.EventBytes, 256<<10),
		BatchBytes:    cmp.Or(l.BatchBytes, 8<<20),
		BatchItems:    cmp.Or(l.BatchItems, 1_000),
		InFlight:      cmp.Or(l.InFlight, 2_048),
		InFlightBytes: cmp.Or(l.InFlightBytes, 256<<20),
		BodyTimeout:   cmp.Or(l.BodyTimeout, 10*time.Second),
		AcceptTimeout: cmp.Or(l.AcceptTimeout, 15*time.Second),
		PerSecond:     l.PerSecond,
		Burst:         l.Burst,
	}
}

// Register adds the door's path to g, the group of /v1, behind auth.
func (s *Server) Register(g *echo.Group, auth echo.MiddlewareFunc) {
	limits := s.Limits.withDefaults()
	d := &door{
		store:  s.Store,
		log:    s.logger(),
		limits: limits,
		rate:   &s.rate,
		gate:   &gate{requests: pool{max: int64(limits.InFlight)}, bytes: pool{max: limits.InFlightBytes}},
	}
	s.rate.Set(limits.PerSecond, limits.Burst)
	d.metrics = newMetrics(s.Metrics, d.gate)
	d.keeper = newKeeper(s, d.metrics)
	s.door = d
	g.POST("/events/:trigger", d.post, auth)
}

// door is a Server at work.
type door struct {
	store   Acceptor
	log     *slog.Logger
	limits  Limits
	rate    *web.Limiter
	gate    *gate
	metrics *metrics
	keeper  *keeper // nil: refused events are not kept
}

func (d *door) post(c echo.Context) error {
	web.Quiet(c)
	start := time.Now()
	r := &delivery{}
	accepted, err := d.take(c, r)
	d.metrics.note(r, accepted, err, start)
	if err != nil {
		nameAccepted(c, err)
		d.keeper.keep(c, r, err)
		return err
	}
	return answer(c, r.batch, accepted)
}

// nameAccepted says in the header what would have been accepted.
func nameAccepted(c echo.Context, err error) {
	if host.CodeOf(err) == host.Unsupported {
		c.Response().Header().Set(echo.HeaderAccept, acceptedTypes)
		c.Response().Header().Set(echo.HeaderAcceptEncoding, "identity")
	}
}

// take brings one request from its headers to the store's answer.
func (d *door) take(c echo.Context, r *delivery) ([]host.Accepted, error) {
	if err := r.readHeader(c.Param("trigger"), c.Request().URL.RawQuery, c.Request().Header); err != nil {
		d.readRefused(c, r, err)
		return nil, err
	}
	sender := senderOf(c)
	if err := d.slowDown(sender, 1); err != nil {
		return nil, err
	}
	held := d.gate.hold(sender)
	defer held.release()
	if err := d.readBody(c, r, held); err != nil {
		return nil, err
	}
	if err := d.open(c.Request().Header, r); err != nil {
		return nil, err
	}
	if err := d.slowDown(sender, len(r.items)-1); err != nil {
		return nil, err
	}
	events, err := examine(r)
	if err != nil {
		return nil, err
	}
	return d.accept(c.Request().Context(), web.RequestID(c), r, sender, events)
}

// readRefused reads the body of a request that its header was refused for, as far
// as it is to be kept.
func (d *door) readRefused(c echo.Context, r *delivery, err error) {
	sender := senderOf(c)
	if !d.keeper.keeps(err) || d.slowDown(sender, 1) != nil {
		return
	}
	held := d.gate.hold(sender)
	defer held.release()
	_ = d.readBody(c, r, held) // what can't be read is not kept
}

// accept stores the events. From here on the request is carried out even when
// its sender goes away: what was answered and what was done must agree.
func (d *door) accept(ctx context.Context, requestID string, r *delivery, sender string, events []host.NewEvent) ([]host.Accepted, error) {
	if len(events) == 0 {
		return nil, nil
	}
	if !d.gate.requests.take(sender, 1) {
		return nil, overloaded("requests")
	}
	defer d.gate.requests.give(sender, 1)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.limits.AcceptTimeout)
	defer cancel()
	accepted, err := d.store.Accept(ctx, events)
	if err != nil {
		return nil, storeError(ctx, err, r)
	}
	if len(accepted) != len(events) {
		return nil, &host.Error{Code: host.Internal, Err: errWrongCount}
	}
	d.noteAccepted(ctx, requestID, accepted)
	return accepted, nil
}

func (d *door) noteAccepted(ctx context.Context, requestID string, accepted []host.Accepted) {
	if !d.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	for _, a := range accepted {
		d.log.LogAttrs(ctx, slog.LevelDebug, "accepted event",
			slog.String("request_id", requestID), slog.String("event_id", a.EventID),
			slog.String("execution_id", a.ExecutionID), slog.Bool("repeat", a.Repeat))
	}
}

// slowDown takes n events from the sender's allowance.
func (d *door) slowDown(sender string, n int) error {
	if n < 1 {
		return nil
	}
	if wait := d.rate.Take(sender, n); wait > 0 {
		return &host.Error{
			Code: host.Overloaded, RetryAfter: wait,
			Text: "the API key sends more events a second than it may",
			Hint: "send again after Retry-After; the operator sets the rate of events for each key",
		}
	}
	return nil
}

func senderOf(c echo.Context) string {
	if key := web.KeyFrom(c); key.ID != "" {
		return key.ID
	}
	return c.RealIP()
}

// answer is 202 when anything is new, and 200 when all of it was there.
func answer(c echo.Context, batch bool, accepted []host.Accepted) error {
	status := http.StatusOK
	for _, a := range accepted {
		if !a.Repeat {
			status = http.StatusAccepted
		}
	}
	if !batch {
		return c.JSON(status, accepted[0])
	}
	events := make([]acceptedItem, len(accepted))
	for i, a := range accepted {
		events[i] = acceptedItem{Accepted: a, Repeat: a.Repeat}
	}
	return c.JSON(status, acceptedBatch{Events: events})
}

type acceptedBatch struct {
	Events []acceptedItem `json:"events"`
}

type acceptedItem struct {
	host.Accepted
	Repeat bool `json:"repeat,omitempty"`
}

// knownTriggers lists them for an error.
func knownTriggers() string {
	names := make([]string, 0, 1)
	for _, t := range host.Triggers() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
