// Package decisions answers events whose sender waits: POST
// /v1/decisions/{trigger} with one event runs what is bound to the trigger in the
// request, and answers allow or deny. How a flow runs, and what it leaves in the store,
// is the executor's business.
//
// A [Server] is configured by its fields, and registers its route with
// [Server.Register]. A request goes through the steps in the order of their files:
//
//	request.go  trigger, media type, Prefer, Idempotency-Key, and the body
//	decide.go   the event against its contract, without passwords; the flow; the answer
//	repeat.go   the decision of an Idempotency-Key that was used before
package decisions

import (
	"cmp"
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// Decider runs flows. Its error has a code, and means that the flow gave no decision.
type Decider interface {
	Decide(ctx context.Context, event host.Event, wait time.Duration) (host.Decision, error)
	// Limit returns how long a flow may take whose sender wants to wait for so long, 0
	// for as long as may be.
	Limit(wait time.Duration) time.Duration
}

// Server answers events. Set its fields, then call Register once.
type Server struct {
	Decider      Decider
	PasswordKeys []string // words by which passwords in requests are recognized; nil: [proto.DefaultPasswordKeys]
	EventBytes   int64    // the largest event; 0 is 256 KiB
	RepeatBytes  int64    // decisions held for repeats; 0 is 64 MiB

	// Notifier reports events that were refused for their content; nil: nothing is reported.
	Notifier host.Notifier

	// Draining reports that the host is about to stop; nil: it never does.
	Draining func() bool
}

// Register adds the route to g, the group of /v1, behind auth.
func (s *Server) Register(g *echo.Group, auth echo.MiddlewareFunc) {
	words := s.PasswordKeys
	if words == nil {
		words = proto.DefaultPasswordKeys
	}
	h := &handler{
		decider:   s.Decider,
		passwords: proto.NewPasswordKeys(words),
		maxBytes:  cmp.Or(s.EventBytes, 256<<10),
		draining:  s.Draining,
		notifier:  s.Notifier,
		repeats:   newRepeats(cmp.Or(s.RepeatBytes, 64<<20)),
	}
	g.POST("/decisions/:trigger", h.post, auth)
}
