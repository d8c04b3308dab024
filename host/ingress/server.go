// Package ingress receives events over HTTP: POST /v1/events/{trigger} with one
// event or a batch, as plain JSON or as CloudEvents. It checks them, gives each
// the key by which a repeat is recognised, and answers 202 once the store has
// committed them durably. What happens to an event after that is the store's and
// the executor's business.
//
// A [Server] is configured by its fields and [Limits], and registers its route
// with [Server.Register]. It hands events to an [Acceptor]. A request is a
// delivery, which goes through the steps in the order of their files:
//
//	header.go   trigger, media type, Idempotency-Key
//	body.go     the body, read within the sender's share of memory (gate.go)
//	split.go    the body's events, taken out of their CloudEvents
//	check.go    each event against its trigger's contract
//	key.go      the key that makes two requests one
//	accept.go   the store's commit, and the answer; it shows the whole path
//
// Events of a sender with a valid key that were refused for their content are
// stored for a day by a [RefusedStore] (refusedevent.go), shown without
// credentials (mask.go), and can be sent again (sendagain.go).
package ingress

import (
	"cmp"
	"context"
	"log/slog"
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

// Server receives events. Set its fields, then call Register once, and Run as
// long as requests come.
type Server struct {
	Store   Acceptor
	Refused RefusedStore // where refused events are stored; nil: nowhere
	Sealer  Sealer       // of those; nil: they are not stored
	Limits  Limits
	// Notifier reports events that were refused for their content. Nil: nothing is reported.
	Notifier host.Notifier
	// PasswordKeys are words by which passwords in the request of a refused event are
	// recognized, to be dropped; nil: [proto.DefaultPasswordKeys].
	PasswordKeys []string

	Log     *slog.Logger          // which request brought which execution, at debug level; nil: nowhere
	Metrics prometheus.Registerer // nil: metrics are not published

	rate    web.Limiter
	handler *handler
}

// Run stores refused events until ctx ends. Without it they are dropped.
func (s *Server) Run(ctx context.Context) error {
	if s.handler == nil || s.handler.refusals == nil {
		<-ctx.Done()
		return nil
	}
	return s.handler.refusals.run(ctx)
}

func (s *Server) logger() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// SetRate changes PerSecond and Burst of Limits, once Register was called.
func (s *Server) SetRate(perSecond float64, burst int) { s.rate.Set(perSecond, burst) }

// Limits bound what requests may hold at once. The default replaces a zero field.
// InFlight and InFlightBytes are shared by all API keys, and no key gets more of
// them than what is left: one key alone gets half.
type Limits struct {
	EventBytes    int64         // one event in the form in which it is sent; default 256 KiB
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

// Register adds the route to g, the group of /v1, behind auth.
func (s *Server) Register(g *echo.Group, auth echo.MiddlewareFunc) {
	limits := s.Limits.withDefaults()
	h := &handler{
		store:    s.Store,
		log:      s.logger(),
		limits:   limits,
		rate:     &s.rate,
		notifier: s.Notifier,
		gate:     &gate{requests: pool{max: int64(limits.InFlight)}, bytes: pool{max: limits.InFlightBytes}},
	}
	s.rate.Set(limits.PerSecond, limits.Burst)
	h.metrics = newMetrics(s.Metrics, h.gate)
	h.refusals = newRefusedWriter(s, h.metrics)
	s.handler = h
	g.POST("/events/:trigger", h.post, auth)
}
