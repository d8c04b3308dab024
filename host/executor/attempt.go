package executor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/usherhost/usher/host"
)

// attempt runs the step once. False means that ctx ended first: there is
// nothing to record.
func (r *run) attempt(ctx context.Context, index int) (host.Result, sealedTape, bool) {
	started := time.Now().UTC()
	e, x := r.executor, &r.execution
	result, tape, err := r.guarded(ctx, index)
	if err != nil && ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), errLost) {
			e.forget(x.ID, index, x.Attempt+1)
		}
		return host.Result{}, sealedTape{}, false
	}
	if err != nil {
		e.log.Error("the host could not run an action", "execution", x.ID, "action", x.Plan[index].Action, "error", err)
		result, tape = hostFault(err), host.Tape{}
	}
	r.complete(&result, index, started)
	e.Ran(x.Trigger, &result)
	return result, recorder{e.Sealer, e.log}.seal(&tape, &result, &x.Plan[index]), true
}

// Ran counts a run: in the metrics, and the origins that it contacted.
func (e *Executor) Ran(t host.Trigger, r *host.Result) {
	e.setup()
	e.meters.ran(t, r)
	if e.OriginUses != nil {
		e.contacted.add(r.VersionID, r.Contacted)
	}
}

// guarded gets what the runner needs and calls it. A panic there is an error: it
// costs this attempt, not the process.
func (r *run) guarded(ctx context.Context, index int) (result host.Result, tape host.Tape, err error) {
	e, x := r.executor, &r.execution
	defer func() {
		if p := recover(); p != nil {
			err = panicked(e.log, x.ID, p)
		}
	}()
	r.applySettings(ctx, index)
	if err := r.load(ctx); err != nil {
		return result, tape, err
	}
	attempt := *x
	attempt.Resumption = r.resumption(ctx, index)
	return e.Runner.Run(ctx, attempt, index, x.Attempt+1)
}

// panicked logs a panic of the runner that was recovered, with the stack, and returns it
// as an error.
func panicked(log *slog.Logger, executionID string, value any) error {
	log.Error("panic while running an action", "execution", executionID, "panic", value, "stack", string(debug.Stack()))
	return &host.Error{
		Code: host.Internal,
		Text: fmt.Sprintf("the host panicked while it ran the action: %v", value),
		Hint: "this is a bug of the host: please report it with the stack in its log",
	}
}

// applySettings puts the settings that hold now into the step.
func (r *run) applySettings(ctx context.Context, index int) {
	if step := &r.execution.Plan[index]; r.executor.Settings != nil {
		step.Settings = r.executor.Settings(ctx, *step)
	}
}

// load fetches the event with its body when it was not leased with it.
func (r *run) load(ctx context.Context) error {
	x := &r.execution
	if x.Event != nil && x.Event.Body != nil {
		return nil
	}
	event, err := r.executor.Events.Event(ctx, x.EventID)
	if err != nil {
		return fmt.Errorf("load event %s: %w", x.EventID, err)
	}
	x.Event = &event
	return nil
}

// complete fills in what the executor knows better than the runner.
func (r *run) complete(result *host.Result, index int, started time.Time) {
	x, step := &r.execution, &r.execution.Plan[index]
	result.ExecutionID, result.Step, result.Attempt = x.ID, index, x.Attempt+1
	result.BindingID, result.ActionID, result.Action = step.BindingID, step.ActionID, step.Action
	result.VersionID, result.Number = step.VersionID, step.Number
	result.DeadLetter = false
	if !result.Succeeded && result.Fault == "" {
		result.Fault = host.FaultHost
	}
	if result.StartedAt.IsZero() {
		result.StartedAt = started
	}
	if result.EndedAt.IsZero() {
		result.EndedAt = time.Now().UTC()
		result.Stats.TotalMicros = result.EndedAt.Sub(result.StartedAt).Microseconds()
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
