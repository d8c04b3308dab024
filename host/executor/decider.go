package executor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
)

// How a flow decides:
//
//  1. The caller's goroutine takes a place, and a turn on the processors (turns.go). Both
//     are apart from those of the background: nothing there makes a decision wait for one.
//     A flow that gets none before its time is over, or a host that is not ready, is
//     refused before any action ran.
//  2. The plan is what is bound now. It is in memory, with its settings: a flow reads
//     nothing from the disk.
//  3. The actions run in order, each with what is left of the flow's time. What they
//     give is folded by [host.Flow].
//  4. The decision is handed to the recorder, and answered. With a strict binding it is
//     answered once its record is durable.
//
// The recorder is one goroutine, started by Run: it encodes and seals what the flow left
// and queues it for the store's group commit. When it falls behind, flows wait for it
// before they answer, so that memory is bounded and no record is dropped.

// Plans knows what is bound.
type Plans interface {
	// Bound returns the plan of a trigger, for reading only, without waiting for the disk
	// unless it has changed.
	Bound(ctx context.Context, trigger host.Trigger) ([]host.Step, error)
}

// DecisionRecords stores decisions.
type DecisionRecords interface {
	// Decided returns when the record is queued, and calls done once when it is durable
	// or refused. Done may be called from any goroutine, and does not block.
	Decided(ctx context.Context, r *host.DecisionRecord, done func(error)) error
}

// FlowRunner runs one action of a flow.
type FlowRunner func(ctx context.Context, s FlowStep) (host.Result, host.Tape, error)

// FlowStep is an action of a flow, for its runner.
type FlowStep struct {
	Execution *host.Execution
	Index     int // of the action in the plan
	Turn      *Turn

	// UserMetadataBytes and AppMetadataBytes are what earlier actions have set.
	UserMetadataBytes, AppMetadataBytes int
}

// The values of zero fields of a [Decider].
const (
	DefaultDecisionTimeout     = 3 * time.Second
	DefaultDecisionConcurrency = 64
	DefaultDecisionsWaiting    = 1024
)

// maxUnrecorded is how many decisions wait for the recorder before answers wait, too.
const maxUnrecorded = 4096

// strictTimeout is how long a strict flow waits for its record.
const strictTimeout = 15 * time.Second

// Decider runs flows that decide. Set its fields before the first call, call Run once,
// and Decide from any goroutine meanwhile.
type Decider struct {
	Plans   Plans
	Runner  FlowRunner
	Records DecisionRecords
	Sealer  Sealer // nil: no tape is stored

	// Ready returns why the host can't record now; nil: it always can. It is asked
	// before every flow, and must be fast.
	Ready func() error
	// Paused returns the pause of an action, by its id, or a trigger, and nil when there is
	// none. It must be fast; nil: nothing is paused.
	Paused func(target string) *host.Pause
	// Urge makes way for the flow that begins; nil: it competes with the background.
	Urge func()
	// Ran counts a run, as the executor does with its own; nil: nothing is counted.
	Ran func(t host.Trigger, r *host.Result)

	Timeout     time.Duration // of a whole flow; 0 is DefaultDecisionTimeout
	Concurrency int           // flows that have begun and not ended; 0 is DefaultDecisionConcurrency
	Turns       int           // of these, flows that compute at once; 0 is two for each processor
	Waiting     int           // flows that wait for a place; 0 is DefaultDecisionsWaiting

	Log     *slog.Logger          // nil is slog.Default()
	Metrics prometheus.Registerer // nil: nothing is registered

	ready   sync.Once
	log     *slog.Logger
	meters  *decisionMeters
	places  chan struct{} // one for each flow that runs
	waiting chan struct{} // one for each flow that runs or waits
	left    chan *unrecorded
	turns   turns
	limits  flowLimits

	mu     sync.Mutex
	closed bool           // guarded by mu: no flow begins any more
	flows  sync.WaitGroup // flows on their way; Add under mu
}

// unrecorded is a decision on its way to the store.
type unrecorded struct {
	record  host.DecisionRecord
	tapes   []host.Tape
	missed  map[int]*host.ResultError // why an action did not run, by its place in the plan
	event   metadata
	durable chan error // nil when the answer does not wait for it
}

// metadata is what the event says of the new user.
type metadata struct {
	user, app map[string]json.RawMessage
}

func (d *Decider) setup() {
	d.ready.Do(func() {
		d.log = cmp.Or(d.Log, slog.Default())
		d.places = make(chan struct{}, cmp.Or(d.Concurrency, DefaultDecisionConcurrency))
		d.waiting = make(chan struct{}, cap(d.places)+cmp.Or(d.Waiting, DefaultDecisionsWaiting))
		d.left = make(chan *unrecorded, maxUnrecorded)
		d.limits.began = time.Now()
		d.turns.free = cmp.Or(d.Turns, 2*runtime.GOMAXPROCS(0))
		d.meters = newDecisionMeters(d.Metrics, d)
	})
}

// Limit returns how long a flow may take whose sender wants to wait for so long; 0 is
// as long as may be.
func (d *Decider) Limit(wait time.Duration) time.Duration {
	limit := cmp.Or(d.Timeout, DefaultDecisionTimeout)
	if wait > 0 {
		return min(wait, limit)
	}
	return limit
}

// Decide runs the flow of an event that fits its trigger's contract, and returns its
// decision. The event gets an id and the time, if it has none. The flow goes on when ctx
// ends: it is over soon in any case. An error means that no action has run, unless it
// is of a strict flow that could not be recorded.
func (d *Decider) Decide(ctx context.Context, event host.Event, wait time.Duration) (host.Decision, error) {
	d.setup()
	if d.Urge != nil {
		d.Urge()
	}
	if !d.begin() {
		return host.Decision{}, refused("the host is stopping", nil)
	}
	defer d.flows.Done()
	if d.Ready != nil {
		if err := d.Ready(); err != nil {
			return host.Decision{}, refused("the host is not ready", err)
		}
	}
	if d.pausedTarget(string(event.Trigger)) != nil {
		return host.Decision{}, pausedTrigger(event.Trigger)
	}
	ctx = context.WithoutCancel(ctx)
	f := &flow{decider: d, began: time.Now(), left: &unrecorded{}}
	f.deadline = f.began.Add(d.Limit(wait))
	f.turn = &Turn{turns: &d.turns, deadline: f.deadline}
	if err := d.enter(f.turn); err != nil {
		return host.Decision{}, err
	}
	plan, err := d.Plans.Bound(ctx, event.Trigger)
	if err != nil {
		d.leave(f.turn)
		return host.Decision{}, fmt.Errorf("read what is bound to %s: %w", event.Trigger, err)
	}
	f.start(event, plan)
	f.run(ctx)
	d.leave(f.turn)
	return f.end()
}

func (d *Decider) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.flows.Add(1)
	}
	return !d.closed
}

// enter takes a place and a turn, and waits for them until the flow's deadline.
func (d *Decider) enter(turn *Turn) error {
	select {
	case d.waiting <- struct{}{}:
	default:
		return refused("too many decisions wait", nil)
	}
	if !d.place(turn.deadline) {
		<-d.waiting
		return refused("no place was free in time for the decision", nil)
	}
	if !turn.take(&d.turns.begin) {
		d.leave(turn)
		return refused("no processor was free in time for the decision", nil)
	}
	return nil
}

// place takes a place, and reports whether there was one before the deadline.
func (d *Decider) place(deadline time.Time) bool {
	select {
	case d.places <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case d.places <- struct{}{}:
		return true
	case <-timer.C:
		return false
	}
}

func (d *Decider) leave(turn *Turn) {
	turn.give()
	<-d.places
	<-d.waiting
}

// refused is the error of a flow that did not begin.
func refused(text string, err error) error {
	return &host.Error{
		Code: host.Unavailable, RetryAfter: time.Second, Err: err,
		Text: text + "; no action has run",
		Hint: "send the event again after Retry-After",
	}
}

// Run records decisions until ctx ends, refuses flows from then on, and returns when all
// that are on their way have been recorded.
func (d *Decider) Run(ctx context.Context) error {
	d.setup()
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		d.record()
	}()
	<-ctx.Done()
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.flows.Wait()
	close(d.left)
	<-recorded
	return nil
}

// record queues what flows left, until there is no more.
func (d *Decider) record() {
	var queued sync.WaitGroup
	for u := range d.left {
		d.seal(u)
		u.record.Decision = u.shown()
		queued.Add(1)
		done := func(err error) {
			if err != nil {
				d.log.Error("cannot record a decision", "execution", u.record.Execution.ID, "error", err)
			}
			if u.durable != nil {
				u.durable <- err
			}
			queued.Done()
		}
		if err := d.Records.Decided(context.Background(), &u.record, done); err != nil {
			done(err)
		}
	}
	within(waited(&queued), flushTimeout)
}

func waited(g *sync.WaitGroup) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Wait()
	}()
	return done
}

// shown returns the decision as people may see it.
func (u *unrecorded) shown() host.Decision {
	if !slices.ContainsFunc(u.record.Results, func(r host.Result) bool { return len(r.Given) > 0 }) {
		return u.record.Decision
	}
	var f host.Flow
	r := &u.record
	next := 0 // of the results: an action that did not run has none
	for i, step := range r.Execution.Plan {
		switch {
		case next < len(r.Results) && r.Results[next].Step == i:
			f.Add(step, &r.Results[next], r.Results[next].Commands)
			next++
		case r.Execution.Progress[i] == host.StepSkipped:
			f.Skip(step)
		default:
			f.Miss(step, u.missed[i])
		}
	}
	return f.Decision(r.Execution.ID, u.event.user, u.event.app)
}

// seal encrypts the tapes.
func (d *Decider) seal(u *unrecorded) {
	r := &u.record
	r.Tapes, r.TapesUntil = make([][]byte, len(u.tapes)), make([]time.Time, len(u.tapes))
	for i := range u.tapes {
		sealed := recorder{d.Sealer, d.log}.seal(&u.tapes[i], &r.Results[i], &r.Execution.Plan[r.Results[i].Step])
		r.Tapes[i], r.TapesUntil[i] = sealed.body, sealed.until
	}
}
