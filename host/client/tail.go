package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/usherhost/usher/host"
)

// TailQuery selects results to follow. Zero fields do not filter.
type TailQuery struct {
	// Its ActionID may also be a name. After is a SeqResult's Seq to start after; -1: at
	// the oldest, 0: at the next result, or where Since says. Until and Limit are unused.
	host.ResultQuery

	Tail *int // instead of After: start with the last so many that are selected

	// Patience is how long to go on trying when the connection broke and the
	// host can't be reached. 0 is a minute.
	Patience time.Duration
}

// The times of a stream.
const (
	tailPatience = time.Minute
	tailIdle     = 60 * time.Second // without a sign of life from the host
	tailPause    = time.Second      // before another connection
)

// Tail follows results as they are recorded, each once and in order, with
// their logs. When the connection breaks, as when the host is restarted, it
// makes another one and continues after the last result. It ends when the caller breaks
// the loop, or with one error: ctx's when that is over, the host's answer when
// it refuses, or why it can't be reached.
func (c *Client) Tail(ctx context.Context, q TailQuery) iter.Seq2[host.SeqResult, error] {
	return func(yield func(host.SeqResult, error) bool) {
		t := &tail{client: c, query: q, yield: yield, pause: tailPause}
		if err := t.follow(ctx); err != nil {
			yield(host.SeqResult{}, err)
		}
	}
}

// tail is one following of results, over one connection after another.
type tail struct {
	client *Client
	query  TailQuery
	yield  func(host.SeqResult, error) bool

	lastID string        // of the last event; "" before the first
	broken time.Time     // since when there is no connection; zero while there is one or was none yet
	pause  time.Duration // before the next connection
}

// Why a following ends whatever the host does.
var (
	errEnough  = errors.New("the caller wants no more")
	errGarbled = errors.New("an event can't be read")
)

func (t *tail) follow(ctx context.Context) error {
	for {
		err := t.connect(ctx)
		switch {
		case errors.Is(err, errEnough):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !t.mayReconnect(err):
			return err
		}
		timer := time.NewTimer(t.wait(err))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// mayReconnect reports whether another connection may succeed.
func (t *tail) mayReconnect(err error) bool {
	p, refused := errors.AsType[*Problem](err)
	switch {
	case refused && !busy(p.Status), errors.Is(err, errGarbled):
		return false
	case t.lastID == "":
		return false // it never worked: what is wrong does not pass
	}
	if t.broken.IsZero() {
		t.broken = time.Now()
	}
	patience := t.query.Patience
	if patience <= 0 {
		patience = tailPatience
	}
	return time.Since(t.broken) < patience
}

func (t *tail) wait(err error) time.Duration {
	if p, refused := errors.AsType[*Problem](err); refused {
		return max(p.RetryAfter, t.pause)
	}
	return t.pause
}

// connect follows results over one connection, until that ends.
func (t *tail) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	idle := time.AfterFunc(tailIdle, cancel)
	defer idle.Stop()
	response, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	s := newStream(&activityReader{response.Body, func() {
		idle.Reset(tailIdle)
		t.broken = time.Time{}
	}}, t.lastID)
	for {
		event, err := s.next()
		t.lastID = s.lastID
		if s.retry > 0 {
			t.pause = s.retry
		}
		if err != nil {
			return fmt.Errorf("follow results: the connection ended: %w", err)
		}
		if err := t.pass(event); err != nil {
			return err
		}
	}
}

func (t *tail) open(ctx context.Context) (*http.Response, error) {
	r := call{method: http.MethodGet, path: path("tail"), query: t.params(), header: http.Header{"Accept": {eventStream}}}
	if t.lastID != "" {
		r.header.Set("Last-Event-ID", t.lastID)
	}
	request, err := t.client.request(ctx, r)
	if err != nil {
		return nil, err
	}
	response, err := t.client.sender().Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	if response.StatusCode == http.StatusOK && mediaType(response) == eventStream {
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", r.method, r.path, err)
	}
	return nil, problemOf(response, body)
}

const eventStream = "text/event-stream"

func (t *tail) params() url.Values {
	query := resultParams(t.query.ResultQuery)
	switch {
	case t.lastID != "":
	case t.query.Tail != nil:
		query.Set("tail", strconv.Itoa(*t.query.Tail))
	case t.query.After < 0:
		query.Set("after", "0")
	case t.query.After > 0:
		query.Set("after", strconv.FormatInt(t.query.After, 10))
	}
	return query
}

// pass hands an event to the caller.
func (t *tail) pass(e streamEvent) error {
	if e.name != "result" {
		return nil
	}
	var r seqResult
	if err := json.Unmarshal(e.data, &r); err != nil {
		return fmt.Errorf("follow results: %w: %w", errGarbled, err)
	}
	if !t.yield(r.host(), nil) {
		return errEnough
	}
	return nil
}

// activityReader calls a function at every byte from the host.
type activityReader struct {
	io.Reader
	sign func()
}

func (l *activityReader) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.sign()
	}
	return n, err //nolint:wrapcheck // it is the reader's
}
