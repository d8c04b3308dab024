package auth0

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
)

const noExecution = "That execution does not exist."

// executionView is Auth0's ActionExecution.
type executionView struct {
	ID        string       `json:"id"`
	TriggerID host.Trigger `json:"trigger_id"`
	Status    string       `json:"status"`
	Results   []resultView `json:"results"`
	CreatedAt time.Time    `json:"created_at"`
	UpdatedAt time.Time    `json:"updated_at"`
}

// resultView is Auth0's ActionExecutionResult.
type resultView struct {
	ActionName string     `json:"action_name"`
	Error      *errorView `json:"error,omitempty"`
	StartedAt  time.Time  `json:"started_at"`
	EndedAt    time.Time  `json:"ended_at"`
}

// executionStatuses are Auth0's words for ours. An execution is "final" when
// every action of it succeeded. Auth0 does not say what a failed action makes
// of it; here it is "partial", so that "final" may be trusted, and the results
// show which action failed or never ran. What still runs, or runs again, is
// "pending".
var executionStatuses = map[host.Status]string{
	host.StatusPending:   "pending",
	host.StatusRunning:   "pending",
	host.StatusRetrying:  "pending",
	host.StatusCompleted: "final",
	host.StatusPartial:   "partial",
	host.StatusFailed:    "partial",
	host.StatusCanceled:  "canceled",
}

func (s *Server) showExecution(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	ctx, id := c.Request().Context(), inside(host.ExecutionPrefix, param(c, "id"))
	x, err := s.History.Execution(ctx, id)
	if err != nil {
		return missing(err, noExecution)
	}
	results, err := s.History.Results(ctx, id)
	if err != nil {
		return missing(err, noExecution)
	}
	return reply(c, http.StatusOK, viewExecution(x, results))
}

// viewExecution shows the last attempt of each action.
func viewExecution(x host.Execution, results []host.Result) executionView {
	view := executionView{
		ID: x.ID, TriggerID: x.Trigger, Results: []resultView{},
		Status:    cmp.Or(executionStatuses[x.Status], "unspecified"),
		CreatedAt: x.CreatedAt, UpdatedAt: x.CreatedAt,
	}
	last := map[int]host.Result{}
	for _, r := range results {
		if r.Attempt >= last[r.Step].Attempt {
			last[r.Step] = r
		}
		if r.EndedAt.After(view.UpdatedAt) {
			view.UpdatedAt = r.EndedAt
		}
	}
	if x.EndedAt.After(view.UpdatedAt) {
		view.UpdatedAt = x.EndedAt
	}
	for step := range x.Plan {
		if r, ok := last[step]; ok {
			view.Results = append(view.Results, viewResult(r))
		}
	}
	return view
}

func viewResult(r host.Result) resultView {
	view := resultView{ActionName: r.Action, StartedAt: r.StartedAt, EndedAt: r.EndedAt}
	if !r.Succeeded {
		view.Error = &errorView{ID: errorClass(r), Msg: "The action failed"}
		if r.Error != nil {
			view.Error.Msg = r.Error.Line()
		}
	}
	return view
}

// errorClass is Auth0's word for whose fault a failure is, from its logs.
func errorClass(r host.Result) string {
	switch {
	case r.Fault == host.FaultHost:
		return "platform_error"
	case r.Fault == host.FaultLimit && r.Limit == "timeout_ms":
		return "action_timeout"
	}
	return "action_error"
}

// testView is the answer to a test, which is 200 also for an action that
// failed. Logs, commands and output are ours: Auth0 shows them in its editor alone.
type testView struct {
	Error    *testError      `json:"error,omitempty"`
	Stats    testStats       `json:"stats"`
	Logs     []host.Log      `json:"logs,omitempty"`
	Commands []host.Command  `json:"commands,omitempty"` // of an action that decides
	Output   json.RawMessage `json:"output,omitempty"`
}

type testError struct {
	Message string `json:"message"`
	Name    string `json:"name,omitempty"`
	Code    string `json:"code,omitempty"`
	Stack   string `json:"stack,omitempty"`
}

type testStats struct {
	TotalRequest    int64 `json:"total_request_duration_ms"`
	TotalExecution  int64 `json:"total_runtime_execution_duration_ms"`
	Processing      int64 `json:"runtime_processing_duration_ms"`
	Action          int64 `json:"action_duration_ms"`
	ExternalCall    int64 `json:"runtime_external_call_duration_ms"`
	BootDuration    int64 `json:"boot_duration_ms"`
	NetworkDuration int64 `json:"network_duration_ms"`
}

var testSchema = &schema{kind: "object", required: []string{"payload"}, properties: map[string]*schema{
	"payload": {kind: "object", about: "What the action runs on: {event: …}", open: true, properties: map[string]*schema{
		"event": {kind: "object", about: "The event, in the form of the trigger"},
	}},
}}

// testAction runs the draft once on an event that a client made up. Nothing of
// it is kept.
func (s *Server) testAction(c echo.Context) error {
	var body struct {
		Payload struct {
			Event json.RawMessage `json:"event"`
		} `json:"payload"`
	}
	if err := cmp.Or(noQuery(c), read(c, testSchema, &body)); err != nil {
		return err
	}
	a, err := s.action(c)
	if err != nil {
		return err
	}
	event := body.Payload.Event
	if event == nil {
		event = json.RawMessage("{}")
	}
	start := time.Now()
	r, err := s.Drafts.Test(c.Request().Context(), a.ID, event)
	if err != nil {
		return s.untested(c, a, err)
	}
	return reply(c, http.StatusOK, map[string]any{"payload": viewTest(r, time.Since(start))})
}

func (s *Server) untested(c echo.Context, a host.Action, err error) error {
	if host.CodeOf(err) == host.Conflict {
		return s.unbuilt(c, a, err, "A draft must be in the 'built' state before it can be tested.")
	}
	return missing(err, noAction)
}

func viewTest(r host.Result, took time.Duration) testView {
	const millis = 1000
	view := testView{Logs: r.Logs, Commands: r.Commands, Stats: testStats{
		TotalRequest:   took.Milliseconds(),
		TotalExecution: r.Stats.TotalMicros / millis,
		Processing:     (r.Stats.TotalMicros - r.Stats.StartMicros - r.Stats.HostMicros) / millis,
		Action:         (r.Stats.TotalMicros - r.Stats.StartMicros) / millis,
		ExternalCall:   r.Stats.HostMicros / millis,
		BootDuration:   r.Stats.StartMicros / millis,
	}}
	if json.Valid(r.Output) {
		view.Output = r.Output
	}
	if r.Succeeded {
		return view
	}
	view.Error = &testError{Message: "The action failed"}
	if r.Error != nil {
		view.Error = &testError{Message: r.Error.Message, Name: r.Error.Name, Code: r.Error.Code, Stack: r.Error.Stack}
	}
	return view
}
