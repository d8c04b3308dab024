package executor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/usherhost/usher/host"
)

// attempt runs the step once. False means that ctx ended first: there is
// nothing to record.
func (w *walk) attempt(ctx context.Context, index int) (host.Result, []byte, bool) {
	started := time.Now().UTC()
	result, tape, err := w.guarded(ctx, index)
	if err != nil && ctx.Err() != nil {
		return host.Result{}, nil, false
	}
	if err != nil {
		w.log.Error("the host could not run an action", "execution", w.ID, "action", w.Plan[index].Action, "error", err)
		result, tape = hostFault(err), host.Tape{}
	}
	w.sign(&result, index, started)
	w.meters.ran(w.Trigger, &result)
	if w.OriginUses != nil {
		w.reach.add(result.VersionID, result.Contacted)
	}
	return result, w.seal(tape, index, result.Attempt), true
}

// guarded gets what the runner needs and calls it. A panic there is an error: it
// costs this attempt, not the process.
func (w *walk) guarded(ctx context.Context, index int) (result host.Result, tape host.Tape, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("panic while running an action", "execution", w.ID, "panic", p, "stack", string(debug.Stack()))
			err = &host.Error{
				Code: host.Internal,
				Text: fmt.Sprintf("the host panicked while it ran the action: %v", p),
				Hint: "this is a bug of the host: please report it with the stack in its log",
			}
		}
	}()
	w.settle(ctx, index)
	if err := w.load(ctx); err != nil {
		return result, tape, err
	}
	return w.Runner.Run(ctx, w.Execution, index, w.Attempt+1)
}

// settle puts the settings that hold now into the step.
func (w *walk) settle(ctx context.Context, index int) {
	if step := &w.Plan[index]; w.Executor.Settings != nil {
		step.Settings = w.Executor.Settings(ctx, *step)
	}
}

// load fetches the event with its body when it was not leased with it.
func (w *walk) load(ctx context.Context) error {
	if w.Event != nil && w.Event.Body != nil {
		return nil
	}
	event, err := w.Events.Event(ctx, w.EventID)
	if err != nil {
		return fmt.Errorf("load event %s: %w", w.EventID, err)
	}
	w.Event = &event
	return nil
}

// sign fills in what the executor knows better than the runner.
func (w *walk) sign(r *host.Result, index int, started time.Time) {
	step := &w.Plan[index]
	r.ExecutionID, r.Step, r.Attempt = w.ID, index, w.Attempt+1
	r.BindingID, r.ActionID, r.Action = step.BindingID, step.ActionID, step.Action
	r.VersionID, r.Number = step.VersionID, step.Number
	r.DeadLetter = false
	if !r.Succeeded && r.Fault == "" {
		r.Fault = host.FaultHost
	}
	if r.StartedAt.IsZero() {
		r.StartedAt = started
	}
	if r.EndedAt.IsZero() {
		r.EndedAt = time.Now().UTC()
		r.Stats.TotalMicros = r.EndedAt.Sub(r.StartedAt).Microseconds()
	}
}

// hostFault is the result of an attempt that the host could not make.
func hostFault(err error) host.Result {
	failed := &host.ResultError{Name: "HostError", Message: err.Error()}
	if e, ok := errors.AsType[*host.Error](err); ok {
		failed.Message, failed.Hint, failed.Fix = e.Text, e.Hint, e.Fix
	}
	if failed.Hint == "" && failed.Fix == nil {
		failed.Hint = "nothing is wrong with the action; the host's log has the cause"
	}
	return host.Result{Fault: host.FaultHost, Error: failed}
}

// seal returns the encrypted tape, nil when the run made no host call. A tape
// holds secrets: one that can't be encrypted is dropped.
func (w *walk) seal(tape host.Tape, index, attempt int) []byte {
	if len(tape.Calls) == 0 || w.Sealer == nil {
		return nil
	}
	plaintext, err := encodeTape(tape)
	if err == nil {
		var sealed []byte
		if sealed, err = w.Sealer.Seal(plaintext, host.TapePlace(w.ID, index, attempt)); err == nil {
			return sealed
		}
	}
	w.log.Error("cannot seal the tape of a run; it is recorded without, and can't be replayed",
		"execution", w.ID, "step", index, "attempt", attempt, "error", err)
	return nil
}
