package client

import (
	"context"
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"time"

	"github.com/usherhost/usher/host"
)

// LogQuery selects results in the order in which they were recorded. Zero
// fields do not filter.
type LogQuery struct {
	host.ResultQuery               // its ActionID may also be a name; a Limit of 0 is 100
	Tail             *int          // instead of After: start with the last so many that are selected
	Wait             time.Duration // how long to wait for the first result, at most 30 s; whole seconds
}

// LogPage is a page of [Client.Logs]. Next is the After of the next query.
type LogPage struct {
	Results []host.SeqResult `json:"results"`
	Next    int64            `json:"next"`
}

// Logs returns the next results, or none when there are none within the wait.
func (c *Client) Logs(ctx context.Context, q LogQuery) (LogPage, error) {
	query := resultParams(q.ResultQuery)
	for name, value := range map[string]string{
		"after": decimal(q.After), "until": moment(q.Until), "limit": decimal(q.Limit), "wait": decimal(int64(math.Ceil(q.Wait.Seconds()))),
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if q.Tail != nil {
		query.Del("after")
		query.Set("tail", strconv.Itoa(*q.Tail))
	}
	var answer struct {
		Results []seqResult `json:"results"`
		Next    int64       `json:"next"`
	}
	if err := c.get(ctx, path("logs"), query, &answer); err != nil {
		return LogPage{}, err
	}
	page := LogPage{Results: make([]host.SeqResult, len(answer.Results)), Next: answer.Next}
	for i, r := range answer.Results {
		page.Results[i] = r.host()
	}
	return page, nil
}

// resultParams are the filters that logs and a tail have in common.
func resultParams(q host.ResultQuery) url.Values {
	query := params(
		"trigger", string(q.Trigger), "action", q.ActionID, "execution_id", q.ExecutionID, "user_id", q.UserID,
		"level", q.Level, "since", moment(q.Since),
	)
	if q.Failed {
		query.Set("failed", "true")
	}
	addConditions(query, q.Where)
	return query
}

// result is a result as the API shows it: the guest's output as the JSON that
// it is, or else as bytes.
type result struct {
	host.Result
	Output       json.RawMessage `json:"output"`
	OutputBase64 []byte          `json:"output_base64"`
}

func (r result) host() host.Result {
	out := r.Result
	out.Output = r.Output
	if r.OutputBase64 != nil {
		out.Output = r.OutputBase64
	}
	return out
}

// seqResult is a result with its place in the record.
type seqResult struct {
	Seq int64 `json:"seq"`
	result
}

func (r seqResult) host() host.SeqResult {
	return host.SeqResult{Seq: r.Seq, Result: r.result.host()}
}
