package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/usherhost/usher/host"
)

// Execution is an execution with its results, oldest first.
type Execution struct {
	host.Execution
	Results []host.Result `json:"results"`
}

// ExecutionPage is one page of executions, newest first. Next is the Before of
// the next page, "" after the last.
type ExecutionPage struct {
	Executions []host.Execution       `json:"executions"`
	Next       string                 `json:"next"`
	Indexing   []host.SearchableField `json:"indexing,omitempty"` // of the query's fields, those that do not find all older executions yet
}

// Executions returns a page of executions. The query's ActionID may also be a
// name.
func (c *Client) Executions(ctx context.Context, q host.ExecutionQuery) (ExecutionPage, error) {
	var page ExecutionPage
	err := c.get(ctx, path("executions"), executionParams(q), &page)
	return page, err
}

func executionParams(q host.ExecutionQuery) url.Values {
	query := params(
		"status", string(q.Status),
		"decision", string(q.Decision),
		"user_id", q.UserID,
		"event_id", q.EventID,
		"action", q.ActionID,
		"version", q.VersionID,
		"since", moment(q.Since),
		"until", moment(q.Until),
		"text", q.Text,
		"before", q.Before,
		"limit", decimal(q.Limit),
	)
	addConditions(query, q.Where)
	return query
}

// moment is t, or nothing for the zero time.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Execution returns an execution with its results.
func (c *Client) Execution(ctx context.Context, id string) (Execution, error) {
	var answer resultsOf
	if err := c.get(ctx, path("executions", id), nil, &answer); err != nil {
		return Execution{}, err
	}
	return answer.host(), nil
}

// resultsOf is an execution with results as the API shows it.
type resultsOf struct {
	host.Execution
	Results []result `json:"results"`
}

func (r resultsOf) host() Execution {
	e := Execution{Execution: r.Execution, Results: make([]host.Result, len(r.Results))}
	for i := range r.Results {
		e.Results[i] = r.Results[i].host()
	}
	return e
}

// ExecutionLogs returns all that the runs of an execution logged, for people:
// one line for each, in the order of the runs.
func (c *Client) ExecutionLogs(ctx context.Context, id string) (string, error) {
	var text []byte
	err := c.get(ctx, path("executions", id, "logs"), nil, &text)
	return string(text), err
}

// RetryExecution runs an execution's dead letters again, or makes the attempt at once that
// waits for its time.
func (c *Client) RetryExecution(ctx context.Context, id string, o host.RetryOptions) (host.Execution, error) {
	var e host.Execution
	body := map[string]bool{"same_version": o.SameVersion, "now": o.Now}
	err := c.send(ctx, http.MethodPost, path("executions", id, "retry"), body, &e)
	return e, err
}

// CancelExecution stops an execution.
func (c *Client) CancelExecution(ctx context.Context, id string) (host.Execution, error) {
	var e host.Execution
	err := c.send(ctx, http.MethodPost, path("executions", id, "cancel"), nil, &e)
	return e, err
}

// RerunExecution runs an execution's event again. The Action of o may also be a name; its
// Batch is not used.
func (c *Client) RerunExecution(ctx context.Context, id string, o host.RerunOptions) (host.Accepted, error) {
	var a host.Accepted
	body := map[string]any{"same_versions": o.SameVersions, "action": o.ActionID}
	err := c.send(ctx, http.MethodPost, path("executions", id, "rerun"), body, &a)
	return a, err
}
