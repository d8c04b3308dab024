package executor

import (
	"context"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// What ran when the host ended without stopping may end it again. The store
// knows which executions these are, and quarantine runs them one by one, each
// step after a durable mark: so the one that ends the host a second time is
// known, and becomes a dead letter. The others lose no attempt.
//
// Until they have run, or an event is accepted, or holdBack has passed, nothing
// else begins: then there is no doubt about what ended the host. A suspect that
// ran while the host ended twice, and not alone, runs alone for certain, also
// when events are accepted meanwhile. After that the rest of the suspects runs
// beside everything else.

// Quarantine leases the executions that ran when the host ended without stopping.
type Quarantine interface {
	// Suspect leases the next one, and reports false when there is none.
	Suspect(ctx context.Context) (host.Suspect, bool, error)
	// Mark records durably that a step of a suspect is about to run.
	Mark(ctx context.Context, executionID string, step int) error
}

// Journal writes down which executions run, for the process after one that ended
// without stopping. It must be quick.
type Journal interface {
	Began(executionID string) (place int)
	Ended(place int)
}

// holdBack is how long other executions wait for suspects at most.
const holdBack = 30 * time.Second

// hold keeps the executor from claiming while suspects run with nothing beside
// them.
type hold struct {
	released chan struct{}

	mu    sync.Mutex // guards all below
	alone bool       // a suspect needs it: only the time ends the hold
	asked bool       // others wait
	done  bool
}

func newHold() *hold { return &hold{released: make(chan struct{}), alone: true} }

// ask ends the hold, as soon as no suspect needs it.
func (h *hold) ask() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = true
	h.endIfAllowed()
}

// need sets whether a suspect needs the hold from now on.
func (h *hold) need(alone bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alone = alone
	h.endIfAllowed()
}

// release ends the hold.
func (h *hold) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alone, h.asked = false, true
	h.endIfAllowed()
}

// endIfAllowed ends the hold when others wait and no suspect needs it. The caller holds mu.
func (h *hold) endIfAllowed() {
	if h.asked && !h.alone && !h.done {
		h.done = true
		close(h.released)
	}
}

// quarantine runs the suspects one by one, until ctx ends.
func (e *Executor) quarantine(ctx context.Context) {
	defer e.hold.release()
	e.backlog.untilResumed(ctx)
	timer := time.AfterFunc(holdBack, e.hold.release)
	defer timer.Stop()
	pause := minErrorPause
	for ctx.Err() == nil {
		s, found, err := e.Quarantine.Suspect(ctx)
		if err != nil {
			if ctx.Err() == nil {
				e.log.Error("cannot look for executions that ran when the host ended; trying again", "after", pause, "error", err)
				e.hold.release()
			}
			sleep(ctx, pause)
			pause = min(2*pause, maxErrorPause)
			continue
		}
		if !found {
			return
		}
		e.hold.need(s.Crashes > 1)
		e.runAlone(ctx, s)
	}
}

// runAlone runs a suspect as execute runs others, with a mark before each step, until
// until ends. What is held back is no suspect afterwards: if it ends the host when it goes
// on, it will be one again.
func (e *Executor) runAlone(until context.Context, s host.Suspect) {
	ctx, cancel := context.WithCancelCause(e.actions)
	defer cancel(nil)
	r := e.newRun(s.Execution, cancel)
	e.backlog.hold()
	e.backlog.began(r)
	defer e.backlog.ended(r)
	e.log.Warn("running alone what ran when the host ended without stopping", "execution", s.ID, "times", s.Crashes, "guilty", s.Guilty)
	for guilty := s.Guilty; ; guilty = false {
		e.backlog.untilResumed(until)
		if !guilty && e.backlog.parkHindered(r.execution) {
			return
		}
		o, ok := r.markedStep(ctx, guilty)
		if !ok || !r.record(ctx, o) {
			e.backlog.release()
			return
		}
		if endsLease(o) {
			return // the room goes back when the outcome is durable
		}
		e.hold.need(false)
	}
}

// markedStep runs a suspect's next step after a durable mark, or does not run it because
// it is guilty.
func (r *run) markedStep(ctx context.Context, guilty bool) (host.Outcome, bool) {
	index, left := r.execution.Next()
	switch {
	case !left:
		return r.step(ctx)
	case guilty:
		return r.failGuilty(ctx, index), true
	}
	if r.executor.backlog.isClosed() || ctx.Err() != nil {
		return host.Outcome{}, false
	}
	if err := r.executor.Quarantine.Mark(ctx, r.execution.ID, index); err != nil {
		r.lose(err)
		return host.Outcome{}, false
	}
	return r.step(ctx)
}

// failGuilty makes the step a dead letter without running it.
func (r *run) failGuilty(ctx context.Context, index int) host.Outcome {
	e, x := r.executor, &r.execution
	r.applySettings(ctx, index)
	now := time.Now().UTC()
	result := host.Result{
		Fault: host.FaultHost, StartedAt: now, EndedAt: now,
		Error: &host.ResultError{
			Name: "HostEnded",
			Message: "the host ended without stopping while it ran this action, and again when it ran it with nothing beside it; " +
				"it is not run a third time",
			Hint: "the log of the host or of the system shows how it ended, such as out of memory; if it was killed both times by " +
				"an operator, nothing is wrong with the action",
			Fix: host.FixRetryExecution.With(x.ID),
		},
	}
	r.complete(&result, index, now)
	e.meters.ran(x.Trigger, &result)
	e.log.Error("an action ended the host twice; it is a dead letter", "execution", x.ID, "action", result.Action)
	r.advance(index, &result, true)
	return r.outcome(&result, sealedTape{})
}
