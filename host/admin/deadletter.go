package admin

import (
	"cmp"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

// listDeadLetters shows executions that have dead letters, each with those.
func (s *Server) listDeadLetters(c echo.Context) error {
	query, err := s.executionQuery(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	answer, err := executionsPage(cmp.Or(query.Limit, defaultExecutions), query,
		func(q host.ExecutionQuery) ([]host.Execution, error) { return s.History.DeadLetters(ctx, q) },
		func(e host.Execution) (any, error) {
			results, err := s.History.Results(ctx, e.ID)
			return executionView{viewExecution(e), deadLetters(e, results)}, err
		})
	if err != nil {
		return err
	}
	if err := s.noteIndexing(c, answer, query.Where); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// deadLetters are the last results of the steps that are dead. One that was
// retried since is not one any more.
func deadLetters(e host.Execution, results []host.Result) []resultView {
	dead := []resultView{}
	for step, state := range e.Progress {
		if state != host.StepDead {
			continue
		}
		for i := len(results) - 1; i >= 0; i-- {
			if r := results[i]; r.Step == step && r.DeadLetter {
				dead = append(dead, viewResult(r))
				break
			}
		}
	}
	return dead
}
