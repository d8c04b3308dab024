package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

// The bounds of live tails. A reader who is slow holds a batch of results and
// a connection, for sendWithin at most; nothing else waits for it.
const (
	tailBatch             = 16
	defaultMaxTails       = 64
	defaultHeartbeatEvery = 15 * time.Second
	defaultSendWithin     = 30 * time.Second
	tailRetryMillis       = 1000
)

const eventStreamType = "text/event-stream"

// tails is what the live tails share.
type tails struct {
	open atomic.Int64

	mu     sync.Mutex
	seq    int64     // of the newest result, as of looked; guarded by mu
	looked time.Time // guarded by mu
}

// tail sends results as they are recorded, as server-sent events, until the
// reader goes or the host drains.
func (s *Server) tail(c echo.Context) error {
	query, err := s.tailQuery(c)
	if err != nil {
		return err
	}
	defer s.tails.open.Add(-1)
	if most := int64(cmp.Or(s.MaxTails, defaultMaxTails)); s.tails.open.Add(1) > most {
		return &host.Error{
			Code: host.Overloaded, RetryAfter: 5 * time.Second,
			Text: fmt.Sprintf("%d live tails are open; the limit is reached", most),
			Hint: "close one of them, or poll GET /v1/logs",
		}
	}
	out := s.openStream(c)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	err = s.follow(out, query)
	if c.Request().Context().Err() != nil || errors.Is(err, errReaderGone) {
		return nil // the reader has disconnected
	}
	return err
}

// tailQuery reads where to begin. A reader that reconnects sends the last id that it
// saw in Last-Event-ID, which takes precedence over the query.
func (s *Server) tailQuery(c echo.Context) (logQuery, error) {
	q := queryOf(c, append(resultFilters(), "after", "tail")...)
	filter := resultFilter(q)
	p := place{
		after: q.number("after", 0, math.MaxInt64, 0),
		tail:  q.number("tail", 0, maxLogs, 0),
		back:  !q.has("after") && (q.has("tail") || !q.has("since")),
	}
	if q.has("after") && q.has("tail") {
		q.fail("the query parameters \"after\" and \"tail\" exclude each other")
	}
	if seen := c.Request().Header.Get("Last-Event-ID"); seen != "" {
		after, err := strconv.ParseInt(seen, 10, 64)
		if err != nil || after < 0 {
			q.fail("the header Last-Event-ID must be the id of an event of this stream, not %q", seen)
		}
		p = place{after: after}
	}
	if q.err != nil {
		return logQuery{}, q.err
	}
	filter.Limit = tailBatch
	err := s.begin(c, q.text("action"), p, &filter)
	return logQuery{ResultQuery: filter}, err
}

// follow sends what query selects, and goes on with what is recorded later.
func (s *Server) follow(out *eventStream, query logQuery) error {
	ctx := out.c.Request().Context()
	tick := time.NewTicker(s.pollEvery())
	defer tick.Stop()
	every := cmp.Or(s.HeartbeatEvery, defaultHeartbeatEvery)
	if err := out.send(fmt.Appendf(nil, "retry: %d\nid: %d\n\n", tailRetryMillis, query.After)); err != nil {
		return err
	}
	for checked := time.Now(); ; {
		if time.Since(checked) >= every {
			if gone, err := s.keyIsGone(out.c); gone || err != nil {
				return err
			}
			checked = time.Now()
		}
		results, next, err := s.resultsAfter(ctx, query, s.recentSeq)
		if err != nil {
			return err
		}
		for i := range results {
			if err := out.sendResult(results[i]); err != nil {
				return err
			}
		}
		query.After = next
		if out.idle() >= every {
			// Readers ignore an event without data, but take its id:
			// what a filter left out is not read again by a reader that comes back.
			if err := out.send(fmt.Appendf(nil, ": heartbeat\nid: %d\n\n", query.After)); err != nil {
				return err
			}
		}
		if stop := s.pauseTail(ctx, tick.C, len(results) == query.Limit); stop {
			return nil
		}
	}
}

// keyIsGone reports whether the key that opened c's tail was deleted since: a
// deleted key is worthless at once, and a tail may be open for days.
func (s *Server) keyIsGone(c echo.Context) (bool, error) {
	keys, err := s.Registry.Keys(c.Request().Context())
	id := web.KeyFrom(c).ID
	return !slices.ContainsFunc(keys, func(k host.Key) bool { return k.ID == id }), err
}

// pauseTail waits for the next look, not at all when there is more, and
// reports true when the tail is to end.
func (s *Server) pauseTail(ctx context.Context, tick <-chan time.Time, more bool) bool {
	if more {
		now := make(chan time.Time)
		close(now)
		tick = now
	}
	select {
	case <-web.Draining(ctx):
		return true
	case <-ctx.Done():
		return true
	default:
	}
	select {
	case <-tick:
		return false
	case <-web.Draining(ctx):
		return true
	case <-ctx.Done():
		return true
	}
}

// recentSeq is the newest result's place, not older than a poll: any number of
// readers costs the store one look.
func (s *Server) recentSeq(ctx context.Context) (int64, error) {
	s.tails.mu.Lock()
	defer s.tails.mu.Unlock()
	if time.Since(s.tails.looked) < s.pollEvery() {
		return s.tails.seq, nil
	}
	seq, err := s.History.LastSeq(ctx)
	if err == nil {
		s.tails.seq, s.tails.looked = seq, time.Now()
	}
	return seq, err
}

// errReaderGone is for an event that could not be sent in time, or at all.
var errReaderGone = errors.New("the reader has disconnected")

// eventStream is an answer that is written bit by bit.
type eventStream struct {
	c       echo.Context
	control *http.ResponseController
	within  time.Duration // that a reader may take for one event
	last    time.Time     // when something was sent
}

func (s *Server) openStream(c echo.Context) *eventStream {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, eventStreamType)
	header.Set("X-Accel-Buffering", "no") // a proxy must not collect events
	out := &eventStream{c: c, control: http.NewResponseController(c.Response()), within: cmp.Or(s.sendWithin, defaultSendWithin)}
	_ = out.control.SetReadDeadline(time.Time{}) // the request is read; its connection stays
	c.Response().WriteHeader(http.StatusOK)
	return out
}

func (o *eventStream) idle() time.Duration { return time.Since(o.last) }

func (o *eventStream) sendResult(r host.SeqResult) error {
	data, err := json.Marshal(seqResultView{Seq: r.Seq, resultView: viewResult(r.Result)})
	if err != nil {
		return fmt.Errorf("encode a result: %w", err)
	}
	event := make([]byte, 0, len(data)+64)
	event = fmt.Appendf(event, "id: %d\nevent: result\ndata: ", r.Seq)
	return o.send(append(append(event, data...), "\n\n"...))
}

// send writes events through to the reader, who has a limited time for it.
func (o *eventStream) send(events []byte) error {
	if err := o.control.SetWriteDeadline(time.Now().Add(o.within)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("%w: %w", errReaderGone, err)
	}
	if _, err := o.c.Response().Write(events); err != nil {
		return fmt.Errorf("%w: %w", errReaderGone, err)
	}
	if err := o.control.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errReaderGone, err)
	}
	o.last = time.Now()
	return nil
}
