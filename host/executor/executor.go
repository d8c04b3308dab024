// Package executor runs executions: it takes what was accepted or is due, runs
// each plan in order, one action at a time, records every result before the
// next action starts, and retries what failed.
//
// It leaves to others how an action runs (package guest), where state is kept
// (package sqlite) and how tapes are encrypted (package seal).
package executor

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/usherhost/usher/host"
)

// Queue leases executions that nobody holds. A leased one is held until an
// outcome that is final or retrying is recorded for it, or the store is opened
// anew.
type Queue interface {
	// Claim leases at most n executions that are due, the longest due first.
	Claim(ctx context.Context, n int) ([]host.Execution, error)
	// NextDue says when the earliest execution that nobody holds is due, and
	// false when there is none.
	NextDue(ctx context.Context) (time.Time, bool, error)
}

// Events holds the accepted events.
type Events interface {
	// Event returns the event with its body.
	Event(ctx context.Context, id string) (host.Event, error)
}

// Records keeps outcomes, in the order in which they come for one execution.
type Records interface {
	// Record returns when the outcome is queued, and calls done once when it is
	// durable or refused. Done may be called from any goroutine, does not
	// block, and is not called when Record returns an error.
	Record(ctx context.Context, o host.Outcome, done func(error)) error
}

// Waiting knows what has not ended. Backlog is asked with each look at the
// metrics, and must cost little however much waits.
type Waiting interface {
	Backlog(ctx context.Context) (host.Backlog, error)
}

// Runner runs actions.
type Runner interface {
	// Run makes one attempt, counted from 1, at x.Plan[index]. The event is in
	// x.Event with its body, the settings that hold are in the step.
	//
	// What the action does is in the result. An error means that there is
	// none: ctx ended first, and nothing is recorded, or the host failed,
	// which counts as an attempt with [host.FaultHost]. Run must return soon
	// after ctx ends. The executor fills in the result's ids.
	Run(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error)
}

// RunnerFunc makes a [Runner] of a function.
type RunnerFunc func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error)

// Run calls f.
func (f RunnerFunc) Run(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
	return f(ctx, x, index, attempt)
}

// Sealer encrypts a tape. It opens with the same place only: [host.TapePlace].
type Sealer interface {
	Seal(plaintext, place []byte) ([]byte, error)
}

// What zero fields of an [Executor] stand for.
const (
	DefaultConcurrency  = 64
	DefaultBacklog      = 4096
	DefaultDrainTimeout = 25 * time.Second
)

// flushTimeout bounds how long Run waits, after its actions ended, for the
// store to make their outcomes durable.
const flushTimeout = 10 * time.Second

// Executor runs executions. Set its fields before the first call, then call
// Run once; the other methods may be called by any goroutine at any time.
type Executor struct {
	Queue   Queue
	Events  Events
	Records Records
	Runner  Runner

	// Sealer encrypts tapes. Nil: no tape is stored.
	Sealer Sealer
	// Waiting tells what waits in the store, for the metrics. Nil: they tell what
	// waits in memory.
	Waiting Waiting
	// OriginUses keeps to which origins versions sent requests; what was reached in
	// the second before a crash is lost. Nil: it is not kept.
	OriginUses OriginUses
	// Quarantine leases what ran when the host ended without stopping. Nil: such
	// executions are due in the store like others.
	Quarantine Quarantine
	// Journal notes what runs, for the next process. Nil: nothing is noted.
	Journal Journal
	// Settings returns the settings that hold now for a step; the run and its
	// retry both go by them. Nil: those that the step was accepted with.
	Settings func(ctx context.Context, step host.Step) host.Settings

	Concurrency  int           // executions that run at once; 0 is DefaultConcurrency
	Backlog      int           // executions held in memory, the running ones included; 0 is DefaultBacklog
	DrainTimeout time.Duration // how long running actions may go on after Run's ctx ended; 0 is DefaultDrainTimeout, less cancels them at once

	Log     *slog.Logger          // nil is slog.Default()
	Metrics prometheus.Registerer // nil: nothing is registered

	ready   sync.Once
	log     *slog.Logger
	meters  *meters
	backlog *backlog
	unsaved *unsaved
	reach   reach
	hold    *hold // nil without a quarantine
	workers sync.WaitGroup
	actions context.Context // ends when running actions must stop; set by Run before the first of them
	records context.Context // ends when waiting for the store is given up; likewise
}

// Run runs executions until ctx ends. Then it starts no more actions, lets the
// running ones finish within DrainTimeout and cancels the others, whose
// attempts are not recorded: they run again after the next start. It returns
// when all is recorded, with an error when the store did not take the last
// outcomes or an action did not stop.
func (e *Executor) Run(ctx context.Context) error {
	e.setup()
	var cancelActions, cancelRecords context.CancelFunc
	e.records, cancelRecords = context.WithCancel(context.WithoutCancel(ctx))
	defer cancelRecords()
	e.actions, cancelActions = context.WithCancel(e.records)
	defer cancelActions()

	if e.OriginUses != nil {
		e.reach.recorder.Go(func() { e.recordOriginUse(ctx) })
	}
	e.backlog.open(e.start)
	if e.hold != nil {
		e.workers.Go(func() { e.quarantine(ctx) })
		select {
		case <-e.hold.released:
		case <-ctx.Done():
		}
	}
	e.claim(ctx)
	e.backlog.close()
	return e.drain(cancelActions, cancelRecords)
}

// Reserve asks for room for one execution and reports whether there is. With
// room, Dispatch or Release must follow. Without, the execution stays in the store
// and is claimed from there. It does not block.
func (e *Executor) Reserve() bool {
	e.setup()
	if e.backlog.reserve() {
		return true
	}
	e.hold.ask()
	e.meters.spilled.Inc()
	return false
}

// Release gives back the room that Reserve gave, unused. It does not block.
func (e *Executor) Release() {
	e.setup()
	e.backlog.release()
}

// Dispatch hands over an execution for which Reserve gave room, after its durable
// commit. It starts at once when fewer than Concurrency are running. It does
// not block.
func (e *Executor) Dispatch(x host.Execution) {
	e.setup()
	e.backlog.add(x)
}

// Wake makes Run look at once for executions that are due in the store. Call
// it when something else than a leased execution became due: an operator's retry
// or replay. It does not block.
func (e *Executor) Wake() {
	e.setup()
	e.backlog.arm(time.Now())
}

// Cancel stops what runs of an execution and drops it when it waits in memory.
// Call it after the store has canceled it: what it does is not recorded then.
// It does not block.
func (e *Executor) Cancel(executionID string) {
	e.setup()
	e.backlog.cancel(executionID)
}

// setup makes what zero fields leave out.
func (e *Executor) setup() {
	e.ready.Do(func() {
		e.log = e.Log
		if e.log == nil {
			e.log = slog.Default()
		}
		e.backlog = newBacklog(cmp.Or(e.Backlog, DefaultBacklog), cmp.Or(e.Concurrency, DefaultConcurrency))
		e.unsaved = newUnsaved()
		if e.Quarantine != nil {
			e.hold = newHold()
		}
		e.meters = newMeters(e.Metrics, e.backlog, e.unsaved, e.Waiting)
	})
}

// start runs x on a goroutine of its own, which goes on with what waits.
func (e *Executor) start(x host.Execution, in *lane) {
	e.workers.Go(func() {
		for more := true; more; {
			x, in, more = e.backlog.next(e.execute(x, in))
		}
	})
}

// drain waits for the running actions and then for their records, each with
// its own patience.
func (e *Executor) drain(cancelActions, cancelRecords context.CancelFunc) error {
	idle := make(chan struct{})
	go func() { e.workers.Wait(); close(idle) }()

	if !within(idle, cmp.Or(e.DrainTimeout, DefaultDrainTimeout)) {
		e.log.Warn("canceling actions that did not finish in time; they run again after the next start",
			"executions", e.backlog.runningNow())
		cancelActions()
	}
	// What the running actions still record has the same time as the flush.
	giveUp := time.AfterFunc(flushTimeout, cancelRecords)
	defer giveUp.Stop()
	if !within(idle, flushTimeout) {
		return fmt.Errorf("drain executor: %d actions did not stop within %s of being canceled; they run again after the next start",
			e.backlog.runningNow(), flushTimeout)
	}
	if e.OriginUses != nil {
		e.reach.recorder.Wait()
		e.flushOriginUse()
	}
	if err := e.unsaved.flush(e.records); err != nil {
		return fmt.Errorf("drain executor: the store did not take %d outcomes within %s; those actions run again after the next start: %w",
			e.unsaved.pending(), flushTimeout, err)
	}
	return nil
}

// within reports whether done was closed before the time was up.
func within(done <-chan struct{}, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
