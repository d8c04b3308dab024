package auth0_test

import (
	"context"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// past is a history of one execution.
type past struct {
	host.History
	execution host.Execution
	results   []host.Result
}

func (p past) Execution(context.Context, string) (host.Execution, error) { return p.execution, nil }

func (p past) Results(context.Context, string) ([]host.Result, error) { return p.results, nil }

func TestAnExecutionHasAuth0sForm(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	after := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	plan := []host.Step{{Action: "a"}, {Action: "b"}}
	result := func(step, attempt int, fault host.Fault, e *host.ResultError) host.Result {
		return host.Result{
			Step: step, Attempt: attempt, Action: plan[step].Action, Succeeded: fault == "", Fault: fault, Error: e,
			StartedAt: after(10*step + attempt), EndedAt: after(10*step + attempt + 1),
		}
	}
	broken := &host.ResultError{Name: "TypeError", Message: "x is undefined"}
	timeout := result(0, 1, host.FaultLimit, &host.ResultError{Message: "stopped after 5s"})
	timeout.Limit = "timeout_ms"
	for _, tt := range []struct {
		name    string
		status  host.Status
		results []host.Result
		want    string
		errors  [][2]any // id and msg of each result's error
		updated time.Time
	}{
		{name: "waits", status: host.StatusPending, want: "pending", updated: start},
		{name: "runs", status: host.StatusRunning, results: []host.Result{result(0, 1, "", nil)}, want: "pending", errors: [][2]any{{}}, updated: after(2)},
		{
			name: "runs again", status: host.StatusRetrying, results: []host.Result{result(0, 1, host.FaultGuest, broken)},
			want: "pending", errors: [][2]any{{"action_error", "TypeError: x is undefined"}}, updated: after(2),
		},
		{
			name: "is complete after a retry", status: host.StatusCompleted,
			results: []host.Result{result(0, 1, host.FaultGuest, broken), result(0, 2, "", nil), result(1, 1, "", nil)},
			want:    "final", errors: [][2]any{{}, {}}, updated: after(12),
		},
		{
			name: "has a dead letter", status: host.StatusPartial,
			results: []host.Result{result(0, 1, host.FaultHost, nil), result(1, 1, "", nil)},
			want:    "partial", errors: [][2]any{{"platform_error", "The action failed"}, {}}, updated: after(12),
		},
		{
			name: "was stopped", status: host.StatusFailed, results: []host.Result{timeout},
			want: "partial", errors: [][2]any{{"action_timeout", "stopped after 5s"}}, updated: after(2),
		},
		{name: "was canceled", status: host.StatusCanceled, want: "canceled", updated: start},
		{name: "is a riddle", status: "odd", want: "unspecified", updated: start},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := open(t)
			k.server.History = past{execution: host.Execution{
				ID: "exe_1", Trigger: host.PostUserRegistration, Status: tt.status, Plan: plan, CreatedAt: start,
			}, results: tt.results}
			got := k.must(200, "GET", "/api/v2/actions/executions/exe_1", "")
			if got["status"] != tt.want || got["trigger_id"] != "post-user-registration" || got["id"] != "exe_1" {
				t.Errorf("the execution is %v", got)
			}
			if got["updated_at"] != tt.updated.Format(time.RFC3339Nano) || got["created_at"] != start.Format(time.RFC3339Nano) {
				t.Errorf("from %v to %v, want %v", got["created_at"], got["updated_at"], tt.updated)
			}
			if list, _ := got["results"].([]any); len(list) != len(tt.errors) {
				t.Fatalf("results %v", list)
			}
			for i, want := range tt.errors {
				if id, msg := at(got, "results", i, "error", "id"), at(got, "results", i, "error", "msg"); id != want[0] || msg != want[1] {
					t.Errorf("result %d: %v %v, want %v", i, id, msg, want)
				}
			}
		})
	}
}

func TestEveryStatusHasOneOfAuth0s(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, status := range host.Statuses() {
		k.server.History = past{execution: host.Execution{ID: "exe_1", Status: status}}
		if got := k.must(200, "GET", "/api/v2/actions/executions/exe_1", ""); got["status"] == "unspecified" {
			t.Errorf("%s has no status of Auth0", status)
		}
	}
}

func TestAnEventIsFollowedFromItsRequestToItsExecution(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.create("good", "guest noop", `,"deploy":true`)
	k.must(200, "PATCH", bindings, `{"bindings":[{"ref":{"value":"good"}}]}`)
	accepted, err := k.host.DB.Accept(t.Context(), []host.NewEvent{hosttest.Event(1)})
	if err != nil {
		t.Fatal(err)
	}
	id := accepted[0].ExecutionID
	if _, err := k.host.Wait(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{id, auth0.Outside(id)} {
		got := k.must(200, "GET", "/api/v2/actions/executions/"+form, "")
		if got["id"] != id || got["status"] != "final" || at(got, "results", 0, "action_name") != "good" || at(got, "results", 0, "error") != nil {
			t.Errorf("the execution is %v", got)
		}
	}
}

func TestATestAnswers200AlsoForAnActionThatFails(t *testing.T) {
	t.Parallel()
	k := open(t)
	id := k.create("notify", "guest fail", "")
	path := actions + "/" + id + "/test"
	got := k.must(200, "POST", path, `{"payload":{"event":{"user":{"user_id":"auth0|1"}}}}`)
	if text(got, "payload", "error", "message") == "" {
		t.Errorf("answered %v", got)
	}
	for _, name := range []string{
		"total_request_duration_ms", "total_runtime_execution_duration_ms", "runtime_processing_duration_ms",
		"action_duration_ms", "runtime_external_call_duration_ms", "boot_duration_ms", "network_duration_ms",
	} {
		if n, ok := at(got, "payload", "stats", name).(float64); !ok || n < 0 {
			t.Errorf("%s is %v", name, at(got, "payload", "stats", name))
		}
	}
	k.must(200, "PATCH", actions+"/"+id, `{"code":"guest noop"}`)
	got = k.must(200, "POST", path, `{"payload":{"extra":1}}`)
	if at(got, "payload", "error") != nil || at(got, "payload", "stats") == nil {
		t.Errorf("answered %v", got)
	}
	k.send("POST", path, `{"event":{}}`).
		want(400, "Bad Request", "Payload validation error: 'Missing required property: payload'.", "invalid_body")
	k.send("POST", path, `{"payload":{"event":[]}}`).
		want(400, "Bad Request", "Payload validation error: 'Expected type object but found type array' on property payload.event (The event, in the form of the trigger).", "invalid_body")
	events, err := k.host.DB.Executions(t.Context(), host.ExecutionQuery{})
	if err != nil || len(events) != 0 {
		t.Errorf("kept %v, %v", events, err)
	}
}
