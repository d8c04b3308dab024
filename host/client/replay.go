package client

import (
	"context"
	"net/http"
	"strings"

	"github.com/usherhost/usher/host"
)

// ReplayExecution plays an attempt of an execution back on the host.
func (c *Client) ReplayExecution(ctx context.Context, id string, q host.ReplayQuery) (host.ReplayReport, error) {
	body := map[string]any{"action": q.Action, "attempt": q.Attempt, "version": q.Version, "answers": q.Answers}
	if q.Answers == nil {
		delete(body, "answers")
	}
	if q.Module != nil {
		body["module"] = q.Module
	}
	var answer struct {
		host.ReplayReport
		Result result `json:"result"`
	}
	if err := c.send(ctx, http.MethodPost, path("executions", id, "replay"), body, &answer); err != nil {
		return host.ReplayReport{}, err
	}
	report := answer.ReplayReport
	report.Result = answer.Result.host()
	return report, nil
}

// ExportTape returns the file of an attempt that `usher replay` reads, without secrets
// and without the personal data that the paths in mask lead to.
func (c *Client) ExportTape(ctx context.Context, id string, q host.ReplayQuery, mask []string) ([]byte, error) {
	var file []byte
	err := c.get(ctx, path("executions", id, "tape"), params("action", q.Action, "attempt", decimal(q.Attempt), "mask", strings.Join(mask, ",")), &file)
	return file, err
}

// TapePage returns calls of an attempt, as its tape has them, from the one numbered first
// on, limit at most.
func (c *Client) TapePage(ctx context.Context, id string, q host.ReplayQuery, first, limit int) (page host.TapePage, err error) {
	query := params("action", q.Action, "attempt", decimal(q.Attempt), "first", decimal(first), "limit", decimal(limit))
	return page, c.get(ctx, path("executions", id, "calls"), query, &page)
}
