package client

import (
	"context"

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
