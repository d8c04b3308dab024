package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
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
	host.ResultQuery
	wait time.Duration
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
	q := queryOf(c, append(resultFilters(), "until", "after", "tail", "limit", "wait")...)
	p := place{
		after: q.number("after", 0, math.MaxInt64, 0),
		tail:  q.number("tail", 0, maxLogs, 0),
		back:  q.has("tail"),
	}
	query := logQuery{ResultQuery: resultFilter(q), wait: time.Duration(q.number("wait", 0, maxWaitSeconds, 0)) * time.Second}
	query.Limit, query.Until = int(q.number("limit", 1, maxLogs, defaultLogs)), timeOf(q.bad, "until", q.text("until"))
	if q.has("after") && q.has("tail") {
		q.fail("the query parameters \"after\" and \"tail\" exclude each other")
	}
	if q.err != nil {
		return query, q.err
	}
	return query, s.begin(c, q.text("action"), p, &query.ResultQuery)
}

// resultFilters are the parameters that resultFilter reads.
func resultFilters() []string {
	return []string{"trigger", "action", "execution_id", "user_id", "email", "where", "failed", "level", "since"}
}

// resultFilter reads what selects results, less the action.
func resultFilter(q *query) host.ResultQuery {
	return host.ResultQuery{
		Trigger: q.trigger("trigger"), ExecutionID: q.text("execution_id"), UserID: q.text("user_id"),
		Where: conditions(q.bad, q.text("email"), q.all("where")), Failed: q.flag("failed"),
		Level: oneOf(q, "level", host.LogLevels()...), Since: timeOf(q.bad, "since", q.text("since")),
	}
}

// place is where to begin: after a result, or with the last few.
type place struct {
	after, tail int64
	back        bool
}

// begin finds the action, and the result after which to begin.
func (s *Server) begin(c echo.Context, action string, p place, query *host.ResultQuery) (err error) {
	ctx := c.Request().Context()
	if query.ActionID, err = s.actionID(c, action); err != nil {
		return err
	}
	if p.back {
		query.After, err = s.History.ResultsBack(ctx, *query, int(p.tail))
		return err
	}
	last, err := s.History.LastSeq(ctx)
	if err != nil {
		return err
	}
	query.After = p.after
	if p.after > last {
		return &host.Error{
			Code: host.Invalid,
			Text: fmt.Sprintf("cursor %d is newer than the latest result; the database was replaced", p.after),
			Hint: "start again with after=0, or with tail=0 for new results only",
		}
	}
	return nil
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
		q.After, lastSeq = next, s.recentSeq
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
	if err != nil || last <= q.After {
		return nil, q.After, err
	}
	results, more, err := s.readResults(ctx, q)
	if err != nil {
		return nil, q.After, err
	}
	next := max(last, q.After)
	if n := len(results); n > 0 {
		next = max(next, results[n-1].Seq)
		if more {
			next = results[n-1].Seq
		}
	}
	return results, next, nil
}

// linesFrom returns the lines of a level or above.
func linesFrom(lines []host.Log, level string) []host.Log {
	if level == "" {
		return lines
	}
	levels := host.LevelsFrom(level)
	return slices.DeleteFunc(lines, func(l host.Log) bool { return !slices.Contains(levels, l.Level) })
}

// readResults reads up to q.Limit results, fewer when they are large, and
// reports whether there may be more.
func (s *Server) readResults(ctx context.Context, q logQuery) (results []host.SeqResult, more bool, err error) {
	most := q.Limit
	for some, size := someResults, 0; len(results) < most && size < maxPageBytes; some *= 2 {
		q.Limit = min(some, most-len(results))
		piece, err := s.History.RecordedResults(ctx, q.ResultQuery)
		if err != nil {
			return nil, false, err
		}
		for i := range piece {
			piece[i].Logs = linesFrom(piece[i].Logs, q.Level)
		}
		results = append(results, piece...)
		if len(piece) < q.Limit {
			return results, false, nil
		}
		q.After = piece[len(piece)-1].Seq
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
