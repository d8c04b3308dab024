// Package executor runs executions: it gets them from the store when they are accepted
// or due, runs each plan in order, one action at a time, records every result before the
// next action starts, and retries failed actions.
//
// It leaves to others how an action runs (package guest), where state is kept (package
// sqlite) and how tapes are encrypted (package seal).
//
// # Main types
//
// [Executor] is the whole: set its fields, call Run. It needs a [Queue] that leases
// executions, [Events] with their bodies, [Records] that stores outcomes, and a [Runner]
// that makes one attempt. The store calls Reserve, Dispatch and Release for new
// executions.
//
// Inside, a backlog holds a bounded number of executions in memory, in a lane for each
// action; lanes share the places at which executions run, so that one slow action cannot
// take them all. The intake decides whether new executions are taken into memory. A run
// is one execution on its way through its plan. Pending writes are outcomes that the
// store has not made durable; too many of them stop new actions.
//
// # The states of an execution
//
//	pending ── first action done ──▶ running ── last action done ──▶ completed, or partial
//	   │                               │ ▲                           if a step is dead
//	   └────── an attempt fails ───────┤ │ at NextAt
//	                                   ▼ │
//	                                retrying
//
//	any of these ── a step with on_failure "stop" is dead ──▶ failed
//	any of these ── an operator cancels it ──▶ canceled
//
// A step is pending until it has succeeded, is dead because its attempts are used up, or is
// canceled because its action was deleted.
// Each move is one [host.Outcome], recorded under the epoch of the lease: when another
// worker has a newer lease, the store refuses it and the run stops. After a crash, an
// execution goes on at its first pending step; an attempt that was not recorded is made
// again.
//
// The way of an execution from the store to a worker is described at the head of
// backlog.go, the sharing of places in lane.go, and the treatment of an execution that may
// have ended the host in quarantine.go.
package executor

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/usherhost/usher/host"
)

// Queue leases executions. A lease ends when a final or retrying outcome is recorded for
// the execution, or when the store is opened again.
type Queue interface {
	// Claim leases at most n executions that are due, the longest due first.
	Claim(ctx context.Context, n int) ([]host.Execution, error)
	// ClaimHeld leases at most n executions that were recorded as held for key, the
	// longest due first.
	ClaimHeld(ctx context.Context, key string, n int) ([]host.Execution, error)
	// NextDue returns when the earliest execution without a lease is due, and false
	// when there is none.
	NextDue(ctx context.Context) (time.Time, bool, error)
}

// Events holds the accepted events.
type Events interface {
	// Event returns the event with its body.
	Event(ctx context.Context, id string) (host.Event, error)
}

// Records stores outcomes, in order for each execution.
type Records interface {
	// Record returns when the outcome is queued, and calls done once when it is
	// durable or refused. Done may be called from any goroutine, does not
	// block, and is not called when Record returns an error.
	Record(ctx context.Context, o host.Outcome, done func(error)) error
}

// Waiting knows which executions have not ended. Backlog is called at each scrape of the
// metrics, and must be cheap however many they are.
type Waiting interface {
	Backlog(ctx context.Context) (host.Backlog, error)
}

// Runner runs actions.
type Runner interface {
	// Run makes one attempt, counted from 1, at x.Plan[index]. The event is in
	// x.Event with its body, the settings that hold are in the step.
	//
	// What it resumes from is in x.Resumption. What the action does is in the result. An error means that there is
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

// The values of zero fields of an [Executor].
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
	// Opener and Tapes read the tapes that a retry resumes from. Nil: it starts afresh.
	Opener Opener
	Tapes  Tapes
	// Calls keeps what attempts have done so far, for the next process. Nil: an attempt
	// that the host's end cuts off starts afresh.
	Calls Calls
	// Waiting counts what waits in the store, for the metrics. Nil: they count what
	// waits in memory.
	Waiting Waiting
	// CountDead counts the executions that wait for an operator because a step is dead, for
	// the metrics; it must be cheap, however many they are. Nil: they are not counted.
	CountDead func(ctx context.Context) (int64, error)
	// OriginUses stores the origins to which versions sent requests; those of the
	// second before a crash are lost. Nil: they are not stored.
	OriginUses OriginUses
	// Quarantine leases executions that ran when the host ended without stopping. Nil:
	// such executions are due in the store like others.
	Quarantine Quarantine
	// Holds knows what is paused and limited. Nil: nothing is.
	Holds Holds
	// Journal writes down what runs, for the next process. Nil: nothing is written.
	Journal Journal
	// Settings returns the settings that hold now for a step; the run and its
	// retry both go by them. Nil: those that the step was accepted with.
	Settings func(ctx context.Context, step host.Step) host.Settings
	// Deleted reports whether the step's action is deleted: then the step is canceled,
	// and not run. Nil: none is.
	Deleted func(ctx context.Context, step host.Step) bool

	// Notifier reports what an operator should know of at once; dead letters go with their
	// outcomes. Nil: nothing is reported.
	Notifier host.Notifier

	Concurrency  int           // executions that run at once; 0 is DefaultConcurrency
	Backlog      int           // executions held in memory, the running ones included; 0 is DefaultBacklog
	DrainTimeout time.Duration // how long running actions may go on after Run's ctx ended; 0 is DefaultDrainTimeout, less cancels them at once

	Log     *slog.Logger          // nil is slog.Default()
	Metrics prometheus.Registerer // nil: nothing is registered

	ready     sync.Once
	loading   sync.Mutex // held by Reload
	paused    atomic.Pointer[map[string]host.Pause]
	log       *slog.Logger
	meters    *meters
	backlog   *backlog
	writes    *pendingWrites
	contacted contacted
	hold      *hold // nil without a quarantine
	workers   sync.WaitGroup
	actions   context.Context // ends when running actions must stop; set by Run before the first of them
	records   context.Context // ends when waiting for the store is given up; likewise
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
		e.contacted.recorder.Go(func() { e.recordOriginUse(ctx) })
	}
	e.load(ctx)
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
	e.meters.overflowed.Inc()
	return false
}

// Release gives back the room that Reserve gave, unused. It does not block.
func (e *Executor) Release() {
	e.setup()
	e.backlog.release()
}

// Dispatch takes an execution for which Reserve gave room, after its durable commit. It starts at once when fewer than Concurrency are running. It does
// not block.
func (e *Executor) Dispatch(x host.Execution) {
	e.setup()
	e.backlog.add(x)
}

// Cancel stops what runs of an execution and drops it when it waits in memory.
// Call it after the store has canceled it: its outcomes are refused then.
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
		e.backlog.report = e.notify
		e.writes = newPendingWrites()
		if e.Quarantine != nil {
			e.hold = newHold()
		}
		var deleted func(actionID string) bool
		if e.Deleted != nil {
			deleted = e.isDeleted
		}
		e.meters = newMeters(e.Metrics, e.backlog, e.writes, e.Waiting, deleted)
		if e.Metrics != nil && e.CountDead != nil {
			e.Metrics.MustRegister(deadCollector(e.CountDead))
		}
		if e.Metrics != nil && e.Holds != nil {
			e.Metrics.MustRegister(&holdsCollector{e})
		}
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
		e.contacted.recorder.Wait()
		e.flushOriginUse()
	}
	if err := e.writes.flush(e.records); err != nil {
		return fmt.Errorf("drain executor: the store did not take %d outcomes within %s; those actions run again after the next start: %w",
			e.writes.pending(), flushTimeout, err)
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
