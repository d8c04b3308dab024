package executor

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
)

// errLost cancels the run of an execution whose lease has ended, or whose outcomes the
// store refuses.
var errLost = errors.New("the lease on the execution is lost")

// run is one execution on its way through its plan, for one goroutine.
type run struct {
	executor   *Executor
	execution  host.Execution
	cancel     context.CancelCauseFunc
	lossLogged atomic.Bool
}

// newRun returns the run of x. The parts of the execution that a run changes are its own:
// the store may share them between executions.
func (e *Executor) newRun(x host.Execution, cancel context.CancelCauseFunc) *run {
	x.Progress = slices.Clone(x.Progress)
	for len(x.Progress) < len(x.Plan) {
		x.Progress = append(x.Progress, host.StepPending)
	}
	if e.Settings != nil {
		x.Plan = slices.Clone(x.Plan)
	}
	return &run{executor: e, execution: x, cancel: cancel}
}

// execute runs x until it ends, must wait for a retry, is lost, or the executor stops.
// Its room in the backlog is given back when nothing of it is left to be recorded. It may
// also be queued again before an action that has its share of the places. It begins in
// the lane in, and returns the one in which it ran last.
func (e *Executor) execute(x host.Execution, in *lane) *lane {
	ctx, cancel := context.WithCancelCause(e.actions)
	defer cancel(nil)
	r := e.newRun(x, cancel)
	if e.Journal != nil {
		place := e.Journal.Began(x.ID)
		defer e.Journal.Ended(place)
	}
	e.backlog.began(r)
	defer e.backlog.ended(r)
	for {
		o, ok := r.step(ctx)
		if !ok || !r.record(ctx, o) {
			e.backlog.release()
			return in
		}
		if endsLease(o) {
			return in // the room goes back when the outcome is durable
		}
		if in, ok = e.backlog.proceed(ctx, in, r.execution); !ok {
			return in
		}
	}
}

// step runs the next action and returns the outcome to record; false when there is none,
// because the execution had ended, was lost or must stop here.
func (r *run) step(ctx context.Context) (host.Outcome, bool) {
	e, x := r.executor, &r.execution
	if x.Status.Final() || e.backlog.isClosed() || e.writes.room(ctx) != nil || ctx.Err() != nil {
		return host.Outcome{}, false
	}
	index, ok := x.Next()
	if !ok {
		x.Status = host.FinalStatus(x.Progress)
		return r.outcome(nil, sealedTape{}), true
	}
	if e.Deleted != nil && e.Deleted(ctx, x.Plan[index]) {
		r.dropStep(index)
		return r.outcome(nil, sealedTape{}), true
	}
	r.observeStart(index)
	result, tape, ok := r.attempt(ctx, index)
	if !ok {
		return host.Outcome{}, false
	}
	e.notify(e.backlog.observe(x, &x.Plan[index], &result))
	r.advance(index, &result, false)
	return r.outcome(&result, tape), true
}

func (r *run) observeStart(index int) {
	if x := &r.execution; index == 0 && x.Attempt == 0 && x.Status == host.StatusPending {
		r.executor.meters.startLatency.Observe(time.Since(x.CreatedAt).Seconds())
	}
}

// advance brings the execution into the state after a result of the step. A failed result
// that is final is not tried again, whatever attempts are left.
func (r *run) advance(index int, result *host.Result, final bool) {
	x := &r.execution
	s := x.Plan[index].Settings.Over(host.DefaultSettings())
	if late := result.StartedAt.Sub(x.NextAt); !x.FirstAt.IsZero() && !x.NextAt.IsZero() && late > 0 {
		x.FirstAt = x.FirstAt.Add(late) // what is held back does not grow older by that
	}
	x.NextAt = time.Time{}
	if !result.Succeeded && !final && r.again(index, s.Retry, result) {
		return
	}
	result.DeadLetter = !result.Succeeded
	x.Status, x.FirstAt = host.StatusRunning, time.Time{}
	x.Progress = slices.Clone(x.Progress) // the outcome before this one may still be queued
	if result.Succeeded {
		x.Progress[index] = host.StepSucceeded
	} else {
		x.Progress[index] = host.StepDead
	}
	if result.DeadLetter && s.OnFailure == host.Stop {
		x.Status = host.StatusFailed
	}
	r.toNextStep()
}

// toNextStep makes the step after one that is done the next one, or ends the execution.
func (r *run) toNextStep() {
	x := &r.execution
	x.Attempt = 0
	if next, ok := x.Next(); ok {
		x.Attempt = x.AttemptsBefore(next)
	} else if !x.Status.Final() {
		x.Status = host.FinalStatus(x.Progress)
	}
}

// dropStep cancels a step whose action is deleted.
func (r *run) dropStep(index int) {
	x := &r.execution
	r.executor.log.Info("the action was deleted; its step is canceled", "execution", x.ID, "action", x.Plan[index].Action)
	x.Status, x.NextAt, x.FirstAt = host.StatusRunning, time.Time{}, time.Time{}
	x.Progress = slices.Clone(x.Progress) // the outcome before this one may still be queued
	x.Progress[index] = host.StepCanceled
	r.toNextStep()
}

// again reports whether the step whose attempt failed is tried again, and makes the
// execution wait for that.
func (r *run) again(index int, retry host.Retry, result *host.Result) bool {
	x := &r.execution
	tries := result.Attempt - x.AttemptsBefore(index)
	if tries <= 1 || x.FirstAt.IsZero() {
		x.FirstAt = result.StartedAt
	}
	at, ok := nextAttempt(retry, result, tries, x.FirstAt, time.Now().UTC())
	if ok {
		x.Status, x.Attempt, x.NextAt = host.StatusRetrying, result.Attempt, at
	}
	return ok
}

func (r *run) outcome(result *host.Result, tape sealedTape) host.Outcome {
	x := &r.execution
	o := host.Outcome{
		ExecutionID: x.ID, Epoch: x.Epoch, Result: result, Tape: tape.body, TapeUntil: tape.until,
		Status: x.Status, Progress: x.Progress, Attempt: x.Attempt, NextAt: x.NextAt, FirstAt: x.FirstAt,
	}
	if result != nil && result.DeadLetter {
		o.Notices = []host.Notice{deadLetter(x.Trigger, result)}
	}
	return o
}

// endsLease reports whether the execution is given back with this outcome.
func endsLease(o host.Outcome) bool { return o.Status.Final() || o.Status == host.StatusRetrying }

// record queues the outcome and reports whether the store took it. With a strict
// checkpoint it waits for the disk.
func (r *run) record(ctx context.Context, o host.Outcome) bool {
	e, size := r.executor, sizeOf(&o)
	var durable chan struct{}
	if r.isStrict(o) {
		durable = make(chan struct{})
	}
	e.writes.add(size)
	// The context is not the action's: its outcome is recorded even when the next action
	// must not start.
	err := e.Records.Record(e.records, o, func(err error) {
		r.recorded(&o, err)
		e.writes.done(size)
		if durable != nil {
			close(durable)
		}
	})
	if err != nil {
		e.writes.done(size)
		r.lose(err)
		return false
	}
	if durable != nil {
		select {
		case <-durable:
		case <-ctx.Done():
		}
	}
	return true
}

// isStrict reports whether the next action waits until this outcome is durable.
func (r *run) isStrict(o host.Outcome) bool {
	return o.Result != nil && !endsLease(o) && r.execution.Plan[o.Result.Step].Settings.Checkpoint.Strict()
}

// recorded is called when the outcome is durable or was refused. It does not block.
func (r *run) recorded(o *host.Outcome, err error) {
	e := r.executor
	switch {
	case o.Result == nil:
	case err == nil:
		e.keptOf(o)
	case host.CodeOf(err) == host.Fenced:
		e.forget(o.ExecutionID, o.Result.Step, o.Result.Attempt)
	}
	if err != nil {
		r.lose(err)
	} else {
		e.meters.recorded(r.execution.Trigger, o)
	}
	if !endsLease(*o) {
		return
	}
	e.backlog.release()
	if err == nil && o.Status == host.StatusRetrying {
		e.backlog.dueAt(o.NextAt)
	}
}

// lose stops the run: another worker or an operator has the execution, or the store does
// not take its outcomes.
func (r *run) lose(err error) {
	r.cancel(errLost)
	if r.lossLogged.Swap(true) {
		return
	}
	log, id := r.executor.log, r.execution.ID
	if host.CodeOf(err) == host.Fenced {
		log.Info("execution was leased by another worker or canceled; stopping its run", "execution", id)
		return
	}
	log.Error("cannot record the outcome of an action; it runs again after the next start", "execution", id, "error", err)
}
