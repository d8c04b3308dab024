package storetest

import "github.com/usherhost/usher/host"

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
	got, err := b.RetryExecution(b.ctx, x.ID)
	b.ok(err)
	b.equal("steps", got.Progress, []host.StepState{host.StepPending, host.StepSucceeded})
	b.equal("attempt", got.Attempt, 0)
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
	_, err := b.RetryExecution(b.ctx, got.ExecutionID)
	b.code(err, host.Conflict)
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepDead, host.StepPending)))
	_, err = b.RetryExecution(b.ctx, got.ExecutionID)
	b.code(err, host.Conflict)
}

func retryKeepsResults(b *bench) {
	b.bound("one", "two")
	x := b.dead("a")
	_, err := b.RetryExecution(b.ctx, x.ID)
	b.ok(err)
	again := b.claimOne()
	o := outcome(again, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)
	o.Result.Logs, o.Tape = nil, []byte("second")
	b.ok(b.record(o))
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	b.equal("results", len(results), 3)
	b.equal("step of the second", results[1].Step, 0)
	b.equal("logs of the second", len(results[1].Logs), 0)
	tape, err := b.Tape(b.ctx, x.ID, 0, 1)
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
	got, err := b.RerunExecution(b.ctx, x.ID, false)
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
	second, err := b.RerunExecution(b.ctx, got.ExecutionID, true)
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
	got, err := b.RerunExecution(b.ctx, x.ID, true)
	b.ok(err)
	b.equal("plan", names(b.execution(got.ExecutionID).Plan), "one@1 two@1")
}

func rerunIsDispatched(b *bench) {
	b.bound("one", "two")
	x := b.dead("a")
	r := newRoom(2)
	b.reopen(r)
	got, err := b.RerunExecution(b.ctx, x.ID, false)
	b.ok(err)
	leased := <-r.leased
	b.equal("id", leased.ID, got.ExecutionID)
	b.equal("body", string(leased.Event.Body), string(event("a").Body))
	_, err = b.RetryExecution(b.ctx, x.ID)
	b.ok(err)
	leased = <-r.leased
	b.equal("id", leased.ID, x.ID)
	b.ok(b.record(outcome(leased, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	_, err = b.RetryExecution(b.ctx, x.ID)
	b.code(err, host.Conflict)
	r.mu.Lock()
	defer r.mu.Unlock()
	b.equal("places taken", r.reserved, 2)
}

func historyOutlives(b *bench) {
	actions := b.bound("one", "two")
	done := b.dead("a")
	waiting := b.accept(event("b"))
	b.ok(b.DeleteAction(b.ctx, actions[0].ID, true))
	results, err := b.Results(b.ctx, done.ID)
	b.ok(err)
	b.equal("action of the first result", results[0].Action, "one")
	b.equal("plan", names(b.execution(waiting.ExecutionID).Plan), "one@1 two@1")
	wasm, err := b.Module(b.ctx, done.Plan[0].Digest)
	b.ok(err)
	b.equal("module", string(wasm), "module of one")
}
