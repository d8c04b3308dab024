package executor

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
)

// errLost is why the run of an execution is canceled that another holds now,
// or whose outcomes the store refuses.
var errLost = errors.New("the execution is no longer ours")

// walk is one execution on its way through its plan, for one goroutine.
type walk struct {
	*Executor
	host.Execution
	cancel context.CancelCauseFunc
	told   atomic.Bool // the loss is logged
}

// execute walks x until it ends, must wait for a retry, is lost, or the
// executor stops. Its room in the backlog is given back when nothing of it is
// left to be recorded. It may also wait in line again before an action that
// holds its share of the places. It begins in the lane in, and returns the one
// in which it ran last.
func (e *Executor) execute(x host.Execution, in *lane) *lane {
	ctx, cancel := context.WithCancelCause(e.actions)
	defer cancel(nil)
	w := &walk{Executor: e, Execution: x, cancel: cancel}
	w.prepare()
	if e.Journal != nil {
		place := e.Journal.Began(x.ID)
		defer e.Journal.Ended(place)
	}
	e.backlog.enter(w)
	defer e.backlog.leave(w)
	for {
		o, ok := w.step(ctx)
		if !ok {
			e.backlog.release()
			return in
		}
		if recorded := w.record(ctx, o); !recorded {
			e.backlog.release()
			return in
		}
		if ends(o) {
			return in // the room goes back when the outcome is durable
		}
		if in, ok = e.backlog.proceed(ctx, in, w); !ok {
			return in
		}
	}
}

// prepare makes the parts of the execution that change the walk's own: the
// store may share them between executions.
func (w *walk) prepare() {
	w.Progress = slices.Clone(w.Progress)
	for len(w.Progress) < len(w.Plan) {
		w.Progress = append(w.Progress, host.StepPending)
	}
	if w.Executor.Settings != nil {
		w.Plan = slices.Clone(w.Plan)
	}
}

// step runs the next action and returns the outcome to record; false when
// there is none, because the execution had ended, was lost or must stop here.
func (w *walk) step(ctx context.Context) (host.Outcome, bool) {
	if w.Status.Final() || w.backlog.isClosed() || w.unsaved.room(ctx) != nil || ctx.Err() != nil {
		return host.Outcome{}, false
	}
	index, ok := w.Next()
	if !ok {
		w.Status = verdict(w.Progress)
		return w.outcome(nil, nil), true
	}
	w.observeStart(index)
	result, tape, ok := w.attempt(ctx, index)
	if !ok {
		return host.Outcome{}, false
	}
	w.advance(index, &result, false)
	return w.outcome(&result, tape), true
}

func (w *walk) observeStart(index int) {
	if index == 0 && w.Attempt == 0 && w.Status == host.StatusPending {
		w.meters.startLatency.Observe(time.Since(w.CreatedAt).Seconds())
	}
}

// advance brings the execution into the state after a result of the step. Final
// says that a failed one is not tried again, whatever attempts are left.
func (w *walk) advance(index int, r *host.Result, final bool) {
	s := w.Plan[index].Settings.Over(host.DefaultSettings())
	w.NextAt = time.Time{}
	if !r.Succeeded && !final && r.Attempt < s.Retry.MaxAttempts {
		w.Status, w.Attempt = host.StatusRetrying, r.Attempt
		w.NextAt = time.Now().UTC().Add(Backoff(s.Retry, r.Attempt, r.RetryAfterMillis))
		return
	}
	r.DeadLetter = !r.Succeeded
	w.Status, w.Attempt = host.StatusRunning, 0
	w.Progress = slices.Clone(w.Progress) // the outcome before this one may still be queued
	if r.Succeeded {
		w.Progress[index] = host.StepSucceeded
	} else {
		w.Progress[index] = host.StepDead
	}
	switch {
	case r.DeadLetter && s.OnFailure == host.Stop:
		w.Status = host.StatusFailed
	case !slices.Contains(w.Progress, host.StepPending):
		w.Status = verdict(w.Progress)
	}
}

// verdict returns how an execution ended that ran to its end.
func verdict(steps []host.StepState) host.Status {
	if slices.Contains(steps, host.StepDead) {
		return host.StatusPartial
	}
	return host.StatusCompleted
}

func (w *walk) outcome(r *host.Result, tape []byte) host.Outcome {
	return host.Outcome{
		ExecutionID: w.ID, Epoch: w.Epoch, Result: r, Tape: tape,
		Status: w.Status, Progress: w.Progress, Attempt: w.Attempt, NextAt: w.NextAt,
	}
}

// ends reports whether the execution is given back with this outcome.
func ends(o host.Outcome) bool { return o.Status.Final() || o.Status == host.StatusRetrying }

// record queues the outcome and reports whether it was taken. With a strict
// checkpoint it waits for the disk.
func (w *walk) record(ctx context.Context, o host.Outcome) bool {
	size := sizeOf(&o)
	var durable chan struct{}
	if w.strict(o) {
		durable = make(chan struct{})
	}
	w.unsaved.add(size)
	// The context is not the action's: what an action did is recorded even
	// when the next one must not start.
	err := w.Records.Record(w.records, o, func(err error) {
		w.saved(&o, err)
		w.unsaved.done(size)
		if durable != nil {
			close(durable)
		}
	})
	if err != nil {
		w.unsaved.done(size)
		w.lose(err)
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

// strict reports whether the next action waits until this outcome is durable.
func (w *walk) strict(o host.Outcome) bool {
	return o.Result != nil && !ends(o) && w.Plan[o.Result.Step].Settings.Checkpoint == host.CheckpointStrict
}

// saved is what happens when the outcome is durable, or was refused. It does
// not block.
func (w *walk) saved(o *host.Outcome, err error) {
	if err != nil {
		w.lose(err)
	} else {
		w.meters.saved(o)
	}
	if !ends(*o) {
		return
	}
	w.backlog.release()
	if err == nil && o.Status == host.StatusRetrying {
		w.backlog.arm(o.NextAt)
	}
}

// lose stops the walk: another host or an operator has the execution, or the
// store does not take its outcomes.
func (w *walk) lose(err error) {
	w.cancel(errLost)
	if w.told.Swap(true) {
		return
	}
	if host.CodeOf(err) == host.Fenced {
		w.log.Info("execution was taken over or canceled; leaving it", "execution", w.ID)
		return
	}
	w.log.Error("cannot record what an action did; it runs again after the next start", "execution", w.ID, "error", err)
}
