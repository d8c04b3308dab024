package storetest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

var deadLetterPromises = []promise{
	{"dead letters are listed, also of what still runs", deadLettersListed},
	{"dead letters are retried in bulk, those that the query selects", deadLettersRetried},
	{"a bulk retry is bounded, newest first", bulkRetryBounded},
	{"a bulk retry passes over what is running or canceled", bulkRetryPasses},
	{"a bulk retry leases what the dispatcher has room for, and leaves the rest due", bulkRetryDispatches},
}

// lister is a method that lists executions.
type lister func(context.Context, host.ExecutionQuery) ([]host.Execution, error)

func (b *bench) deadLetters(q host.ExecutionQuery) []string {
	b.Helper()
	found, err := b.DeadLetters(b.ctx, q)
	b.ok(err)
	return ids(found)
}

func deadLettersListed(b *bench) {
	b.bound("one", "two")
	ended := b.dead("a")
	b.accept(event("fine"))
	b.ok(b.record(outcome(b.claimOne(), host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	b.accept(event("b"))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepDead, host.StepPending)))
	b.equal("dead letters", b.deadLetters(host.ExecutionQuery{}), []string{x.ID, ended.ID})
	b.equal("of user a", b.deadLetters(host.ExecutionQuery{UserID: "a"}), []string{ended.ID})
	b.equal("before", b.deadLetters(host.ExecutionQuery{Before: x.ID}), []string{ended.ID})
	_, err := b.CancelExecution(b.ctx, x.ID)
	b.ok(err)
	b.equal("after a cancel", b.deadLetters(host.ExecutionQuery{}), []string{ended.ID})
	b.equal("that were canceled", b.deadLetters(host.ExecutionQuery{Status: host.StatusCanceled}), []string{x.ID})
}

func deadLettersRetried(b *bench) {
	b.bound("one", "two")
	var all []string
	for i := range 250 {
		user := "a"
		if i%5 == 0 {
			user = "b"
		}
		b.accept(keyed(user, fmt.Sprint(i), "{}"))
	}
	for _, x := range b.claim(250) {
		b.ok(b.record(outcome(x, host.StatusPartial, host.StepDead, host.StepSucceeded)))
		all = append(all, x.ID)
	}
	n, err := b.RetryExecutions(b.ctx, host.ExecutionQuery{UserID: "b"})
	b.ok(err)
	b.equal("retried of b", n, 50)
	b.equal("left", len(b.deadLetters(host.ExecutionQuery{Limit: 500})), 200)
	n, err = b.RetryExecutions(b.ctx, host.ExecutionQuery{})
	b.ok(err)
	b.equal("retried", n, 200)
	b.equal("left", b.deadLetters(host.ExecutionQuery{}), []string{})
	b.reopen(nil)
	claimed := b.claim(500)
	again := ids(claimed)
	slices.Sort(again)
	slices.Sort(all)
	b.equal("claimed", again, all)
	b.equal("steps", claimed[0].Progress, []host.StepState{host.StepPending, host.StepSucceeded})
	n, err = b.RetryExecutions(b.ctx, host.ExecutionQuery{UserID: "unknown"})
	b.ok(err)
	b.equal("retried of an unknown user", n, 0)
}

func bulkRetryBounded(b *bench) {
	b.bound("one", "two")
	var left []string
	for i := range 5 {
		left = append(left, b.dead(fmt.Sprint("user", i)).ID)
	}
	n, err := b.RetryExecutions(b.ctx, host.ExecutionQuery{Limit: 2})
	b.ok(err)
	b.equal("retried", n, 2)
	b.equal("left", b.deadLetters(host.ExecutionQuery{}), []string{left[2], left[1], left[0]})
}

func bulkRetryPasses(b *bench) {
	b.bound("one", "two")
	b.accept(event("canceled"))
	canceled := b.claimOne()
	b.ok(b.record(outcome(canceled, host.StatusRunning, host.StepDead, host.StepPending)))
	_, err := b.CancelExecution(b.ctx, canceled.ID)
	b.ok(err)
	ended := b.dead("ended")
	b.accept(event("running"))
	running := b.claimOne()
	b.ok(b.record(outcome(running, host.StatusRunning, host.StepDead, host.StepPending)))

	n, err := b.RetryExecutions(b.ctx, host.ExecutionQuery{})
	b.ok(err)
	b.equal("retried", n, 1)
	b.equal("claimed", b.claimOne().ID, ended.ID)
	n, err = b.RetryExecutions(b.ctx, host.ExecutionQuery{Status: host.StatusCanceled})
	b.ok(err)
	b.equal("retried of the canceled", n, 1)
	running.Progress[0] = host.StepDead
	b.ok(b.record(outcome(running, host.StatusPartial, host.StepDead, host.StepSucceeded)))
}

func bulkRetryDispatches(b *bench) {
	b.bound("one", "two")
	for i := range 5 {
		b.dead(fmt.Sprint("user", i))
	}
	r := newRoom(2)
	b.reopen(r)
	n, err := b.RetryExecutions(b.ctx, host.ExecutionQuery{Since: time.Now().Add(-time.Hour)})
	b.ok(err)
	b.equal("retried", n, 5)
	for range 2 {
		x := <-r.leased
		b.equal("body", string(x.Event.Body), string(event(x.UserID).Body))
		b.ok(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	}
	b.equal("claimed", len(b.claim(10)), 3)
}
