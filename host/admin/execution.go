package admin

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func (s *Server) registerExecutions(g *echo.Group, read, manage, small echo.MiddlewareFunc) {
	g.GET("/executions", s.listExecutions, read)
	g.GET("/executions/:id", s.showExecution, read)
	g.GET("/executions/:id/logs", s.showLogs, read)
	g.POST("/executions/:id/retry", s.retryExecution, manage, small)
	g.POST("/executions/:id/cancel", s.cancelExecution, manage, small)
	g.GET("/dead-letters", s.listDeadLetters, read)
	g.POST("/batches", s.doBatch, manage, small)
}

func (s *Server) listExecutions(c echo.Context) error {
	query, err := s.executionQuery(c)
	if err != nil {
		return err
	}
	answer, err := executionsPage(cmp.Or(query.Limit, defaultExecutions), query,
		func(q host.ExecutionQuery) ([]host.Execution, error) {
			return s.History.Executions(c.Request().Context(), q)
		},
		func(e host.Execution) (any, error) { return viewExecution(e), nil })
	if err != nil {
		return err
	}
	if err := s.noteIndexing(c, answer, query.Where); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
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
	return c.JSON(http.StatusOK, executionView{viewExecution(execution), views})
}

// executionView is an execution with results.
type executionView struct {
	host.Execution
	Results []resultView `json:"results"`
}

func (s *Server) retryExecution(c echo.Context) error {
	var body struct {
		SameVersion bool `json:"same_version"`
		Now         bool `json:"now"`
	}
	if q := queryOf(c); q.err != nil {
		return q.err
	}
	if err := decodeOptional(c, &body); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), param(c, "id")
	before, err := s.History.Execution(ctx, id)
	if err != nil {
		return notFound(err, "execution", id)
	}
	e, err := s.History.RetryExecution(ctx, id, host.RetryOptions{SameVersion: body.SameVersion, Now: body.Now})
	if err != nil {
		return notFound(err, "execution", id)
	}
	if err := s.recordChange(c, "execution.retry", e.ID, versionChanges(&before, &e)); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, viewExecution(e))
}

// versionChange is a step that a retry gave another version.
type versionChange struct {
	Action string `json:"action"`
	From   int    `json:"from_version"`
	To     int    `json:"to_version"`
}

// versionChanges are those between two states of an execution; nil for none.
func versionChanges(before, after *host.Execution) any {
	var changes []versionChange
	for i := range min(len(before.Plan), len(after.Plan)) {
		if from, to := before.Plan[i], after.Plan[i]; from.VersionID != to.VersionID {
			changes = append(changes, versionChange{to.Action, from.Number, to.Number})
		}
	}
	if changes == nil {
		return nil
	}
	return map[string]any{"steps": changes}
}

func (s *Server) rerunExecution(c echo.Context) error {
	var body struct {
		SameVersions bool   `json:"same_versions"`
		Action       string `json:"action"`
	}
	if err := decodeOptional(c, &body); err != nil {
		return err
	}
	action, err := s.actionID(c, body.Action)
	if err != nil {
		return err
	}
	accepted, err := s.History.RerunExecution(c.Request().Context(), param(c, "id"), host.RerunOptions{SameVersions: body.SameVersions, ActionID: action})
	if err != nil {
		return notFound(err, "execution", param(c, "id"))
	}
	if err := s.recordChange(c, "execution.rerun", param(c, "id"), accepted); err != nil {
		return err
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
	if err := s.recordChange(c, "execution.cancel", e.ID, nil); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewExecution(e))
}

// viewExecution has no null where clients expect an array.
func viewExecution(e host.Execution) host.Execution {
	e.Plan, e.Progress = web.Listed(e.Plan), web.Listed(e.Progress)
	return e
}

// notFound gives a NotFound from the store a message for people.
func notFound(err error, noun, id string) error {
	if host.CodeOf(err) != host.NotFound {
		return err
	}
	return &host.Error{
		Code: host.NotFound,
		Text: fmt.Sprintf("there is no %s %q", noun, id),
		Fix:  host.FixListExecutions.With(),
		Err:  err,
	}
}
