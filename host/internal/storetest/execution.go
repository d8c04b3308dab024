package storetest

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

var executionPromises = []promise{
	{"a retry makes dead steps pending and the execution due", retryRevives},
	{"a retry without dead steps, or of what is running, is refused", retryRefused},
	{"attempts after a retry come after the earlier ones", retryKeepsResults},
	{"a cancel ends an execution and fences its holder", cancelFences},
	{"a cancel of what has ended is refused", cancelRefused},
	{"a rerun runs the same event with the present plan", rerunPresent},
	{"a rerun may run the plan that the first had", rerunSame},
	{"a rerun and a retry are leased to a dispatcher with room", rerunIsDispatched},
	{"deleting an action keeps its history readable and its module there", historyOutlives},
	{"a retry runs the deployed version, or the same one", retryDeployed},
	{"a retry that can't run is refused with what helps", retryImpossible},
	{"attempts after a retry are numbered on", retryCounts},
	{"an attempt that waits is made at once", retryNow},
	{"what the breaker of a version holds back goes on with another one", retryHeld},
	{"a rerun may run one action alone", rerunOne},
	{"a batch of reruns makes none twice", rerunBatch},
	{"a batch cancels what has an action to run still", cancelBatch},
	{"deleting an action cancels its pending steps, and the rest goes on", deleteCancels},
}

// dead returns an execution that ended partial, its first step dead.
func (b *bench) dead(user string) host.Execution {
	b.Helper()
	b.accept(event(user))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepDead, host.StepPending)))
	x.Progress[0] = host.StepDead
	b.ok(b.record(outcome(x, host.StatusPartial, host.StepDead, host.StepSucceeded)))
	return b.execution(x.ID)
}

func retryRevives(b *bench) {
	b.bound("one", "two")
	x := b.dead("a")
	got, err := b.RetryExecution(b.ctx, x.ID, host.RetryOptions{})
	b.ok(err)
	b.equal("steps", got.Progress, []host.StepState{host.StepPending, host.StepSucceeded})
	b.equal("attempt", got.Attempt, 1)
	if got.Status.Final() || !got.EndedAt.IsZero() {
		b.Errorf("it has status %s, ended at %v", got.Status, got.EndedAt)
	}
	again := b.claimOne()
	b.equal("id", again.ID, x.ID)
	b.ok(b.record(outcome(again, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	b.equal("status", b.execution(x.ID).Status, host.StatusCompleted)
}

func retryRefused(b *bench) {
	b.bound("one", "two")
	got := b.accept(event("a"))
	_, err := b.RetryExecution(b.ctx, got.ExecutionID, host.RetryOptions{})
	b.code(err, host.Conflict)
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepDead, host.StepPending)))
	_, err = b.RetryExecution(b.ctx, got.ExecutionID, host.RetryOptions{})
	b.code(err, host.Conflict)
}

func retryKeepsResults(b *bench) {
	b.bound("one", "two")
	x := b.dead("a")
	_, err := b.RetryExecution(b.ctx, x.ID, host.RetryOptions{})
	b.ok(err)
	again := b.claimOne()
	o := outcome(again, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)
	o.Result.Logs, o.Tape, o.Result.Attempt = nil, []byte("second"), 2
	b.ok(b.record(o))
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	b.equal("results", len(results), 3)
	b.equal("step of the second", results[1].Step, 0)
	b.equal("logs of the second", len(results[1].Logs), 0)
	tape, err := b.Tape(b.ctx, x.ID, 0, 2)
	b.ok(err)
	b.equal("tape", string(tape), "second")
}

func cancelFences(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.claimOne()
	got, err := b.CancelExecution(b.ctx, x.ID)
	b.ok(err)
	b.equal("status", got.Status, host.StatusCanceled)
	b.code(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded)), host.Fenced)
	b.reopen(nil)
	b.equal("claimed", len(b.claim(1)), 0)
	b.equal("status", b.execution(x.ID).Status, host.StatusCanceled)
}

func cancelRefused(b *bench) {
	got := b.accept(event("a"))
	_, err := b.CancelExecution(b.ctx, got.ExecutionID)
	b.code(err, host.Conflict)
}

func rerunPresent(b *bench) {
	actions := b.bound("one", "two")
	x := b.dead("a")
	b.deploy(actions[0].ID, "another")
	got, err := b.RerunExecution(b.ctx, x.ID, host.RerunOptions{})
	b.ok(err)
	b.equal("event", got.EventID, x.EventID)
	b.reopen(nil)
	rerun := b.execution(got.ExecutionID)
	b.equal("rerun of", rerun.RerunOf, x.ID)
	b.equal("plan", names(rerun.Plan), "one@2 two@1")
	b.equal("user", rerun.UserID, "a")
	b.equal("status of the first", b.execution(x.ID).Status, host.StatusPartial)
	claimed := b.claimOne()
	b.equal("claimed", claimed.ID, got.ExecutionID)
	b.ok(b.record(outcome(claimed, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	results, err := b.Results(b.ctx, claimed.ID)
	b.ok(err)
	b.equal("results", len(results), 1)
	second, err := b.RerunExecution(b.ctx, got.ExecutionID, host.RerunOptions{SameVersions: true})
	b.ok(err)
	b.equal("rerun of the rerun", b.execution(second.ExecutionID).RerunOf, got.ExecutionID)
	next := b.accept(event("b"))
	b.equal("status of a later event", b.execution(next.ExecutionID).Status, host.StatusPending)
}

func rerunSame(b *bench) {
	actions := b.bound("one", "two")
	x := b.dead("a")
	b.deploy(actions[0].ID, "another")
	b.bind()
	got, err := b.RerunExecution(b.ctx, x.ID, host.RerunOptions{SameVersions: true})
	b.ok(err)
	b.equal("plan", names(b.execution(got.ExecutionID).Plan), "one@1 two@1")
}

func rerunIsDispatched(b *bench) {
	b.bound("one", "two")
	x := b.dead("a")
	r := newRoom(2)
	b.reopen(r)
	got, err := b.RerunExecution(b.ctx, x.ID, host.RerunOptions{})
	b.ok(err)
	leased := <-r.leased
	b.equal("id", leased.ID, got.ExecutionID)
	b.equal("body", string(leased.Event.Body), string(event("a").Body))
	_, err = b.RetryExecution(b.ctx, x.ID, host.RetryOptions{})
	b.ok(err)
	leased = <-r.leased
	b.equal("id", leased.ID, x.ID)
	b.ok(b.record(outcome(leased, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	_, err = b.RetryExecution(b.ctx, x.ID, host.RetryOptions{})
	b.code(err, host.Conflict)
	r.mu.Lock()
	defer r.mu.Unlock()
	b.equal("places taken", r.reserved, 2)
}

func historyOutlives(b *bench) {
	actions := b.bound("one", "two")
	done := b.dead("a")
	waiting := b.accept(event("b"))
	b.ok(second(b.DeleteAction(b.ctx, actions[0].ID, true)))
	results, err := b.Results(b.ctx, done.ID)
	b.ok(err)
	b.equal("action of the first result", results[0].Action, "one")
	b.equal("plan", names(b.execution(waiting.ExecutionID).Plan), "one@1 two@1")
	wasm, err := b.Module(b.ctx, done.Plan[0].Digest)
	b.ok(err)
	b.equal("module", string(wasm), "module of one")
}

func (b *bench) retry(id string, o host.RetryOptions) host.Execution {
	b.Helper()
	got, err := b.RetryExecution(b.ctx, id, o)
	b.ok(err)
	return got
}

func retryDeployed(b *bench) {
	actions := b.bound("one", "two")
	x, same := b.dead("a"), b.dead("b")
	b.deploy(actions[0].ID, "fixed")
	b.deploy(actions[1].ID, "newer too")
	b.equal("same version", names(b.retry(same.ID, host.RetryOptions{SameVersion: true}).Plan), "one@1 two@1")
	b.equal("deployed version", names(b.retry(x.ID, host.RetryOptions{}).Plan), "one@2 two@1")
	b.reopen(nil)
	for _, claimed := range b.claim(2) {
		if claimed.ID == x.ID {
			b.equal("claimed", names(claimed.Plan), "one@2 two@1")
		}
	}
	for version, want := range map[string][]string{x.Plan[0].VersionID: {same.ID}, b.execution(x.ID).Plan[0].VersionID: {x.ID}} {
		b.equal("found by version", b.found(host.ExecutionQuery{VersionID: version}), want)
	}
	old, err := b.PlannedStep(b.ctx, actions[0].ID, x.Plan[0].VersionID)
	b.ok(err)
	b.equal("the step that ran first", old.Digest, x.Plan[0].Digest)
	_, err = b.PlannedStep(b.ctx, actions[0].ID, "ver_unknown")
	b.code(err, host.NotFound)
}

func retryImpossible(b *bench) {
	actions := b.bound("one", "two")
	x := b.dead("a")
	refused := func(want string, o host.RetryOptions) {
		b.Helper()
		_, err := b.RetryExecution(b.ctx, x.ID, o)
		b.code(err, host.Conflict)
		e, _ := errors.AsType[*host.Error](err)
		if e == nil || !strings.Contains(e.Text, want) || e.Fix == nil {
			b.Errorf("refused with %+v, want %q", e, want)
		}
	}
	b.bind(actions[1])
	refused(`action "one" is not bound to post-user-registration any more`, host.RetryOptions{})
	got, err := b.RetryExecutions(b.ctx, host.BatchQuery{}, host.RetryOptions{})
	b.ok(err)
	b.equal("skipped", got.Skipped, []host.BatchSkipped{{Reason: `action "one" is not bound to post-user-registration any more`, Executions: 1, Example: x.ID}})
	got, err = b.RetryExecutions(b.ctx, host.BatchQuery{DryRun: true}, host.RetryOptions{SameVersion: true})
	b.ok(err)
	b.equal("with the same version", got.Done, 1)
	b.ok(second(b.DeleteAction(b.ctx, actions[0].ID, true)))
	refused(`action "one" was deleted`, host.RetryOptions{})
	refused(`action "one" was deleted`, host.RetryOptions{SameVersion: true})
	_, err = b.RerunExecution(b.ctx, x.ID, host.RerunOptions{ActionID: actions[0].ID})
	b.code(err, host.Conflict)
	b.equal("progress", b.execution(x.ID).Progress, []host.StepState{host.StepDead, host.StepSucceeded})
}

func retryCounts(b *bench) {
	b.bound("one", "two")
	x := b.dead("a")
	for attempt := 1; attempt < 4; attempt++ {
		b.equal("attempt", b.retry(x.ID, host.RetryOptions{}).Attempt, attempt)
		again := b.claimOne()
		b.equal("attempts before", again.Retried, []int{attempt, 0})
		o := outcome(again, host.StatusPartial, host.StepDead, host.StepSucceeded)
		o.Result.Attempt = attempt + 1
		b.ok(b.record(o))
	}
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	var attempts []int
	for _, r := range results {
		if r.Step == 0 {
			attempts = append(attempts, r.Attempt)
		}
	}
	b.equal("attempts", attempts, []int{1, 2, 3, 4})
}

func retryNow(b *bench) {
	actions := b.bound("one", "two")
	b.accept(event("a"))
	x := b.claimOne()
	o := outcome(x, host.StatusRetrying, host.StepPending, host.StepPending)
	o.Attempt, o.NextAt, o.FirstAt = 3, later(), time.Now().UTC().Truncate(time.Microsecond)
	b.ok(b.record(o))
	b.equal("due", len(b.claim(1)), 0)
	_, err := b.RetryExecution(b.ctx, x.ID, host.RetryOptions{})
	b.code(err, host.Conflict)
	b.deploy(actions[0].ID, "fixed")
	b.deploy(actions[1].ID, "newer too")
	dry, err := b.RetryExecutions(b.ctx, host.BatchQuery{DryRun: true, ExecutionQuery: host.ExecutionQuery{ActionID: actions[1].ID}}, host.RetryOptions{Now: true})
	b.ok(err)
	b.equal("that wait for the second action", dry.Selected, 0)
	got, err := b.RetryExecutions(b.ctx, host.BatchQuery{ExecutionQuery: host.ExecutionQuery{ActionID: actions[0].ID}}, host.RetryOptions{Now: true})
	b.ok(err)
	b.equal("retried", got.Executions, []string{x.ID})
	due := b.claimOne()
	b.equal("plan", names(due.Plan), "one@2 two@1")
	b.equal("attempt", due.Attempt, 3)
	b.equal("first attempt", due.FirstAt, o.FirstAt)
	b.ok(b.record(outcome(due, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
}

func rerunOne(b *bench) {
	actions := b.bound("one", "two")
	x := b.dead("a")
	b.deploy(actions[1].ID, "newer")
	plan := func(o host.RerunOptions) string {
		b.Helper()
		got, err := b.RerunExecution(b.ctx, x.ID, o)
		b.ok(err)
		rerun := b.execution(got.ExecutionID)
		b.equal("found by its action", slices.Contains(b.found(host.ExecutionQuery{ActionID: o.ActionID}), rerun.ID), true)
		return names(rerun.Plan)
	}
	b.equal("plan", plan(host.RerunOptions{ActionID: actions[1].ID}), "two@2")
	b.equal("plan of the same versions", plan(host.RerunOptions{ActionID: actions[1].ID, SameVersions: true}), "two@1")
	third := b.action("three")
	b.deploy(third.ID, "new")
	_, err := b.RerunExecution(b.ctx, x.ID, host.RerunOptions{ActionID: third.ID})
	b.code(err, host.Conflict)
	b.bind(actions[0], actions[1], third)
	b.equal("plan of an action that was bound later", plan(host.RerunOptions{ActionID: third.ID}), "three@2")
	_, err = b.RerunExecution(b.ctx, x.ID, host.RerunOptions{ActionID: third.ID, SameVersions: true})
	b.code(err, host.Conflict)
}

func rerunBatch(b *bench) {
	b.bound("one", "two")
	var all []string
	for _, user := range []string{"a", "b", "c"} {
		all = append(all, b.dead(user).ID)
	}
	o := host.RerunOptions{Batch: "bat_1"}
	part := func(q host.BatchQuery) host.Batch {
		b.Helper()
		got, err := b.RerunExecutions(b.ctx, q, o)
		b.ok(err)
		return got
	}
	dry := part(host.BatchQuery{DryRun: true})
	b.equal("in a dry run", []int{dry.Selected, dry.Done}, []int{3, 3})
	first := part(host.BatchQuery{ExecutionQuery: host.ExecutionQuery{Limit: 2}})
	b.equal("rerun of", b.execution(first.Executions[0]).RerunOf, all[2])
	b.equal("batch", b.execution(first.Executions[0]).Batch, "bat_1")
	b.reopen(nil)
	again := part(host.BatchQuery{})
	b.equal("done in all", []int{again.Selected, again.Done}, []int{3, 1})
	b.equal("skipped", again.Skipped, []host.BatchSkipped{{Reason: "the batch has a rerun of it already", Executions: 2, Example: all[2]}})
	o.Batch = "bat_2"
	b.equal("of another batch", part(host.BatchQuery{IDs: all[:1]}).Done, 1)
}

func cancelBatch(b *bench) {
	actions := b.bound("one", "two")
	done := b.dead("a")
	first := b.accept(event("b")).ExecutionID
	b.accept(event("c"))
	x := b.claim(2)[1]
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)))
	q := host.BatchQuery{ExecutionQuery: host.ExecutionQuery{ActionID: actions[0].ID}, DryRun: true}
	got, err := b.CancelExecutions(b.ctx, q)
	b.ok(err)
	b.equal("in a dry run", got.Executions, []string{first})
	b.equal("status after a dry run", b.execution(first).Status, host.StatusPending)
	q.DryRun = false
	got, err = b.CancelExecutions(b.ctx, q)
	b.ok(err)
	b.equal("canceled", got.Executions, []string{first})
	got, err = b.CancelExecutions(b.ctx, host.BatchQuery{IDs: []string{x.ID, done.ID}})
	b.ok(err)
	b.equal("canceled", got.Executions, []string{x.ID})
	b.equal("skipped", got.Skipped, []host.BatchSkipped{{Reason: "it has ended: partial", Executions: 1, Example: done.ID}})
	_, err = b.CancelExecutions(b.ctx, host.BatchQuery{IDs: []string{"exe_unknown"}})
	b.code(err, host.NotFound)
	for _, id := range []string{first, x.ID} {
		b.equal("status", b.execution(id).Status, host.StatusCanceled)
	}
}

func deleteCancels(b *bench) {
	actions := b.bound("one", "two")
	b.bind(actions[0])
	alone := b.accept(event("alone")).ExecutionID
	b.bind(actions...)
	first := b.accept(event("first")).ExecutionID
	b.accept(event("waits"))
	b.accept(event("leased"))
	claimed := b.claim(4)
	leased, waits := claimed[3], claimed[2]
	o := outcome(waits, host.StatusRetrying, host.StepPending, host.StepPending)
	o.Attempt, o.NextAt = 2, later()
	b.ok(b.record(o))
	for _, x := range claimed[:2] { // back to the store
		given := outcome(x, host.StatusPending, x.Progress...)
		given.Result, given.NextAt = nil, time.Now().Add(-time.Second)
		b.ok(b.record(given))
	}
	canceled, err := b.DeleteAction(b.ctx, actions[0].ID, true)
	b.ok(err)
	b.equal("canceled", canceled, 4)
	b.equal("status of the one without another step", b.execution(alone).Status, host.StatusCanceled)
	due := map[string]host.Execution{}
	for _, x := range b.claim(5) {
		due[x.ID] = x
	}
	b.equal("due", len(due), 2)
	for _, id := range []string{first, waits.ID} {
		b.equal("progress", due[id].Progress, []host.StepState{host.StepCanceled, host.StepPending})
		b.equal("attempt", due[id].Attempt, 0)
		b.ok(b.record(outcome(due[id], host.StatusCompleted, host.StepCanceled, host.StepSucceeded)))
	}
	b.ok(b.record(outcome(leased, host.StatusCompleted, host.StepCanceled, host.StepSucceeded)))
	b.reopen(nil)
	b.equal("progress", b.execution(leased.ID).Progress, []host.StepState{host.StepCanceled, host.StepSucceeded})
	b.equal("left", len(b.claim(5)), 0)
}

func retryHeld(b *bench) {
	actions := b.bound("one", "two")
	hold := func(user string, status host.Status, key func(host.Step) string) string {
		b.Helper()
		b.accept(event(user))
		x := b.claimOne()
		o := outcome(x, status, host.StepPending, host.StepPending)
		o.Result, o.Held, o.NextAt = nil, key(x.Plan[0]), time.Now()
		b.ok(b.record(o))
		return x.ID
	}
	byVersion := func(s host.Step) string { return s.VersionID }
	retrying, pending := hold("a", host.StatusRetrying, byVersion), hold("b", host.StatusPending, byVersion)
	paused := hold("c", host.StatusPending, func(s host.Step) string { return s.ActionID })
	_, err := b.RetryExecution(b.ctx, retrying, host.RetryOptions{Now: true})
	b.code(err, host.Conflict)
	b.deploy(actions[0].ID, "fixed")
	got, err := b.RetryExecutions(b.ctx, host.BatchQuery{}, host.RetryOptions{Now: true})
	b.ok(err)
	b.equal("retried", got.Executions, []string{pending, retrying})
	b.equal("skipped", got.Skipped[0].Example, paused)
	for _, x := range b.claim(5) {
		b.equal("plan", names(x.Plan), "one@2 two@1")
		b.ok(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	}
	held, err := b.Held(b.ctx)
	b.ok(err)
	b.equal("held back", len(held), 1)
}
