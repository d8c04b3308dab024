package storetest

import (
	"time"

	"github.com/usherhost/usher/host"
)

var recordPromises = []promise{
	{"a recorded result is there after a reopen, in full", recordIsDurable},
	{"an execution runs through its plan and ends", recordToTheEnd},
	{"results come in order of step and attempt", resultsInOrder},
	{"a retry gives the execution back until it is due", retryGivesBack},
	{"an execution that goes on stays leased", runningStaysLeased},
	{"an ended execution takes no more results", endedIsFenced},
	{"an execution that was not leased takes no results", unleasedIsFenced},
	{"records of one execution in one commit keep their order", recordsKeepOrder},
	{"a state alone may be recorded", stateOnly},
	{"a tape comes back as it was, for its attempt only", tapeIsKept},
	{"the tapes of a step come in the order of its attempts", tapesOfAStepComeInTheirOrder},
}

func recordIsDurable(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.claimOne()
	o := outcome(x, host.StatusCompleted, host.StepSucceeded)
	o.Result.Output = []byte{0, 1, 255}
	o.Result.Error = &host.ResultError{Message: "none really"}
	o.Result.StartedAt = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	o.Result.Stats = host.Stats{TotalMicros: 12}
	b.ok(b.record(o))
	b.reopen(nil)
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	b.equal("results", results, []host.Result{*o.Result})
}

func recordToTheEnd(b *bench) {
	b.bound("one", "two")
	b.accept(event("a"))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)))
	x.Progress[0] = host.StepSucceeded
	b.equal("steps half way", b.execution(x.ID).Progress, x.Progress)
	b.ok(b.record(outcome(x, host.StatusPartial, host.StepSucceeded, host.StepDead)))
	got := b.execution(x.ID)
	b.equal("status", got.Status, host.StatusPartial)
	b.equal("steps", got.Progress, []host.StepState{host.StepSucceeded, host.StepDead})
	b.equal("next at", got.NextAt, time.Time{})
	if got.EndedAt.IsZero() {
		b.Error("it has no end")
	}
}

func resultsInOrder(b *bench) {
	b.bound("one", "two")
	b.accept(event("a"))
	x := b.claimOne()
	for _, r := range []struct{ step, attempt int }{{0, 1}, {0, 2}, {1, 1}, {1, 2}, {1, 3}} {
		o := outcome(x, host.StatusRunning, x.Progress...)
		o.Result = result(x, r.step, r.attempt)
		b.ok(b.record(o))
	}
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	var got []int
	for _, r := range results {
		got = append(got, 10*r.Step+r.Attempt)
	}
	b.equal("order", got, []int{1, 2, 11, 12, 13})
}

func retryGivesBack(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.claimOne()
	o := outcome(x, host.StatusRetrying, host.StepPending)
	o.Attempt, o.NextAt = 1, time.Now().Add(-time.Millisecond)
	b.ok(b.record(o))
	b.code(b.record(o), host.Fenced)
	again := b.claimOne()
	b.equal("attempt", again.Attempt, 1)
	b.equal("epoch", again.Epoch, x.Epoch+1)
	b.equal("status", again.Status, host.StatusRetrying)
}

func runningStaysLeased(b *bench) {
	b.bound("one", "two")
	b.accept(event("a"))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)))
	b.equal("claimed", len(b.claim(1)), 0)
}

func endedIsFenced(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded)))
	b.code(b.record(outcome(x, host.StatusFailed, host.StepDead)), host.Fenced)
	b.equal("status", b.execution(x.ID).Status, host.StatusCompleted)
}

func unleasedIsFenced(b *bench) {
	b.bound("one")
	got := b.accept(event("a"))
	x := b.execution(got.ExecutionID)
	for _, epoch := range []int64{0, 1, 2} {
		x.Epoch = epoch
		b.code(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded)), host.Fenced)
	}
	x.ID = "exe_unknown"
	b.code(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded)), host.Fenced)
}

func recordsKeepOrder(b *bench) {
	b.bound("one", "two", "three")
	b.accept(event("a"))
	x := b.claimOne()
	done := make(chan error, 4)
	steps := []host.StepState{host.StepPending, host.StepPending, host.StepPending}
	for i, status := range []host.Status{host.StatusRunning, host.StatusRunning, host.StatusCompleted, host.StatusRunning} {
		o := outcome(x, status)
		if i < 3 {
			steps[i] = host.StepSucceeded
			o.Result = result(x, i, 1)
		}
		o.Progress = append(o.Progress, steps...)
		b.ok(b.Record(b.ctx, o, func(err error) { done <- err }))
	}
	for range 3 {
		b.ok(<-done)
	}
	b.code(<-done, host.Fenced)
	got := b.execution(x.ID)
	b.equal("status", got.Status, host.StatusCompleted)
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	b.equal("results", len(results), 3)
}

func stateOnly(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.claimOne()
	o := outcome(x, host.StatusPending, host.StepPending)
	o.Result, o.NextAt = nil, time.Now().Add(-time.Second)
	b.ok(b.record(o))
	results, err := b.Results(b.ctx, x.ID)
	b.ok(err)
	b.equal("results", len(results), 0)
	b.equal("claimed again", b.claimOne().ID, x.ID)
}

func tapeIsKept(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.claimOne()
	o := outcome(x, host.StatusCompleted, host.StepSucceeded)
	o.Tape = []byte{0, 200, 3}
	b.ok(b.record(o))
	tape, err := b.Tape(b.ctx, x.ID, 0, 1)
	b.ok(err)
	b.equal("tape", tape, o.Tape)
	_, err = b.Tape(b.ctx, x.ID, 0, 2)
	b.code(err, host.NotFound)
}

func tapesOfAStepComeInTheirOrder(b *bench) {
	b.bound("one", "two")
	b.accept(event("a"))
	for attempt := 1; attempt <= 3; attempt++ {
		x := b.claimOne()
		o := outcome(x, host.StatusRetrying, host.StepPending, host.StepPending)
		o.Result.Attempt, o.Attempt, o.Tape = attempt, attempt, []byte{byte(attempt)}
		if attempt == 2 {
			o.Tape = nil
		}
		b.ok(b.record(o))
	}
	x := b.claimOne()
	o := outcome(x, host.StatusRetrying, host.StepSucceeded, host.StepPending)
	o.Result.Step, o.Tape = 1, []byte{9}
	b.ok(b.record(o))
	tapes, err := b.Tapes(b.ctx, x.ID, 0)
	b.ok(err)
	b.equal("tapes", tapes, []host.SealedTape{{Attempt: 1, Body: []byte{1}}, {Attempt: 3, Body: []byte{3}}})
	tapes, err = b.Tapes(b.ctx, x.ID, 2)
	b.ok(err)
	b.equal("tapes of a step that has not run", len(tapes), 0)
}
