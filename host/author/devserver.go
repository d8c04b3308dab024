package author

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/decisions"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/web"
)

// posted is where an event comes from that was sent to the endpoint.
const posted = "POST"

// maxPosted is how many events wait for the ones before them.
const maxPosted = 1000

// devServer receives events over HTTP as a host does, on the same paths and under the same
// checks, and hands them to the loop of `usher dev`, which runs one at a time. It asks for
// no key: it refuses what a page in a browser may send.
type devServer struct {
	listener net.Listener
	work     chan devWork
	limit    func(time.Duration) time.Duration

	mu   sync.Mutex
	keys map[string]host.Accepted // guarded by mu: of the Idempotency-Keys that were sent
}

// devWork is one request for the loop.
type devWork struct {
	event   devEvent
	refused error              // that was answered, in place of an event
	decided chan<- devDecision // nil: nothing waits
}

// devDecision is the answer to a sender that waits.
type devDecision struct {
	decision host.Decision
	err      error
}

// listenDev opens the endpoint. The caller must end it with close.
func listenDev(ctx context.Context, address string, limit func(time.Duration) time.Duration) (*devServer, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, term.UsageError{Err: fmt.Errorf("listen for events: %w", err), Hint: "choose another address: --listen 127.0.0.1:0 takes a free port"}
	}
	return &devServer{listener: listener, work: make(chan devWork, maxPosted), limit: limit, keys: map[string]host.Accepted{}}, nil
}

func (s *devServer) url() string { return "http://" + s.listener.Addr().String() }

// serve answers until ctx ends.
func (s *devServer) serve(ctx context.Context) error {
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	routes.Use(s.refuseForeign)
	v1 := routes.Group("/v1")
	(&ingress.Server{Store: s}).Register(v1, s.report)
	(&decisions.Server{Decider: s}).Register(v1, s.report)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve events: %w", err)
	}
	return nil
}

// refuseForeign refuses requests of pages: those with an Origin, and those whose Host is a
// name of elsewhere that leads here.
func (s *devServer) refuseForeign(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		q := c.Request()
		if q.Header.Get("Origin") != "" || !s.isHere(q.Host) {
			return &host.Error{Code: host.Forbidden, Text: "usher dev takes no events from pages in a browser", Hint: "send them to " + s.url() + ", without an Origin"}
		}
		return next(c)
	}
}

// isHere reports whether a Host header names this machine, or the address that was chosen.
func (s *devServer) isHere(name string) bool {
	bare, _, err := net.SplitHostPort(name)
	if err != nil {
		bare = name
	}
	if bare == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(bare)
	return err == nil && (ip.IsLoopback() || !s.isLoopback())
}

func (s *devServer) isLoopback() bool {
	at, ok := s.listener.Addr().(*net.TCPAddr)
	return ok && at.IP.IsLoopback()
}

// report hands refusals to the loop, which prints them.
func (s *devServer) report(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		err := next(c)
		if err != nil && host.CodeOf(err) != host.Overloaded {
			select {
			case s.work <- devWork{refused: fmt.Errorf("%s %s: %w", c.Request().Method, c.Request().URL.Path, err)}:
			default: // it is in the answer
			}
		}
		return err
	}
}

// Accept implements [ingress.Acceptor]. An event that is sent again runs again, unless it
// has an Idempotency-Key.
func (s *devServer) Accept(_ context.Context, events []host.NewEvent) ([]host.Accepted, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.work)+len(events) > maxPosted {
		return nil, &host.Error{Code: host.Overloaded, RetryAfter: time.Second, Text: "too many events wait", Hint: "send them again when those before them have run"}
	}
	accepted := make([]host.Accepted, len(events))
	for i, e := range events {
		if known, repeat := s.keys[e.Key]; repeat && e.Strict {
			known.Repeat = true
			accepted[i] = known
			continue
		}
		event := newEvent(e.Event)
		accepted[i] = host.Accepted{EventID: event.ID, ExecutionID: executionOf(event)}
		if e.Strict {
			s.keys[e.Key] = accepted[i]
		}
		s.work <- devWork{event: devEvent{Event: event, from: posted}} // there is room; refusals wait for none
	}
	return accepted, nil
}

// Decide implements [decisions.Decider].
func (s *devServer) Decide(ctx context.Context, event host.Event, wait time.Duration) (host.Decision, error) {
	decided := make(chan devDecision, 1)
	select {
	case s.work <- devWork{event: devEvent{Event: newEvent(event), from: posted, wait: wait}, decided: decided}:
	case <-ctx.Done():
		return host.Decision{}, ctx.Err()
	}
	select {
	case d := <-decided:
		return d.decision, d.err
	case <-ctx.Done():
		return host.Decision{}, ctx.Err()
	}
}

// Limit implements [decisions.Decider].
func (s *devServer) Limit(wait time.Duration) time.Duration { return s.limit(wait) }
