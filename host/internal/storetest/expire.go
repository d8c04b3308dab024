package storetest

import (
	"time"

	"github.com/usherhost/usher/host"
)

var expirePromises = []promise{
	{"what is known of a user is deleted, and the user may register again", userDeleted},
	{"a user is not deleted while an execution has not ended", userUnended},
	{"what ended is deleted, with all that is known of it", expiredWhole},
	{"executions that have not ended, or need an operator, stay", expiredLeaves},
	{"an event whose execution is gone is still known by its key", expiredRepeats},
	{"an event stays while one of its executions does", expiredRerun},
	{"numbers of results are not given out again", expiredNumbers},
	{"a tape is deleted at its own time, and its result stays", expiredTapes},
	{"tapes of runs that ended before a time are deleted, those of dead letters too", expiredOldTapes},
}

// later is after all that ends in a test.
func later() time.Time { return time.Now().Add(time.Hour) }

// expire deletes what ended until now, and checks how many those are.
func (b *bench) expire(want int) {
	b.Helper()
	n, err := b.Expire(b.ctx, later())
	b.ok(err)
	b.equal("deleted", n, want)
}

// spent is an ended execution with a tape and an error that can be searched
// for, and no dead step.
func (b *bench) spent(user string) host.Execution {
	b.Helper()
	b.accept(keyed(user, host.NewID("key_"), "{}"))
	x := b.claimOne()
	o := outcome(x, host.StatusCompleted, host.StepSucceeded)
	o.Result.Succeeded, o.Result.Error = false, &host.ResultError{Message: "extraordinary"}
	o.Tape = []byte("tape")
	b.ok(b.record(o))
	return x
}

func expiredWhole(b *bench) {
	b.bound("one")
	for range 120 {
		b.spent("a")
	}
	x := b.spent("a")
	n, err := b.Expire(b.ctx, time.Now().Add(-time.Hour))
	b.ok(err)
	b.equal("deleted of what is younger", n, 0)
	b.expire(121)
	b.reopen(nil)
	all, err := b.Executions(b.ctx, host.ExecutionQuery{})
	b.ok(err)
	b.equal("executions", len(all), 0)
	for _, q := range []host.ExecutionQuery{
		{Text: "extraordinary"}, {UserID: "a"}, {Since: time.Now().Add(-time.Hour)}, {Until: later()}, {ActionID: x.Plan[0].ActionID},
	} {
		found, err := b.Executions(b.ctx, q)
		b.ok(err)
		b.equal("found", len(found), 0)
	}
	_, err = b.Execution(b.ctx, x.ID)
	b.code(err, host.NotFound)
	_, err = b.Event(b.ctx, x.EventID)
	b.code(err, host.NotFound)
	_, err = b.Tape(b.ctx, x.ID, 0, 1)
	b.code(err, host.NotFound)
	b.expire(0)
	next := b.spent("a")
	found, err := b.Executions(b.ctx, host.ExecutionQuery{Text: "extraordinary", Since: time.Now().Add(-time.Hour)})
	b.ok(err)
	b.equal("found afterwards", ids(found), []string{next.ID})
}

func expiredLeaves(b *bench) {
	b.bound("one", "two")
	b.accept(event("waits"))
	running := b.claimOne()
	b.accept(event("pending"))
	dead := b.claimOne()
	b.ok(b.record(outcome(dead, host.StatusPartial, host.StepDead, host.StepSucceeded)))
	b.accept(event("canceled"))
	canceled := b.claimOne()
	b.ok(b.record(outcome(canceled, host.StatusRunning, host.StepDead, host.StepPending)))
	_, err := b.CancelExecution(b.ctx, canceled.ID)
	b.ok(err)
	b.expire(1)
	_, err = b.Execution(b.ctx, canceled.ID)
	b.code(err, host.NotFound)
	for _, id := range []string{running.ID, dead.ID} {
		_, err := b.Execution(b.ctx, id)
		b.ok(err)
	}
	_, err = b.RetryExecution(b.ctx, dead.ID, host.RetryOptions{})
	b.ok(err)
	b.ok(b.record(outcome(b.claimOne(), host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	b.expire(1)
}

func expiredRepeats(b *bench) {
	b.bound("one")
	first := b.accept(keyed("a", "key", "{}"))
	b.ok(b.record(outcome(b.claimOne(), host.StatusCompleted, host.StepSucceeded)))
	b.expire(1)
	b.reopen(nil)
	again := b.accept(keyed("a", "key", "{}"))
	b.equal("event", again.EventID, first.EventID)
	b.equal("execution", again.ExecutionID, first.ExecutionID)
	b.equal("claimed", len(b.claim(1)), 0)
	_, err := b.Accept(b.ctx, []host.NewEvent{keyed("a", "key", `{"other":1}`)})
	b.code(err, host.KeyReused)
}

func expiredRerun(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded)))
	rerun, err := b.RerunExecution(b.ctx, x.ID, host.RerunOptions{SameVersions: true})
	b.ok(err)
	b.expire(1)
	_, err = b.Event(b.ctx, x.EventID)
	b.ok(err)
	again := b.claimOne()
	b.equal("rerun", again.ID, rerun.ExecutionID)
	b.ok(b.record(outcome(again, host.StatusCompleted, host.StepSucceeded)))
	b.expire(1)
	_, err = b.Event(b.ctx, x.EventID)
	b.code(err, host.NotFound)
}

func expiredNumbers(b *bench) {
	b.bound("one")
	b.spent("a")
	b.spent("a")
	before, err := b.LastSeq(b.ctx)
	b.ok(err)
	b.expire(2)
	b.reopen(nil)
	now, err := b.LastSeq(b.ctx)
	b.ok(err)
	b.equal("last number", now, before)
	b.spent("a")
	results, err := b.RecordedResults(b.ctx, host.ResultQuery{After: before, Limit: 10})
	b.ok(err)
	b.equal("results after those that are gone", len(results), 1)
}

// taped is an ended execution whose run ended at a time, with its tape until another.
func (b *bench) taped(ended, until time.Time, step host.StepState) host.Execution {
	b.Helper()
	b.accept(event(host.NewID("usr_")))
	x := b.claimOne()
	o := outcome(x, host.StatusCompleted, step)
	o.Result.EndedAt, o.Tape, o.TapeUntil = ended.UTC(), []byte("tape"), until
	b.ok(b.record(o))
	return x
}

// hasTapes checks of which executions there is a tape still, and that all results are there.
func (b *bench) hasTapes(all []host.Execution, want ...bool) {
	b.Helper()
	for i, x := range all {
		_, err := b.Tape(b.ctx, x.ID, 0, 1)
		if want[i] {
			b.ok(err)
		} else {
			b.code(err, host.NotFound)
		}
		results, err := b.Results(b.ctx, x.ID)
		b.ok(err)
		b.equal("results", len(results), 1)
	}
}

func expiredTapes(b *bench) {
	b.bound("one")
	now := time.Now()
	all := []host.Execution{
		b.taped(now, now.Add(time.Hour), host.StepSucceeded),
		b.taped(now, time.Time{}, host.StepSucceeded),
		b.taped(now, now.Add(3*time.Hour), host.StepDead),
	}
	expire := func(at time.Time, want int) {
		b.Helper()
		n, err := b.ExpireTapes(b.ctx, at, time.Time{})
		b.ok(err)
		b.equal("deleted", n, want)
	}
	expire(now, 0)
	b.hasTapes(all, true, true, true)
	b.reopen(nil)
	expire(now.Add(2*time.Hour), 1)
	b.hasTapes(all, false, true, true)
	expire(now.Add(1000*time.Hour), 1)
	b.hasTapes(all, false, true, false)
	for range 120 {
		b.taped(now, now, host.StepSucceeded)
	}
	expire(now, 120)
	expire(now, 0)
}

func expiredOldTapes(b *bench) {
	b.bound("one")
	now := time.Now()
	var all []host.Execution
	for day := 10; day > 0; day-- {
		all = append(all, b.taped(now.Add(-time.Duration(day)*24*time.Hour), time.Time{}, host.StepDead))
		b.accept(event(host.NewID("usr_")))
		b.ok(b.record(outcome(b.claimOne(), host.StatusCompleted, host.StepSucceeded)))
	}
	for left := 11; left >= 0; left-- {
		_, err := b.ExpireTapes(b.ctx, now, now.Add(-time.Duration(left)*24*time.Hour+time.Hour))
		b.ok(err)
		want := make([]bool, len(all))
		for i := range all {
			want[i] = 10-i < left
		}
		b.hasTapes(all, want...)
	}
	n, err := b.ExpireTapes(b.ctx, now, now)
	b.ok(err)
	b.equal("deleted again", n, 0)
}

func userDeleted(b *bench) {
	b.searchable("user.email")
	b.bound("one")
	var mine []string
	for range 60 {
		x := b.spent("a")
		mine = append(mine, x.ID)
	}
	gone := b.having("a", plain(`"email":"a@x"`))
	x := b.claimOne()
	b.failed(x, host.StatusFailed, host.ResultError{Message: "unusual"}, host.StepDead)
	rerun, err := b.RerunExecution(b.ctx, gone.ExecutionID, host.RerunOptions{})
	b.ok(err)
	b.ok(b.record(outcome(b.claimOne(), host.StatusCompleted, host.StepSucceeded)))
	again := event("a")
	first := b.accept(again)
	b.ok(b.record(outcome(b.claimOne(), host.StatusCompleted, host.StepSucceeded)))
	other := b.spent("b")
	n, err := b.DeleteUser(b.ctx, "a")
	b.ok(err)
	b.equal("deleted", n, len(mine)+3)
	b.equal("of the user", b.found(host.ExecutionQuery{UserID: "a", Limit: 500}), []string{})
	b.equal("by words", b.found(host.ExecutionQuery{Text: "unusual"}), []string{})
	b.equal("by e-mail", b.found(host.ExecutionQuery{Where: []host.FieldValue{where("user.email=a@x")}}), []string{})
	b.equal("others", b.found(host.ExecutionQuery{}), []string{other.ID})
	b.equal("events", b.events(host.EventQuery{}), []string{other.EventID})
	for _, id := range []string{gone.ExecutionID, rerun.ExecutionID, mine[0]} {
		_, err = b.Execution(b.ctx, id)
		b.code(err, host.NotFound)
	}
	if second := b.accept(again); second.Repeat || second.EventID == first.EventID {
		b.Errorf("the user can't register again: %+v", second)
	}
	b.reopen(nil)
	n, err = b.DeleteUser(b.ctx, "unknown")
	b.ok(err)
	b.equal("deleted of an unknown user", n, 0)
	_, err = b.DeleteUser(b.ctx, "")
	b.code(err, host.Invalid)
}

func userUnended(b *bench) {
	b.bound("one")
	b.spent("a")
	waits := b.accept(event("a"))
	_, err := b.DeleteUser(b.ctx, "a")
	b.code(err, host.Conflict)
	b.equal("executions", len(b.found(host.ExecutionQuery{UserID: "a"})), 2)
	_, err = b.CancelExecution(b.ctx, waits.ExecutionID)
	b.ok(err)
	n, err := b.DeleteUser(b.ctx, "a")
	b.ok(err)
	b.equal("deleted", n, 2)
}
