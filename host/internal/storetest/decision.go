package storetest

import (
	"encoding/json"
	"time"

	"github.com/usherhost/usher/host"
)

var decisionPromises = []promise{
	{"what is bound is known at once, whatever changes it", boundNow},
	{"a decision is found with its event, execution and results", decidedWhole},
	{"decisions are found by their verdict", decidedSearch},
	{"a decision is not run again, and no dead letter", decidedOnce},
	{"a decision keeps the plan that it had", decidedOldPlan},
	{"a decision is deleted whole", decidedExpired},
}

// gate creates an action that decides, deploys it and makes it the only one.
func (b *bench) gate(name string) host.Action {
	b.Helper()
	a := host.Action{ID: host.NewID(host.ActionPrefix), Name: name, Trigger: host.PreUserRegistration}
	b.ok(b.createAction(a))
	b.deploy(a.ID, "module of "+name)
	b.bindGate(host.Binding{ActionID: a.ID, DisplayName: name})
	return a
}

func (b *bench) bindGate(bindings ...host.Binding) []host.Binding {
	b.Helper()
	bound, err := b.ReplaceBindings(b.ctx, host.PreUserRegistration, bindings)
	b.ok(err)
	return bound
}

// plan returns what is bound, as text.
func (b *bench) plan() string {
	b.Helper()
	steps, err := b.Bound(b.ctx, host.PreUserRegistration)
	b.ok(err)
	text, err := json.Marshal(steps)
	b.ok(err)
	return string(text)
}

// decide records a decision on a user by what is bound now, and waits for the commit.
func (b *bench) decide(user string, verdict host.Verdict) host.DecisionRecord {
	b.Helper()
	steps, err := b.Bound(b.ctx, host.PreUserRegistration)
	b.ok(err)
	return b.decideBy(steps, user, verdict)
}

func (b *bench) decideBy(steps []host.Step, user string, verdict host.Verdict) host.DecisionRecord {
	b.Helper()
	tail := host.NewID("")
	r := host.DecisionRecord{
		Event: host.Event{ID: host.EventPrefix + tail, Trigger: host.PreUserRegistration, UserID: user, Body: []byte(`{"user":{}}`), ReceivedAt: time.Now().UTC()},
		Execution: host.Execution{
			ID: host.ExecutionPrefix + tail, Trigger: host.PreUserRegistration, Status: host.StatusPartial, Plan: steps,
		},
		Decision: host.Decision{ExecutionID: host.ExecutionPrefix + tail, Verdict: verdict, Reason: "spam"},
	}
	for i, s := range steps {
		r.Execution.Progress = append(r.Execution.Progress, host.StepFailed)
		r.Results = append(r.Results, host.Result{
			ExecutionID: r.Execution.ID, Step: i, Attempt: 1, ActionID: s.ActionID, VersionID: s.VersionID, Fault: host.FaultGuest,
			Error: &host.ResultError{Message: "extraordinary"},
		})
		r.Tapes = append(r.Tapes, []byte("tape"))
	}
	done := make(chan error, 1)
	b.ok(b.Decided(b.ctx, &r, func(err error) { done <- err }))
	b.ok(<-done)
	return r
}

func boundNow(b *bench) {
	b.equal("before", b.plan(), "[]")
	a := b.gate("one")
	first := b.plan()
	b.equal("the same again", b.plan(), first)
	b.deploy(a.ID, "another module")
	second := b.plan()
	if second == first {
		b.Error("a deploy did not change the plan")
	}
	bound := b.bindGate(host.Binding{ActionID: a.ID, Settings: host.Settings{OnFailure: host.FailDeny}})
	third := b.plan()
	if third == second {
		b.Error("a binding's settings did not change the plan")
	}
	bound[0].Settings.OnFailure = host.FailAllow
	b.ok(b.UpdateBinding(b.ctx, bound[0]))
	if b.plan() == third {
		b.Error("an update of a binding did not change the plan")
	}
	b.bindGate()
	b.equal("after", b.plan(), "[]")
}

func decidedWhole(b *bench) {
	a := b.gate("one")
	r := b.decide("ada@example.org", host.Deny)
	b.reopen(nil)
	x := b.execution(r.Execution.ID)
	b.equal("status", x.Status, host.StatusPartial)
	b.equal("user", x.UserID, "ada@example.org")
	b.equal("progress", x.Progress[0], host.StepFailed)
	b.equal("action", x.Plan[0].ActionID, a.ID)
	if x.Decision == nil || x.Decision.Verdict != host.Deny || x.Decision.Reason != "spam" || x.EndedAt.IsZero() {
		b.Errorf("found %+v", x)
	}
	e, err := b.Event(b.ctx, r.Event.ID)
	b.ok(err)
	b.equal("body", string(e.Body), `{"user":{}}`)
	b.equal("received", e.ReceivedAt, r.Event.ReceivedAt.Truncate(time.Microsecond))
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	b.equal("results", len(results), 1)
	tape, err := b.Tape(b.ctx, x.ID, 0, 1)
	b.ok(err)
	b.equal("tape", string(tape), "tape")
	after, err := b.RecordedResults(b.ctx, host.ResultQuery{})
	b.ok(err)
	b.equal("results in the tail", len(after), 1)
}

func decidedSearch(b *bench) {
	b.bound("background")
	b.accept(keyed("u", "k", "{}"))
	b.gate("one")
	var denied []string
	for i := range 9 {
		verdict := host.Allow
		if i%3 == 0 {
			verdict = host.Deny
		}
		if r := b.decide("ada", verdict); verdict == host.Deny {
			denied = append([]string{r.Execution.ID}, denied...)
		}
	}
	find := func(q host.ExecutionQuery) []host.Execution {
		found, err := b.Executions(b.ctx, q)
		b.ok(err)
		return found
	}
	found := find(host.ExecutionQuery{Decision: host.Deny})
	b.equal("denied", len(found), 3)
	for i := range found {
		b.equal("id", found[i].ID, denied[i])
	}
	b.equal("allowed", len(find(host.ExecutionQuery{Decision: host.Allow})), 6)
	b.equal("denied, of a status", len(find(host.ExecutionQuery{Decision: host.Deny, Status: host.StatusPartial})), 3)
	b.equal("denied, of another status", len(find(host.ExecutionQuery{Decision: host.Deny, Status: host.StatusFailed})), 0)
	b.equal("denied, of a user", len(find(host.ExecutionQuery{Decision: host.Deny, UserID: "ada"})), 3)
	b.equal("denied, by words", len(find(host.ExecutionQuery{Decision: host.Deny, Text: "extraordinary"})), 3)
	b.equal("denied, before", len(find(host.ExecutionQuery{Decision: host.Deny, Before: denied[0]})), 2)
	b.equal("denied, a page", len(find(host.ExecutionQuery{Decision: host.Deny, Limit: 1})), 1)
	b.equal("all", len(find(host.ExecutionQuery{})), 10)
}

func decidedOnce(b *bench) {
	b.gate("one")
	r := b.decide("ada", host.Allow)
	_, err := b.RerunExecution(b.ctx, r.Execution.ID, host.RerunOptions{SameVersions: true})
	b.code(err, host.Conflict)
	_, err = b.RerunExecution(b.ctx, r.Execution.ID, host.RerunOptions{})
	b.code(err, host.Conflict)
	_, err = b.RetryExecution(b.ctx, r.Execution.ID, host.RetryOptions{})
	b.code(err, host.Conflict)
	_, err = b.CancelExecution(b.ctx, r.Execution.ID)
	b.code(err, host.Conflict)
	b.equal("claimed", len(b.claim(10)), 0)
	dead, err := b.DeadLetters(b.ctx, host.ExecutionQuery{})
	b.ok(err)
	b.equal("dead letters", len(dead), 0)
}

func decidedOldPlan(b *bench) {
	first := b.gate("one")
	steps, err := b.Bound(b.ctx, host.PreUserRegistration)
	b.ok(err)
	second := b.gate("two")
	old := b.decideBy(steps, "ada", host.Allow)
	b.decide("ada", host.Allow)
	again := b.decideBy(steps, "ada", host.Allow)
	b.equal("action", b.execution(old.Execution.ID).Plan[0].ActionID, first.ID)
	for id, want := range map[string]int{first.ID: 2, second.ID: 1} {
		found, err := b.Executions(b.ctx, host.ExecutionQuery{ActionID: id})
		b.ok(err)
		b.equal("found by action", len(found), want)
	}
	b.equal("plan", b.execution(again.Execution.ID).Plan[0].ActionID, first.ID)
}

func decidedExpired(b *bench) {
	b.gate("one")
	r := b.decide("ada", host.Deny)
	b.expire(1)
	_, err := b.Execution(b.ctx, r.Execution.ID)
	b.code(err, host.NotFound)
	found, err := b.Executions(b.ctx, host.ExecutionQuery{Decision: host.Deny})
	b.ok(err)
	b.equal("found", len(found), 0)
}
