package ingress

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// One request, from its first header to its answer:
//
//  1. The header is read: which trigger, how the events are wrapped, which
//     Idempotency-Key. A request that its header refuses costs no memory.
//  2. The rate limit of the API key takes one event.
//  3. The body is read into memory that counts as the key's share (see gate).
//  4. The body is split into its events, and each is taken out of its CloudEvent.
//  5. The rate limit takes the rest of a batch.
//  6. Every event is checked against its trigger's contract, and gets the key by
//     which a repeat is recognised. All that is wrong is reported at once.
//  7. The store commits all events of the request, or none, durably. From here on
//     the request is completed even if its sender disconnects, so that the answer
//     and the stored events agree.
//  8. The answer is 202 if any event is new, and 200 if all were stored before.
//
// An event that was refused for its content is stored as a refused event, with
// the reason. [Server.SendAgain] later takes it through steps 1, 4, 6 and 7.

// handler serves the route of a Server.
type handler struct {
	store    Acceptor
	log      *slog.Logger
	limits   Limits
	rate     *web.Limiter
	gate     *gate
	metrics  *metrics
	refusals *refusedWriter // nil: refused events are not stored
	notifier host.Notifier  // nil: nothing is reported
}

func (h *handler) post(c echo.Context) error {
	web.Quiet(c)
	start := time.Now()
	r := &delivery{}
	accepted, err := h.take(c, r)
	h.metrics.count(r, accepted, err, start)
	if err != nil {
		nameAccepted(c, err)
		h.notify(web.KeyFrom(c).ID, r, h.refusals.keep(c, r, err), err)
		return err
	}
	return answer(c, r.batch, accepted)
}

// nameAccepted names in the header what would have been accepted.
func nameAccepted(c echo.Context, err error) {
	if host.CodeOf(err) == host.Unsupported {
		c.Response().Header().Set(echo.HeaderAccept, acceptedTypes)
		c.Response().Header().Set(echo.HeaderAcceptEncoding, "identity")
	}
}

// take runs the steps 1 to 7.
func (h *handler) take(c echo.Context, r *delivery) ([]host.Accepted, error) {
	if err := r.readHeader(c.Param("trigger"), c.Request().URL.RawQuery, c.Request().Header); err != nil {
		h.readRefused(c, r, err)
		return nil, err
	}
	sender := senderOf(c)
	if err := h.limitRate(sender, 1); err != nil {
		return nil, err
	}
	held := h.gate.hold(sender)
	defer held.release()
	if err := h.readBody(c, r, held); err != nil {
		return nil, err
	}
	if err := h.open(c.Request().Header, r); err != nil {
		return nil, err
	}
	if err := h.limitRate(sender, len(r.items)-1); err != nil {
		return nil, err
	}
	events, err := check(r)
	if err != nil {
		return nil, err
	}
	return h.accept(c.Request().Context(), web.RequestID(c), r, sender, events)
}

// readRefused reads the body of a request that was refused for its header, if it
// is to be stored as a refused event.
func (h *handler) readRefused(c echo.Context, r *delivery, err error) {
	sender := senderOf(c)
	if !h.refusals.keeps(err) || h.limitRate(sender, 1) != nil {
		return
	}
	held := h.gate.hold(sender)
	defer held.release()
	_ = h.readBody(c, r, held) // what can't be read is not stored
}

// accept stores the events.
func (h *handler) accept(ctx context.Context, requestID string, r *delivery, sender string, events []host.NewEvent) ([]host.Accepted, error) {
	if len(events) == 0 {
		return nil, nil
	}
	if !h.gate.requests.take(sender, 1) {
		return nil, overloaded("requests")
	}
	defer h.gate.requests.give(sender, 1)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.limits.AcceptTimeout)
	defer cancel()
	accepted, err := h.store.Accept(ctx, events)
	if err != nil {
		return nil, storeError(ctx, err, r)
	}
	if len(accepted) != len(events) {
		return nil, &host.Error{Code: host.Internal, Err: errWrongCount}
	}
	h.logAccepted(ctx, requestID, accepted)
	return accepted, nil
}

func (h *handler) logAccepted(ctx context.Context, requestID string, accepted []host.Accepted) {
	if !h.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	for _, a := range accepted {
		h.log.LogAttrs(ctx, slog.LevelDebug, "accepted event",
			slog.String("request_id", requestID), slog.String("event_id", a.EventID),
			slog.String("execution_id", a.ExecutionID), slog.Bool("repeat", a.Repeat))
	}
}

// limitRate takes n events from the sender's rate limit.
func (h *handler) limitRate(sender string, n int) error {
	if n < 1 {
		return nil
	}
	if wait := h.rate.Take(sender, n); wait > 0 {
		return &host.Error{
			Code: host.Overloaded, RetryAfter: wait,
			Text: "event rate limit of this API key exceeded",
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

// answer is 202 when any event is new, and 200 when all were stored before.
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
