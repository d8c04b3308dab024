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
	{"a bulk retry is bounded, newest first, and goes on where it ended", bulkRetryBounded},
	{"a bulk retry skips what is running, and leaves out what is canceled", bulkRetryPasses},
	{"a bulk retry leases what the dispatcher has room for, and leaves the rest due", bulkRetryDispatches},
}

// retryAll retries what q selects, part by part, and returns how many were retried.
func (b *bench) retryAll(q host.ExecutionQuery) int {
	b.Helper()
	var all host.Batch
	for {
		part, err := b.RetryExecutions(b.ctx, host.BatchQuery{ExecutionQuery: q}, host.RetryOptions{})
		b.ok(err)
		if all.Add(part); part.Next == "" {
			return all.Done
		}
		q.Before = part.Next
	}
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
	dry, err := b.RetryExecutions(b.ctx, host.BatchQuery{DryRun: true}, host.RetryOptions{})
	b.ok(err)
	b.equal("a dry run", dry, host.Batch{DryRun: true, Selected: 250, Done: 250, Skipped: []host.BatchSkipped{}, Executions: dry.Executions})
	b.equal("retried of b", b.retryAll(host.ExecutionQuery{UserID: "b"}), 50)
	b.equal("left", len(b.deadLetters(host.ExecutionQuery{Limit: 500})), 200)
	b.equal("retried", b.retryAll(host.ExecutionQuery{}), 200)
	b.equal("left", b.deadLetters(host.ExecutionQuery{}), []string{})
	b.reopen(nil)
	claimed := b.claim(500)
	again := ids(claimed)
	slices.Sort(again)
	slices.Sort(all)
	b.equal("claimed", again, all)
	b.equal("steps", claimed[0].Progress, []host.StepState{host.StepPending, host.StepSucceeded})
	b.equal("retried of an unknown user", b.retryAll(host.ExecutionQuery{UserID: "unknown"}), 0)
}

func bulkRetryBounded(b *bench) {
	b.bound("one", "two")
	var left []string
	for i := range 5 {
		left = append(left, b.dead(fmt.Sprint("user", i)).ID)
	}
	part := func(before string) host.Batch {
		got, err := b.RetryExecutions(b.ctx, host.BatchQuery{ExecutionQuery: host.ExecutionQuery{Limit: 2, Before: before}}, host.RetryOptions{})
		b.ok(err)
		return got
	}
	first := part("")
	b.equal("retried", first.Executions, []string{left[4], left[3]})
	b.equal("left", b.deadLetters(host.ExecutionQuery{}), []string{left[2], left[1], left[0]})
	b.equal("when it is repeated", part("").Executions, []string{left[2], left[1]})
	b.equal("next", first.Next, left[3])
	rest := part(left[2])
	b.equal("retried", rest.Executions, []string{left[0]})
	b.equal("next", rest.Next, "")
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

	got, err := b.RetryExecutions(b.ctx, host.BatchQuery{}, host.RetryOptions{})
	b.ok(err)
	b.equal("retried", got.Executions, []string{ended.ID})
	b.equal("skipped", got.Skipped, []host.BatchSkipped{{Reason: "it is running", Executions: 1, Example: running.ID}})
	b.equal("claimed", b.claimOne().ID, ended.ID)
	b.equal("retried of the canceled", b.retryAll(host.ExecutionQuery{Status: host.StatusCanceled}), 1)
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
	b.equal("retried", b.retryAll(host.ExecutionQuery{Since: time.Now().Add(-time.Hour)}), 5)
	for range 2 {
		x := <-r.leased
		b.equal("body", string(x.Event.Body), string(event(x.UserID).Body))
		b.ok(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)))
	}
	b.equal("claimed", len(b.claim(10)), 3)
}
