package executor

import (
	"context"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// claimBatch bounds one Claim, so that accepts need not wait long behind it.
const claimBatch = 512

// backlog is what the executor holds in memory: a bounded number of executions,
// in a first-in-first-out line for each action before the workers, and what it
// knows of the work that waits in the store.
//
// When it is full, accepted executions stay in the store (they spill).
// From then on all do, until claims have caught up: so the oldest go first, and
// a flood of new ones starves neither spilled executions nor retries.
type backlog struct {
	size int // executions held at most
	low  int // waiting ones at which spilled work is claimed: a batch, not one by one
	wake chan struct{}

	mu      sync.Mutex // guards all below
	closed  bool       // before Run and after its end: nothing is taken
	start   func(host.Execution, *lane)
	lanes   lanes
	walking map[string]*walk // by execution
	held    int              // reserved, waiting, running, and ended but not yet durable
	spilled bool             // the store may hold due executions, and gets all new ones
	spills  uint64           // reservations refused so far
	again   bool             // some spilled while a claim was on its way
	due     time.Time        // when something in the store is due next; zero: not known
	hungry  bool             // a claim was due, but there was no room
}

// newBacklog returns a closed backlog. What the store holds is not known yet,
// so it begins as if work had spilled.
func newBacklog(size, workers int) *backlog {
	return &backlog{
		size: size, low: max(0, (size-workers)/2), lanes: newLanes(workers),
		wake: make(chan struct{}, 1), closed: true, spilled: true,
		walking: map[string]*walk{},
	}
}

func (b *backlog) open(start func(host.Execution, *lane)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.start, b.closed = start, false
}

// close stops the line: nothing more is taken from it or put into it. What
// waited stays in the store.
func (b *backlog) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.held -= b.lanes.count
	b.lanes.clear()
}

func (b *backlog) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

func (b *backlog) reserve() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || b.spilled || b.held >= b.size {
		b.spilled, b.hungry = true, true
		b.spills++
		b.feed()
		return false
	}
	b.held++
	return true
}

// take counts the room of an execution that comes from elsewhere; release must
// follow.
func (b *backlog) take() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held++
}

func (b *backlog) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held--
	b.feed()
}

// add starts x or lets it wait; its room is counted already.
func (b *backlog) add(x host.Execution) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		b.held--
		return
	}
	if lane, ok := b.lanes.enter(&x); ok {
		b.start(x, lane)
		return
	}
	b.lanes.push(x)
}

// next gives back the place at which something of a lane ran, and returns what
// a worker runs next, with its lane; false when it is to end.
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
		b.feed()
	}
	return x, lane, ok
}

// proceed moves the place of an execution to the lane of its next action. When
// that may have none, the execution waits, with its room, and proceed reports
// false: then the worker takes another.
func (b *backlog) proceed(ctx context.Context, from *lane, w *walk) (*lane, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	to := b.lanes.of(&w.Execution)
	if to == from || b.closed || ctx.Err() != nil { // the walk itself ends
		return from, true
	}
	if !b.lanes.admits(to, b.lanes.places-b.lanes.running+1) {
		b.lanes.push(w.Execution)
		return from, false
	}
	from.running--
	to.running++
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
}

// enter notes that an execution is being walked, and leave that it is not any
// more. By then a retry of it may have entered.
func (b *backlog) enter(w *walk) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.walking[w.ID] = w
}

func (b *backlog) leave(w *walk) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.walking[w.ID] == w {
		delete(b.walking, w.ID)
	}
}

// cancel stops the walk of an execution, or keeps it from starting.
func (b *backlog) cancel(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w, ok := b.walking[id]; ok {
		w.cancel(errLost)
	}
	b.lanes.cancel(id)
}

// arm notes that something in the store is due at a time; zero is at once.
func (b *backlog) arm(at time.Time) {
	if at.IsZero() {
		at = time.Now()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.due.IsZero() || at.Before(b.due) {
		b.due = at
		b.poke()
	}
}

// nextDue returns when to claim next, and false when no time is known or room
// must come first.
func (b *backlog) nextDue() (time.Time, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.due, !b.due.IsZero() && !b.hungry
}

// feed wakes the claiming loop when it waited for room and there is some. The
// caller holds mu.
func (b *backlog) feed() {
	if b.hungry && b.claimable(time.Now()) > 0 {
		b.hungry = false
		b.poke()
	}
}

func (b *backlog) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// wanted reports whether the store has, or may have, something due. The caller
// holds mu.
func (b *backlog) wanted(now time.Time) bool {
	return b.spilled || b.again || !b.due.IsZero() && !now.Before(b.due)
}

// claimable returns how many executions to claim. The caller holds mu.
func (b *backlog) claimable(now time.Time) int {
	if b.closed || !b.wanted(now) || b.spilled && b.lanes.count > b.low {
		return 0
	}
	return min(b.size-b.held, claimBatch)
}

// ticket is the room for one claim, with what was known when it was asked for.
type ticket struct {
	n       int
	spilled bool
	spills  uint64
}

// ask reserves room for a claim; a ticket for none means not now.
func (b *backlog) ask(now time.Time) ticket {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := max(0, b.claimable(now))
	b.hungry = n == 0 && b.wanted(now)
	if n > 0 {
		b.held += n
		b.again, b.due = false, time.Time{}
	}
	return ticket{n: n, spilled: b.spilled, spills: b.spills}
}

// answer takes in what a claim leased, and reports whether it emptied the store
// of due work.
func (b *backlog) answer(t ticket, got []host.Execution) (caughtUp bool) {
	for _, x := range got {
		b.add(x)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= t.n - len(got)
	b.spilled = len(got) >= t.n
	// Those refused while the claim was on its way may have missed it. New
	// ones are taken again all the same: waiting for a moment without spills
	// would never end under steady load.
	b.again = b.spills != t.spills
	return !b.spilled && !b.again
}

// failed takes back a claim that came to nothing.
func (b *backlog) failed(t ticket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= t.n
	b.spilled = true
}

// waiting returns how many wait, and since when the first of them does.
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
