package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

const (
	defaultLogs      = 100
	maxLogs          = 500
	maxWaitSeconds   = 30
	defaultPollEvery = 100 * time.Millisecond
)

// resultView shows a guest's output as the JSON that it is, or else as bytes.
type resultView struct {
	host.Result
	Output       json.RawMessage `json:"output,omitempty"`
	OutputBase64 []byte          `json:"output_base64,omitempty"`
}

func viewResult(r host.Result) resultView {
	r = web.WordResult(r, web.Words)
	if json.Valid(r.Output) {
		return resultView{Result: r, Output: r.Output}
	}
	return resultView{Result: r, OutputBase64: r.Output}
}

type seqResultView struct {
	Seq int64 `json:"seq"`
	resultView
}

// logQuery selects results in the order in which they were recorded.
type logQuery struct {
	after    int64
	actionID string
	limit    int
	wait     time.Duration
}

// followLogs answers with the results after a place in the record, and waits
// for the first one if there is no later one yet.
func (s *Server) followLogs(c echo.Context) error {
	query, err := s.logQuery(c)
	if err != nil {
		return err
	}
	results, next, err := s.awaitResults(c.Request().Context(), query)
	if err != nil {
		return err
	}
	views := make([]seqResultView, len(results))
	for i, r := range results {
		views[i] = seqResultView{Seq: r.Seq, resultView: viewResult(r.Result)}
	}
	return c.JSON(http.StatusOK, map[string]any{"results": views, "next": next})
}

func (s *Server) logQuery(c echo.Context) (logQuery, error) {
	q := queryOf(c, "after", "tail", "action", "limit", "wait")
	p := place{
		after: q.number("after", 0, math.MaxInt64, 0),
		tail:  q.number("tail", 0, maxLogs, 0),
		back:  q.has("tail"),
	}
	query := logQuery{
		limit: int(q.number("limit", 1, maxLogs, defaultLogs)),
		wait:  time.Duration(q.number("wait", 0, maxWaitSeconds, 0)) * time.Second,
	}
	if q.has("after") && q.has("tail") {
		q.fail("the query parameters \"after\" and \"tail\" exclude each other")
	}
	if q.err != nil {
		return query, q.err
	}
	var err error
	if query.after, err = s.begin(c.Request().Context(), p); err != nil {
		return query, err
	}
	query.actionID, err = s.actionID(c, q.text("action"))
	return query, err
}

// place is where to begin: after a result, or back from the newest by a few.
type place struct {
	after, tail int64
	back        bool
}

// begin returns the result after which to begin.
func (s *Server) begin(ctx context.Context, p place) (int64, error) {
	last, err := s.History.LastSeq(ctx)
	if err != nil {
		return 0, err
	}
	if p.back {
		return max(0, last-p.tail), nil
	}
	if p.after > last {
		return 0, &host.Error{
			Code: host.Invalid,
			Text: fmt.Sprintf("cursor %d is newer than the latest result; the database was replaced", p.after),
			Hint: "start again with after=0, or with tail=0 for new results only",
		}
	}
	return p.after, nil
}

// awaitResults returns the next results, none when the wait is over or the
// host drains. Asking again after next misses none and repeats none.
func (s *Server) awaitResults(ctx context.Context, q logQuery) ([]host.SeqResult, int64, error) {
	deadline := time.NewTimer(q.wait)
	defer deadline.Stop()
	tick := time.NewTicker(s.pollEvery())
	defer tick.Stop()
	lastSeq := s.History.LastSeq // those who ask again may see it a little late
	for {
		results, next, err := s.resultsAfter(ctx, q, lastSeq)
		if err != nil || len(results) > 0 || q.wait == 0 {
			return results, next, err
		}
		q.after, lastSeq = next, s.recentSeq
		select {
		case <-tick.C:
		case <-deadline.C:
			return nil, next, nil
		case <-web.Draining(ctx):
			return nil, next, nil
		case <-ctx.Done():
			return nil, next, ctx.Err()
		}
	}
}

func (s *Server) pollEvery() time.Duration {
	if s.PollEvery > 0 {
		return s.PollEvery
	}
	return defaultPollEvery
}

// resultsAfter also returns where to go on: what a filter left out is not
// read again.
func (s *Server) resultsAfter(
	ctx context.Context, q logQuery, lastSeq func(context.Context) (int64, error),
) ([]host.SeqResult, int64, error) {
	last, err := lastSeq(ctx) // before the results: nothing may be recorded between
	if err != nil || last <= q.after {
		return nil, q.after, err
	}
	results, more, err := s.readResults(ctx, q)
	if err != nil {
		return nil, q.after, err
	}
	next := max(last, q.after)
	if n := len(results); n > 0 {
		next = max(next, results[n-1].Seq)
		if more {
			next = results[n-1].Seq
		}
	}
	return results, next, nil
}

// readResults reads up to q.limit results, fewer when they are large, and
// reports whether there may be more.
func (s *Server) readResults(ctx context.Context, q logQuery) (results []host.SeqResult, more bool, err error) {
	for some, size := someResults, 0; len(results) < q.limit && size < maxPageBytes; some *= 2 {
		asked := min(some, q.limit-len(results))
		piece, err := s.History.ResultsAfter(ctx, q.after, q.actionID, asked)
		if err != nil {
			return nil, false, err
		}
		results = append(results, piece...)
		if len(piece) < asked {
			return results, false, nil
		}
		q.after = piece[asked-1].Seq
		for i := range piece {
			size += sizeOf(&piece[i].Result)
		}
	}
	return results, true, nil
}

// sizeOf is about how many bytes of JSON a result is.
func sizeOf(r *host.Result) int {
	size := 1024 + len(r.Output) + 256*len(r.Calls)
	for i := range r.Calls {
		size += len(r.Calls[i].Target) + len(r.Calls[i].Error) + len(r.Calls[i].Hint) + r.Calls[i].Fix.Len()
	}
	if r.Error != nil {
		size += len(r.Error.Message) + len(r.Error.Stack)
	}
	for _, line := range r.Logs {
		size += 64 + len(line.Message)
	}
	return size
}
