package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// DeadLetterPage is one page of executions that have dead letters, newest
// first; the Results of each are its dead letters. Next is the Before of the
// next page, "" after the last.
type DeadLetterPage struct {
	Executions []Execution
	Next       string
	Indexing   []host.SearchableField // as in [ExecutionPage]
}

// DeadLetters returns a page of executions with dead letters. The query's
// ActionID may also be a name.
func (c *Client) DeadLetters(ctx context.Context, q host.ExecutionQuery) (DeadLetterPage, error) {
	var answer struct {
		Executions []resultsOf            `json:"executions"`
		Next       string                 `json:"next"`
		Indexing   []host.SearchableField `json:"indexing"`
	}
	err := c.get(ctx, path("dead-letters"), executionParams(q), &answer)
	page := DeadLetterPage{Executions: make([]Execution, len(answer.Executions)), Next: answer.Next, Indexing: answer.Indexing}
	for i, e := range answer.Executions {
		page.Executions[i] = e.host()
	}
	return page, err
}

// RetryDeadLetters runs the dead letters of all executions that q selects
// again, at most q.Limit of them when it is set, and returns how many
// executions those are.
func (c *Client) RetryDeadLetters(ctx context.Context, q host.ExecutionQuery) (int, error) {
	filter := map[string]any{}
	for name, values := range executionParams(q) {
		filter[name] = values[0]
	}
	if where := filter["where"]; where != nil {
		filter["where"] = executionParams(q)["where"]
	}
	if q.Limit != 0 {
		filter["limit"] = q.Limit
	}
	var answer struct {
		Retried int `json:"retried"`
	}
	err := c.send(ctx, http.MethodPost, path("dead-letters", "retry"), map[string]any{"filter": filter}, &answer)
	return answer.Retried, err
}
