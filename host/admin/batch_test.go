package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// batch does a part of a batch.
func (a *api) batch(t *testing.T, body string) host.Batch {
	t.Helper()
	var b host.Batch
	a.do(t, 200, "POST", "/v1/batches", body, &b)
	return b
}

func TestABatchThatIsNotValidIsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	many := `"` + strings.Repeat(`exe_1","`, 1000) + `exe_1"`
	for _, tt := range []struct{ body, pointer string }{
		{`{"filter":{}}`, "/operation"},
		{`{"operation":"delete","filter":{}}`, "/operation"},
		{`{"operation":"retry"}`, "/filter"},
		{`{"operation":"retry","executions":[]}`, "/filter"},
		{`{"operation":"retry","executions":["exe_1"],"filter":{}}`, "/executions"},
		{`{"operation":"retry","executions":[` + many + `]}`, "/executions"},
		{`{"operation":"cancel","filter":{},"now":true}`, "/now"},
		{`{"operation":"retry","filter":{},"action":"notify"}`, "/action"},
		{`{"operation":"cancel","filter":{},"same_versions":true}`, "/same_versions"},
		{`{"operation":"rerun","filter":{},"batch":"` + strings.Repeat("x", 65) + `"}`, "/batch"},
		{`{"operation":"rerun","filter":{},"batch":"a\nb"}`, "/batch"},
		{`{"operation":"rerun","filter":{"limit":-1}}`, "/filter/limit"},
		{`{"operation":"rerun","filter":{},"dryrun":true}`, "/dryrun"},
	} {
		points(t, a.problem(t, 400, request{method: "POST", path: "/v1/batches", body: tt.body}), tt.pointer)
	}
	a.problem(t, 404, request{method: "POST", path: "/v1/batches", body: `{"operation":"retry","executions":["exe_1"]}`})
	a.problem(t, 404, request{method: "POST", path: "/v1/batches", body: `{"operation":"rerun","filter":{},"action":"nope"}`})
}

func TestABatchIsDoneInPartsAndADryRunDoesNothing(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	for i := range 5 {
		a.accept(t, fmt.Sprint("user-", i))
	}
	a.run(t, false)
	if b := a.batch(t, `{"operation":"retry","dry_run":true,"filter":{"action":"notify"}}`); b.Done != 5 || !b.DryRun || b.Next != "" {
		t.Errorf("the dry run says %+v", b)
	}
	before, done := "", 0
	for parts := 1; ; parts++ {
		b := a.batch(t, `{"operation":"retry","filter":{"limit":2,"before":"`+before+`"}}`)
		done += b.Done
		if before = b.Next; before != "" {
			continue
		}
		if parts != 3 || done != 5 {
			t.Errorf("%d parts retried %d", parts, done)
		}
		return
	}
}

func TestRerunsOfABatchAreMadeOnce(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.action(t, "store")
	a.bind(t, "notify", "store")
	for i := range 3 {
		a.accept(t, fmt.Sprint("user-", i))
	}
	a.run(t, true)
	const body = `{"operation":"rerun","batch":"again","action":"store","filter":{"status":"completed"}}`
	if b := a.batch(t, body); b.Done != 3 || b.ID != "again" {
		t.Errorf("the batch did %+v", b)
	}
	a.run(t, true)
	if b := a.batch(t, body); b.Done != 0 || b.Selected != 3 || len(b.Skipped) != 1 || b.Skipped[0].Executions != 3 {
		t.Errorf("the repeated batch did %+v", b)
	}
	var p executionPage
	a.do(t, 200, "GET", "/v1/executions", "", &p)
	reruns := 0
	for _, e := range p.Executions {
		if e.Batch == "again" {
			reruns++
			if len(e.Plan) != 1 || e.Plan[0].Action != "store" {
				t.Errorf("a rerun has the plan %+v", e.Plan)
			}
		}
	}
	if reruns != 3 || len(p.Executions) != 6 {
		t.Errorf("%d reruns among %d executions", reruns, len(p.Executions))
	}
}

func TestOnlyWhatHasNotEndedIsCanceled(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	a.action(t, "notify")
	a.bind(t, "notify")
	ended := a.accept(t, "ended").ExecutionID
	a.run(t, true)
	open := a.accept(t, "open").ExecutionID
	b := a.batch(t, `{"operation":"cancel","executions":["`+ended+`","`+open+`"]}`)
	if b.Done != 1 || len(b.Skipped) != 1 || b.Skipped[0].Example != ended {
		t.Errorf("canceled %+v", b)
	}
	var e host.Execution
	if a.do(t, 200, "GET", "/v1/executions/"+open, "", &e); e.Status != host.StatusCanceled {
		t.Errorf("it is %s", e.Status)
	}
	var log struct{ Changes []host.Change }
	if a.do(t, 200, "GET", "/v1/changes?object="+b.ID, "", &log); len(log.Changes) != 1 || log.Changes[0].Verb != "execution.cancel" {
		t.Errorf("the log of changes has %+v", log.Changes)
	}
}

func TestARetryShowsWhichVersionTheStepHasNow(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	notify := a.action(t, "notify")
	a.bind(t, "notify")
	died := a.accept(t, "ada").ExecutionID
	a.run(t, false)
	second, err := a.reg.Upload(t.Context(), "notify", guests.Wasm("echo"), host.Manifest{}, true)
	if err != nil {
		t.Fatal(err)
	}
	var e host.Execution
	a.do(t, 202, "POST", "/v1/executions/"+died+"/retry", `{}`, &e)
	if e.Plan[0].VersionID != second.ID || e.Plan[0].VersionID == notify.Deployed.ID || e.Attempt != 1 {
		t.Errorf("retried with %+v", e.Plan)
	}
	var log struct{ Changes []host.Change }
	a.do(t, 200, "GET", "/v1/changes?object="+died, "", &log)
	if want := `{"steps":[{"action":"notify","from_version":1,"to_version":2}]}`; len(log.Changes) != 1 || string(log.Changes[0].After) != want {
		t.Errorf("the log of changes has %+v", log.Changes)
	}
	points(t, a.problem(t, 400, request{method: "POST", path: "/v1/executions/" + died + "/retry", body: `{"soon":true}`}), "/soon")
}
