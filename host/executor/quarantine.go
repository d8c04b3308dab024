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
	// Mark notes durably that a step of a suspect is about to run.
	Mark(ctx context.Context, executionID string, step int) error
}

// Journal notes which executions run, for the process after one that ended
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
	h.settle()
}

// need tells whether a suspect needs the hold from now on.
func (h *hold) need(alone bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alone = alone
	h.settle()
}

// release ends the hold.
func (h *hold) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alone, h.asked = false, true
	h.settle()
}

// settle ends the hold when it may. The caller holds mu.
func (h *hold) settle() {
	if h.asked && !h.alone && !h.done {
		h.done = true
		close(h.released)
	}
}

// quarantine runs the suspects one by one, until ctx ends.
func (e *Executor) quarantine(ctx context.Context) {
	defer e.hold.release()
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
		e.isolate(s)
	}
}

// isolate walks a suspect, as execute walks others.
func (e *Executor) isolate(s host.Suspect) {
	ctx, cancel := context.WithCancelCause(e.actions)
	defer cancel(nil)
	w := &walk{Executor: e, Execution: s.Execution, cancel: cancel}
	w.prepare()
	e.backlog.take()
	e.backlog.enter(w)
	defer e.backlog.leave(w)
	e.log.Warn("running alone what ran when the host ended without stopping", "execution", w.ID, "times", s.Crashes, "guilty", s.Guilty)
	for guilty := s.Guilty; ; guilty = false {
		o, ok := w.next(ctx, guilty)
		if !ok {
			e.backlog.release()
			return
		}
		if recorded := w.record(ctx, o); !recorded {
			e.backlog.release()
			return
		}
		if ends(o) {
			return // the room goes back when the outcome is durable
		}
		e.hold.need(false)
	}
}

// next runs a suspect's next step after a durable mark, or does not run it
// because it is guilty.
func (w *walk) next(ctx context.Context, guilty bool) (host.Outcome, bool) {
	index, left := w.Next()
	switch {
	case !left:
		return w.step(ctx)
	case guilty:
		return w.condemn(ctx, index), true
	}
	if w.backlog.isClosed() || ctx.Err() != nil {
		return host.Outcome{}, false
	}
	if err := w.Quarantine.Mark(ctx, w.ID, index); err != nil {
		w.lose(err)
		return host.Outcome{}, false
	}
	return w.step(ctx)
}

// condemn makes the step a dead letter without running it.
func (w *walk) condemn(ctx context.Context, index int) host.Outcome {
	w.settle(ctx, index)
	now := time.Now().UTC()
	result := host.Result{
		Fault: host.FaultHost, StartedAt: now, EndedAt: now,
		Error: &host.ResultError{
			Name: "HostEnded",
			Message: "the host ended without stopping while it ran this action, and again when it ran it with nothing beside it; " +
				"it is not run a third time",
			Hint: "the log of the host or of the system tells how it ended, such as out of memory; if it was killed both times by " +
				"an operator, nothing is wrong with the action",
			Fix: host.FixRetryExecution.With(w.ID),
		},
	}
	w.sign(&result, index, now)
	w.meters.ran(w.Trigger, &result)
	w.log.Error("an action ended the host twice; it is a dead letter", "execution", w.ID, "action", result.Action)
	w.advance(index, &result, true)
	return w.outcome(&result, nil)
}
