package admin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// operations are what a batch does.
var operations = []string{"retry", "rerun", "cancel"}

// The bounds of a batch.
const (
	maxBatchIDs   = 1000 // executions that one request names
	maxBatchChars = 64   // of a batch's name
)

// batchBody asks for a part of a batch.
type batchBody struct {
	Operation    string           `json:"operation"`
	Filter       *executionFilter `json:"filter,omitempty"`
	Executions   []string         `json:"executions,omitempty"`
	DryRun       bool             `json:"dry_run,omitempty"`
	SameVersions bool             `json:"same_versions,omitempty"`
	Now          bool             `json:"now,omitempty"`
	Action       string           `json:"action,omitempty"`
	Batch        string           `json:"batch,omitempty"`
}

// doBatch does something to a part of many executions. It asks for a filter, so that a body
// without one does not do it to all. The answer names where the next part begins; the
// request of each part can be repeated.
func (s *Server) doBatch(c echo.Context) error {
	var body batchBody
	if err := decode(c, &body); err != nil {
		return err
	}
	if err := body.check(); err != nil {
		return err
	}
	q := host.BatchQuery{IDs: body.Executions, DryRun: body.DryRun}
	if body.Filter != nil {
		var err error
		if q.ExecutionQuery, err = s.bodyQuery(c, *body.Filter, "/filter"); err != nil {
			return err
		}
	}
	if body.Batch == "" {
		body.Batch = host.NewID(host.BatchPrefix)
	}
	b, err := s.batch(c, &body, q)
	if b.ID = body.Batch; b.Done > 0 && !b.DryRun { // some are done, even when others failed
		note := map[string]any{"asked": body, "done": b.Done}
		err = errors.Join(err, s.recordChange(c, "execution."+body.Operation, b.ID, note))
	}
	if err != nil {
		return notFound(err, "such execution", fmt.Sprint(body.Executions))
	}
	if b.Indexing, err = s.indexing(c, q.Where); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, b)
}

func (s *Server) batch(c echo.Context, body *batchBody, q host.BatchQuery) (host.Batch, error) {
	ctx := c.Request().Context()
	switch body.Operation {
	case "retry":
		return s.History.RetryExecutions(ctx, q, host.RetryOptions{SameVersion: body.SameVersions, Now: body.Now})
	case "cancel":
		return s.History.CancelExecutions(ctx, q)
	}
	action, err := s.actionID(c, body.Action)
	if err != nil {
		return host.Batch{}, err
	}
	return s.History.RerunExecutions(ctx, q, host.RerunOptions{SameVersions: body.SameVersions, ActionID: action, Batch: body.Batch})
}

// check reports what is wrong with the body and can be found without a look-up.
func (b *batchBody) check() error {
	var bad []host.Field
	add := func(pointer, format string, args ...any) {
		bad = append(bad, host.Field{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
	}
	if !slices.Contains(operations, b.Operation) {
		add("/operation", "must be one of %s, not %q", join(operations), b.Operation)
	}
	switch {
	case b.Filter == nil && len(b.Executions) == 0:
		add("/filter", "is required, or executions; an empty object selects all")
	case b.Filter != nil && len(b.Executions) > 0:
		add("/executions", "must not stand beside a filter")
	case len(b.Executions) > maxBatchIDs:
		add("/executions", "must not have more than %d ids, not %d", maxBatchIDs, len(b.Executions))
	}
	for _, only := range []struct {
		given              bool
		pointer, operation string
	}{
		{b.Now, "/now", "retry"},
		{b.Action != "", "/action", "rerun"},
		{b.SameVersions && b.Operation == "cancel", "/same_versions", "retry or rerun"},
	} {
		if only.given && b.Operation != only.operation {
			add(only.pointer, "is for the operation %s", only.operation)
		}
	}
	if utf8.RuneCountInString(b.Batch) > maxBatchChars || host.Unprintable(b.Batch) != "" {
		add("/batch", "must have %d printable characters at most", maxBatchChars)
	}
	if len(bad) == 0 {
		return nil
	}
	return &host.Error{Code: host.Invalid, Text: "the batch is not valid", Hint: "GET /v1/openapi.yaml describes it", Fields: bad}
}
