package executor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
)

// How an execution comes to a worker, and what becomes of its room:
//
//  1. The store accepts an event and asks [Executor.Reserve] for room, in its writer's
//     goroutine, before the commit. Reserve counts the room as held, or refuses: memory
//     is full, or the intake is in overflow. A refused execution stays in the store.
//  2. The store commits and calls [Executor.Dispatch]; when the commit failed it calls
//     [Executor.Release]. (The store's end is described in package sqlite, lease.go.)
//  3. Dispatch starts a worker if the lane of the execution's next action may have a
//     place, and queues the execution otherwise.
//  4. What stayed in the store, and what was retried, comes by a claim: the claiming
//     loop reserves room for a batch, asks the store, and completes the claim with what
//     it got. It is woken when something is due or when there is room again.
//  5. The room is given back when the last outcome of the execution is durable, when
//     its run was lost, or when it went back to the store (see surplus.go).
//
// The state of steps 1 and 4 is the intake's, see there.

// claimBatch bounds one Claim, so that accepts need not wait long behind it.
const claimBatch = 512

// backlog is the executions in memory, a bounded number, queued for each action before
// the workers, and the knowledge of due executions in the store.
type backlog struct {
	size int           // executions held at most
	low  int           // queued ones at which overflowed work is claimed: a batch, not one by one
	wake chan struct{} // signals the claiming loop

	failing atomic.Int32 // breakers that there are: written under mu, read to save it

	mu     sync.Mutex // guards all below
	closed bool       // before Run and after its end: nothing is taken
	start  func(host.Execution, *lane)
	report func(...*host.Notice) // never called with mu held
	lanes  lanes
	runs   map[string]*run // by execution
	held   int             // reserved, queued, running, and ended but not yet durable
	intake intake

	resumed  chan struct{}       // closed when the trigger is resumed; nil while it is not paused
	loaded   bool                // what was held back at the start is known
	breakers map[string]*breaker // by version
	spills   []*spill            // with something in the store
	parked   []parked            // on their way there
	timer    *time.Timer         // calls tick; nil before the first
	tickAt   time.Time           // when it does
}

// newBacklog returns a closed backlog.
func newBacklog(size, workers int) *backlog {
	return &backlog{
		size: size, low: max(0, (size-workers)/2), lanes: newLanes(workers),
		wake: make(chan struct{}, 1), closed: true, runs: map[string]*run{}, breakers: map[string]*breaker{},
	}
}

func (b *backlog) open(start func(host.Execution, *lane)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.start, b.closed = start, false
}

// close stops the queues: nothing more is taken from them or put into them. What was
// queued stays in the store.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.timer != nil {
		b.timer.Stop()
	}
	b.held -= b.lanes.count + len(b.parked)
	b.parked = nil
	b.lanes.clear()
}

func (b *backlog) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// reserve asks for room for a new execution.
func (b *backlog) reserve() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.lanes.stopped || !b.intake.takesNew() || b.held >= b.size {
		b.intake.refuse()
		b.wakeIfRoom()
		return false
	}
	b.held++
	return true
}

// hold counts the room of an execution that no reservation was made for; release must
// follow.
func (b *backlog) hold() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held++
}

func (b *backlog) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held--
	b.wakeIfRoom()
	b.wakeToDrain()
}

// add starts x, queues it or holds it back; its room is counted already.
func (b *backlog) add(x host.Execution) { b.arrive(x, nil) }

// arrive is add for what comes out of a spill; nil: it comes newly.
func (b *backlog) arrive(x host.Execution, from *spill) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		b.held--
		return
	}
	if in := b.hindrance(&x, from); in != nil {
		b.park(x, in)
		return
	}
	if lane, ok := b.lanes.enter(&x); ok {
		b.start(x, lane)
		return
	}
	b.lanes.push(x)
	b.arm(b.lanes.readyAt())
}

// next gives back the place at which something of a lane ran, and returns what a worker
// runs next, with its lane; false when the worker is to end.
func (b *backlog) next(ran *lane) (host.Execution, *lane, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lanes.leave(ran)
	if b.closed {
		return host.Execution{}, nil, false
	}
	x, lane, ok := b.lanes.pop()
	if ok {
		b.fill()
		b.wakeIfRoom()
	} else {
		b.arm(b.lanes.readyAt())
	}
	b.wakeToDrain()
	return x, lane, ok
}

// proceed moves the place of a run to the lane of its next action. When that lane may
// not have the place, the execution is queued, with its room, and proceed reports false:
// then the worker takes another.
func (b *backlog) proceed(ctx context.Context, from *lane, x host.Execution) (*lane, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	to := b.lanes.of(&x)
	if to == from || b.closed || ctx.Err() != nil { // the run itself ends
		return from, true
	}
	if in := b.hindrance(&x, nil); in != nil {
		b.park(x, in)
		return from, false
	}
	if !b.lanes.admits(to, b.lanes.places-b.lanes.running+1) {
		b.lanes.push(x)
		b.arm(b.lanes.readyAt())
		return from, false
	}
	from.running--
	to.running++
	to.window.take(time.Now())
	b.fill()
	return to, true
}

// fill starts what may have a place now. The caller holds mu.
func (b *backlog) fill() {
	for b.lanes.running < b.lanes.places {
		x, lane, ok := b.lanes.pop()
		if !ok {
			return
		}
		b.start(x, lane)
	}
	b.arm(b.lanes.readyAt())
	b.wakeToDrain()
}

// arm has tick called at a time, unless it is called before; the zero time is never. The
// caller holds mu.
func (b *backlog) arm(at time.Time) {
	if at.IsZero() || b.closed || !b.tickAt.IsZero() && !at.Before(b.tickAt) {
		return
	}
	b.tickAt = at
	if b.timer == nil {
		b.timer = time.AfterFunc(time.Until(at), b.tick)
	} else {
		b.timer.Reset(time.Until(at))
	}
}

// tick starts what a rate held up, wakes the claiming loop for a probe, and closes the
// breakers for which nothing has come.
func (b *backlog) tick() { b.report(b.atTick()...) }

func (b *backlog) atTick() (notices []*host.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tickAt = time.Time{}
	if b.closed {
		return nil
	}
	b.fill()
	now := time.Now()
	for _, br := range b.breakers {
		switch at := br.nextLook(); {
		case now.Before(at):
			b.arm(at)
		case br.isIdle():
			notices = append(notices, b.closeBreaker(br, "nothing has waited for it"))
		}
	}
	return notices
}

// began and ended keep the runs that [backlog.cancel] stops. When a run ends, a retry of
// the same execution may have begun already.
func (b *backlog) began(r *run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[r.execution.ID] = r
}

func (b *backlog) ended(r *run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.runs[r.execution.ID] == r {
		delete(b.runs, r.execution.ID)
	}
	b.endProbe(r.execution.ID)
}

// cancel stops the run of an execution, or keeps it from starting.
func (b *backlog) cancel(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r, ok := b.runs[id]; ok {
		r.cancel(errLost)
	}
	b.lanes.cancel(id)
}

// dueAt records that something in the store is due at a time; zero is at once.
func (b *backlog) dueAt(at time.Time) {
	if at.IsZero() {
		at = time.Now()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.intake.dueAt(at) {
		b.signal()
	}
}

// nextDue returns when to claim next, and false when no time is known or room must come
// first.
func (b *backlog) nextDue() (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	due := b.intake.due
	return due, !due.IsZero() && !b.intake.needsRoom && !b.lanes.stopped
}

// wakeIfRoom wakes the claiming loop when it needs room and there is some. The caller
// holds mu.
func (b *backlog) wakeIfRoom() {
	if b.intake.needsRoom && b.claimable(time.Now()) > 0 {
		b.intake.needsRoom = false
		b.signal()
	}
}

func (b *backlog) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// claimable returns how many executions to claim. The caller holds mu.
func (b *backlog) claimable(now time.Time) int {
	if b.closed || b.lanes.stopped || !b.intake.wantsClaim(now) || b.isCrowded() {
		return 0
	}
	return max(0, min(b.size-b.held, claimBatch))
}

// isCrowded reports whether so much is queued that nothing is claimed, while something
// waits in the store. The caller holds mu.
func (b *backlog) isCrowded() bool { return b.intake.state == overflow && b.lanes.count > b.low }

func (b *backlog) crowded() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.isCrowded()
}

// reserveClaim reserves room for a claim and returns how many executions it is for; 0
// means not now. completeClaim or abandonClaim must follow otherwise. One claim is on its
// way at a time.
func (b *backlog) reserveClaim(now time.Time) (n int, overflowed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, overflowed = b.claimable(now), b.intake.state == overflow
	b.intake.needsRoom = n == 0 && b.intake.wantsClaim(now)
	if n > 0 {
		b.held += n
		b.intake.beginClaim()
	}
	return n, overflowed
}

// completeClaim adds what a claim for n executions leased, and reports whether the store
// has nothing more that is due.
func (b *backlog) completeClaim(n int, leased []host.Execution) (caughtUp bool) {
	for _, x := range leased {
		b.add(x)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n - len(leased)
	b.intake.endClaim(len(leased) >= n)
	return b.intake.state == direct
}

// abandonClaim gives back the room of a claim that failed.
func (b *backlog) abandonClaim(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n
	b.intake.failClaim()
}

// waiting returns how many are queued, and since when the first of them is.
func (b *backlog) waiting() (int, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lanes.count, b.lanes.since()
}

func (b *backlog) runningNow() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lanes.running
}
