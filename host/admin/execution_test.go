package admin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestAnExecutionIsShownWithItsResults(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	accepted := a.accept(t, "ada")
	a.run(t, true)
	var shown struct {
		Status  host.Status
		Steps   []host.StepState
		Plan    []host.Step
		Results []struct {
			Output json.RawMessage
			Logs   []host.Log
			Calls  []host.CallNote
		}
	}
	a.do(t, 200, "GET", "/v1/executions/"+accepted.ExecutionID, "", &shown)
	if shown.Status != host.StatusCompleted || len(shown.Plan) != 1 || len(shown.Results) != 1 {
		t.Fatalf("shown %+v", shown)
	}
	if r := shown.Results[0]; string(r.Output) != `{"said":"hello"}` || len(r.Logs) != 1 || len(r.Calls) != 1 {
		t.Errorf("result is %+v", r)
	}
	var event struct {
		ID     string
		UserID string `json:"user_id"`
		Body   json.RawMessage
	}
	a.do(t, 200, "GET", "/v1/events/"+accepted.EventID, "", &event)
	if event.ID != accepted.EventID || event.UserID != "ada" || string(event.Body) != `{"user":{"user_id":"ada"}}` {
		t.Errorf("event is %+v", event)
	}
}

func TestExecutionsAreListedInPages(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	notify := a.action(t, "notify")
	a.bind(t, "notify")
	var want []string
	for i := range 5 {
		want = append([]string{a.accept(t, fmt.Sprintf("user-%d", i)).ExecutionID}, want...)
	}
	a.run(t, true)
	late := a.accept(t, "late")
	type page struct {
		Executions []host.Execution
		Next       string
	}
	var got []string
	for before, pages := "", 0; pages == 0 || before != ""; pages++ {
		var p page
		a.do(t, 200, "GET", "/v1/executions?status=completed&limit=2&before="+before, "", &p)
		for _, e := range p.Executions {
			got = append(got, e.ID)
		}
		before = p.Next
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("listed %v, want %v", got, want)
	}
	for query, count := range map[string]int{
		"": 6, "user_id=late": 1, "event_id=" + late.EventID: 1, "status=pending": 1, "status=failed": 0,
		"action=notify": 6, "action=" + notify.ID: 6, "action=notify&status=completed": 5, "action=act_gone": 0, "user_id=user-1&status=pending": 0,
	} {
		var p page
		a.do(t, 200, "GET", "/v1/executions?"+query, "", &p)
		if len(p.Executions) != count {
			t.Errorf("%q lists %d, want %d", query, len(p.Executions), count)
		}
	}
	for _, query := range []string{"status=done", "limit=0", "limit=501", "limit=x", "before=evt_1"} {
		a.problem(t, 400, request{path: "/v1/executions?" + query})
	}
	a.problem(t, 404, request{path: "/v1/executions?action=nope"})
}

func TestADeadLetterIsRetriedRerunOrCanceled(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	accepted := a.accept(t, "ada")
	path := "/v1/executions/" + accepted.ExecutionID
	a.problem(t, 409, request{method: "POST", path: path + "/retry"})
	a.run(t, false)
	var shown struct {
		Status  host.Status
		Results []struct {
			OutputBase64 []byte `json:"output_base64"`
			Error        host.ResultError
		}
	}
	a.do(t, 200, "GET", path, "", &shown)
	if shown.Status != host.StatusPartial || len(shown.Results) != 1 || len(shown.Results[0].OutputBase64) != 2 || shown.Results[0].Error.Hint == "" {
		t.Fatalf("shown %+v", shown)
	}
	var e host.Execution
	a.do(t, 202, "POST", path+"/retry", "", &e)
	if e.Status.Final() {
		t.Errorf("retried %+v", e)
	}
	a.do(t, 200, "POST", path+"/cancel", "", &e)
	if e.Status != host.StatusCanceled {
		t.Errorf("canceled %+v", e)
	}
	a.problem(t, 409, request{method: "POST", path: path + "/cancel"})
	for _, body := range []string{"", `{"same_versions": true}`} {
		var again host.Accepted
		answer := a.do(t, 202, "POST", path+"/rerun", body, &again)
		if again.EventID != accepted.EventID || again.ExecutionID == accepted.ExecutionID || answer.Header().Get("Location") == "" {
			t.Errorf("rerun %+v", again)
		}
	}
	points(t, a.problem(t, 400, request{method: "POST", path: path + "/rerun", body: `{"same": true}`}), "/same")
}
