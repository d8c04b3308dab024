package client

import (
	"context"
	"net/http"

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
	Executions []host.Execution `json:"executions"`
	Next       string           `json:"next"`
}

// Executions returns a page of executions. The query's ActionID may also be a
// name.
func (c *Client) Executions(ctx context.Context, q host.ExecutionQuery) (ExecutionPage, error) {
	var page ExecutionPage
	err := c.get(ctx, path("executions"), params(
		"status", string(q.Status),
		"user_id", q.UserID,
		"event_id", q.EventID,
		"action", q.ActionID,
		"before", q.Before,
		"limit", decimal(q.Limit),
	), &page)
	return page, err
}

// Execution returns an execution with its results.
func (c *Client) Execution(ctx context.Context, id string) (Execution, error) {
	var answer struct {
		host.Execution
		Results []result `json:"results"`
	}
	if err := c.get(ctx, path("executions", id), nil, &answer); err != nil {
		return Execution{}, err
	}
	e := Execution{Execution: answer.Execution, Results: make([]host.Result, len(answer.Results))}
	for i, r := range answer.Results {
		e.Results[i] = r.host()
	}
	return e, nil
}

// RetryExecution runs an execution's dead letters again.
func (c *Client) RetryExecution(ctx context.Context, id string) (host.Execution, error) {
	var e host.Execution
	err := c.send(ctx, http.MethodPost, path("executions", id, "retry"), nil, &e)
	return e, err
}

// CancelExecution stops an execution.
func (c *Client) CancelExecution(ctx context.Context, id string) (host.Execution, error) {
	var e host.Execution
	err := c.send(ctx, http.MethodPost, path("executions", id, "cancel"), nil, &e)
	return e, err
}

// ReplayExecution runs an execution's event again: with the versions that ran
// then, or with those that are bound now.
func (c *Client) ReplayExecution(ctx context.Context, id string, sameVersions bool) (host.Accepted, error) {
	var a host.Accepted
	body := map[string]bool{"same_versions": sameVersions}
	err := c.send(ctx, http.MethodPost, path("executions", id, "replay"), body, &a)
	return a, err
}
