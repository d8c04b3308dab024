package executor

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// flow is one decision on its way, for the goroutine of its request.
type flow struct {
	decider  *Decider
	began    time.Time
	deadline time.Time
	turn     *Turn
	fold     host.Flow
	left     *unrecorded
}

// start makes the execution of an event.
func (f *flow) start(event host.Event, plan []host.Step) {
	r := &f.left.record
	if event.ID == "" {
		event.ID = host.NewID(host.EventPrefix)
	}
	if event.ReceivedAt.IsZero() {
		event.ReceivedAt = f.began.UTC()
	}
	r.Event = event
	r.Execution = host.Execution{
		ID: host.ExecutionPrefix + strings.TrimPrefix(event.ID, host.EventPrefix), EventID: event.ID, Tenant: event.Tenant,
		Trigger: event.Trigger, UserID: event.UserID, Status: host.StatusCompleted, Plan: plan,
		Progress: make([]host.StepState, len(plan)), Traceparent: event.Traceparent, CreatedAt: event.ReceivedAt, Event: &r.Event,
	}
	r.Results = make([]host.Result, 0, len(plan))
}

// run runs the actions in order.
func (f *flow) run(ctx context.Context) {
	r := &f.left.record
	x := &r.Execution
	on := true
	for i, step := range x.Plan {
		switch {
		case !on:
			f.fold.Skip(step)
			x.Progress[i] = host.StepSkipped
		case !time.Now().Before(f.deadline):
			on = f.miss(i, noTime(time.Since(f.began)))
		default:
			leave, why := f.decider.admit(&step)
			if why != nil {
				on = f.miss(i, why)
				break
			}
			on = f.step(ctx, i)
			leave()
		}
		if x.Progress[i] != host.StepFailed {
			continue
		}
		x.Status = host.StatusPartial
		if !on {
			x.Status = host.StatusFailed
		}
	}
	x.EndedAt = time.Now().UTC()
	r.Took = x.EndedAt.Sub(f.began)
}

// miss leaves an action out, and reports whether a further one runs.
func (f *flow) miss(index int, why *host.ResultError) bool {
	x := &f.left.record.Execution
	x.Progress[index] = host.StepFailed
	if f.left.missed == nil {
		f.left.missed = map[int]*host.ResultError{}
	}
	f.left.missed[index] = why
	return f.fold.Miss(x.Plan[index], why)
}

// step runs one action and reports whether a further one runs.
func (f *flow) step(ctx context.Context, index int) bool {
	d, x := f.decider, &f.left.record.Execution
	result, tape := f.attempt(ctx, index)
	if d.Ran != nil {
		d.Ran(x.Trigger, &result)
	}
	x.Progress[index] = host.StepSucceeded
	if !result.Succeeded {
		x.Progress[index] = host.StepFailed
	}
	f.left.record.Results = append(f.left.record.Results, result)
	f.left.tapes = append(f.left.tapes, tape)
	return f.fold.Add(x.Plan[index], &result, result.Given)
}

// attempt runs the action with what is left of the flow's time. What the host can't do
// is a failure of this action alone.
func (f *flow) attempt(ctx context.Context, index int) (host.Result, host.Tape) {
	d, x := f.decider, f.left.record.Execution // a copy: the plan is shared, and the step's time is this flow's
	step := x.Plan[index]
	left := max((time.Until(f.deadline) + time.Millisecond - 1).Milliseconds(), 1) // rounded up: nothing runs after it
	if own := step.Settings.Limits.TimeoutMillis; own == 0 || own > left {
		step.Settings.Limits.TimeoutMillis = left
	}
	plan := make([]host.Step, index+1)
	copy(plan, x.Plan)
	plan[index] = step
	x.Plan = plan
	started := time.Now().UTC()
	result, tape, err := f.guarded(ctx, &x, index)
	if err != nil {
		d.log.Error("the host could not run an action", "execution", x.ID, "action", step.Action, "error", err)
		result, tape = hostFault(err), host.Tape{}
	}
	one := run{execution: x}
	one.complete(&result, index, started)
	return result, tape
}

func (f *flow) guarded(ctx context.Context, x *host.Execution, index int) (result host.Result, tape host.Tape, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(f.decider.log, x.ID, p)
		}
	}()
	user, app := f.fold.MetadataBytes()
	return f.decider.Runner(ctx, FlowStep{Execution: x, Index: index, Turn: f.turn, UserMetadataBytes: user, AppMetadataBytes: app})
}

// end answers and records the decision.
func (f *flow) end() (host.Decision, error) {
	d, r := f.decider, &f.left.record
	f.left.event = metadataOf(r.Event.Body)
	r.Decision = f.fold.Decision(r.Execution.ID, f.left.event.user, f.left.event.app)
	decision := r.Decision
	for _, step := range r.Execution.Plan {
		if step.Settings.Record == host.RecordStrict {
			f.left.durable = make(chan error, 1)
		}
	}
	durable := f.left.durable
	d.left <- f.left // its decision is the recorder's from here on
	if durable != nil {
		if err := awaited(durable); err != nil {
			return host.Decision{}, &host.Error{
				Code: host.Unavailable, RetryAfter: time.Second, Err: err,
				Text: "the decision could not be recorded, and so is not answered: a binding has record: strict",
				Hint: "send the event again after Retry-After; its actions will run again",
			}
		}
	}
	d.meters.decided(r.Event.Trigger, &decision, time.Since(f.began))
	return decision, nil
}

func awaited(durable <-chan error) error {
	timer := time.NewTimer(strictTimeout)
	defer timer.Stop()
	select {
	case err := <-durable:
		return err
	case <-timer.C:
		return fmt.Errorf("the store did not take it within %s", strictTimeout)
	}
}

func noTime(took time.Duration) *host.ResultError {
	return &host.ResultError{Name: "TimeoutError", Message: fmt.Sprintf("it did not run: the flow's time was over after %d ms", took.Milliseconds())}
}

// metadataOf reads the metadata of the new user from an event. Its form was checked.
func metadataOf(body []byte) metadata {
	return metadata{objectAt(body, "user_metadata"), objectAt(body, "app_metadata")}
}

// objectAt reads an object of the user; nil when it is empty or there is none.
func objectAt(body []byte, key string) (object map[string]json.RawMessage) {
	if text := proto.Member(body, "user", key); len(text) > len("{}") {
		_ = json.Unmarshal(text, &object)
	}
	return object
}
