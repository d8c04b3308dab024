package admin

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

const (
	defaultExecutions = 50
	maxExecutions     = 500
)

func (s *Server) listExecutions(c echo.Context) error {
	query, err := s.executionQuery(c)
	if err != nil {
		return err
	}
	executions, err := s.History.Executions(c.Request().Context(), query)
	if err != nil {
		return err
	}
	next := ""
	if len(executions) == query.Limit {
		next = executions[len(executions)-1].ID
	}
	views := make([]host.Execution, len(executions))
	for i, e := range executions {
		views[i] = viewExecution(e)
	}
	return c.JSON(http.StatusOK, map[string]any{"executions": views, "next": next})
}

func (s *Server) executionQuery(c echo.Context) (host.ExecutionQuery, error) {
	q := queryOf(c, "status", "user_id", "event_id", "action", "before", "limit")
	query := host.ExecutionQuery{
		Status: oneOf(q, "status", host.Waiting, host.Running, host.Retrying, host.Completed,
			host.Partial, host.Aborted, host.Canceled),
		UserID:  q.text("user_id"),
		EventID: q.text("event_id"),
		Before:  q.text("before"),
		Limit:   int(q.number("limit", 1, maxExecutions, defaultExecutions)),
	}
	if query.Before != "" && !strings.HasPrefix(query.Before, host.ExecutionPrefix) {
		q.fail("the query parameter \"before\" must be an execution's id, not %q", query.Before)
	}
	if q.err != nil {
		return query, q.err
	}
	var err error
	query.ActionID, err = s.actionID(c, q.text("action"))
	return query, err
}

// actionID is the id of an action given by id or name. An id need not exist
// any more: what a deleted action did can still be looked up.
func (s *Server) actionID(c echo.Context, idOrName string) (string, error) {
	if idOrName == "" || strings.HasPrefix(idOrName, host.ActionPrefix) {
		return idOrName, nil
	}
	a, err := s.Registry.Action(c.Request().Context(), idOrName)
	return a.ID, err
}

func (s *Server) showExecution(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	ctx, id := c.Request().Context(), param(c, "id")
	execution, err := s.History.Execution(ctx, id)
	if err != nil {
		return notFound(err, "execution", id)
	}
	results, err := s.History.Results(ctx, id)
	if err != nil {
		return err
	}
	views := make([]resultView, len(results))
	for i, r := range results {
		views[i] = viewResult(r)
	}
	return c.JSON(http.StatusOK, struct {
		host.Execution
		Results []resultView `json:"results"`
	}{viewExecution(execution), views})
}

func (s *Server) retryExecution(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	e, err := s.History.RetryExecution(c.Request().Context(), param(c, "id"))
	if err != nil {
		return notFound(err, "execution", param(c, "id"))
	}
	return c.JSON(http.StatusAccepted, viewExecution(e))
}

func (s *Server) replayExecution(c echo.Context) error {
	var body struct {
		SameVersions bool `json:"same_versions"`
	}
	if err := decodeOptional(c, &body); err != nil {
		return err
	}
	accepted, err := s.History.ReplayExecution(c.Request().Context(), param(c, "id"), body.SameVersions)
	if err != nil {
		return notFound(err, "execution", param(c, "id"))
	}
	c.Response().Header().Set(echo.HeaderLocation, "/v1/executions/"+accepted.ExecutionID)
	return c.JSON(http.StatusAccepted, accepted)
}

func (s *Server) cancelExecution(c echo.Context) error {
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	e, err := s.History.CancelExecution(c.Request().Context(), param(c, "id"))
	if err != nil {
		return notFound(err, "execution", param(c, "id"))
	}
	return c.JSON(http.StatusOK, viewExecution(e))
}

// viewExecution has no null where clients expect an array.
func viewExecution(e host.Execution) host.Execution {
	e.Plan, e.Steps = listed(e.Plan), listed(e.Steps)
	return e
}

// notFound gives a NotFound from the store a text for people.
func notFound(err error, noun, id string) error {
	if host.CodeOf(err) != host.NotFound {
		return err
	}
	return &host.Error{
		Code: host.NotFound,
		Text: fmt.Sprintf("there is no %s %q", noun, id),
		Hint: "`usher executions list` shows executions with their events",
		Err:  err,
	}
}
