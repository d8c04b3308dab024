package client

import (
	"context"
	"net/http"

	"github.com/usherhost/usher/host"
)

// Batch is what is done to many executions, a part of them with each call.
type Batch struct {
	Operation string // retry, rerun or cancel

	// Query selects executions. Its ActionID may also be a name; its Before is where the
	// part begins, and its Limit how many it has: 0 is 100, 1000 is the most. IDs names
	// them instead, 1000 at most.
	Query host.ExecutionQuery
	IDs   []string

	DryRun       bool   // nothing is done; a part has 10000
	SameVersions bool   // to retry or rerun: not the versions that are deployed now
	Now          bool   // to retry: what waits for its next attempt
	Action       string // to rerun: this action alone, an id or a name
	ID           string // to rerun: names the batch, which reruns none twice; "" is a new one for each call
}

// DoBatch does what b says to a part of its executions. The Next of the answer is the
// Before of the next part, "" after the last. A call can be repeated.
func (c *Client) DoBatch(ctx context.Context, b Batch) (host.Batch, error) {
	body := map[string]any{
		"operation": b.Operation, "dry_run": b.DryRun, "same_versions": b.SameVersions, "now": b.Now, "action": b.Action, "batch": b.ID,
	}
	if len(b.IDs) > 0 {
		body["executions"] = b.IDs
	} else {
		filter := map[string]any{}
		for name, values := range executionParams(b.Query) {
			filter[name] = values[0]
		}
		if where := executionParams(b.Query)["where"]; where != nil {
			filter["where"] = where
		}
		if b.Query.Limit != 0 {
			filter["limit"] = b.Query.Limit
		}
		body["filter"] = filter
	}
	var answer host.Batch
	err := c.send(ctx, http.MethodPost, path("batches"), body, &answer)
	return answer, err
}
