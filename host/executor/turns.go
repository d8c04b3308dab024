package executor

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// turns are the places on the processors for flows. A flow holds one while its actions
// compute, and none while they wait for something outside: an answer, a time, memory.
// So few instances are in use at once, whose memory stays in the processors' caches:
// with one for each of 64 flows, an action that sends a request takes half as long again.
//
// Flows take turns in the order in which they came. Those that go on after a wait come
// before those that begin: they have memory, and are over sooner. A flow that computes
// for long passes its turn on now and then, so that no action holds up all others.
type turns struct {
	mu      sync.Mutex
	free    int             // guarded by mu
	goingOn []chan struct{} // guarded by mu: flows that wait, the first of them first
	begin   []chan struct{} // guarded by mu: flows that wait behind those
	wanted  atomic.Int64    // how many wait
}

// take takes a turn, and waits for one until the deadline. It reports whether there was
// one in time.
func (t *turns) take(line *[]chan struct{}, deadline time.Time) bool {
	t.mu.Lock()
	if t.free > 0 {
		t.free--
		t.mu.Unlock()
		return true
	}
	mine := make(chan struct{}, 1)
	*line = append(*line, mine)
	t.wanted.Add(1)
	t.mu.Unlock()
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-mine:
		return true
	case <-timer.C:
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(*line, mine); i >= 0 {
		*line = slices.Delete(*line, i, i+1)
		t.wanted.Add(-1)
		return false
	}
	return true // it got one meanwhile
}

// give gives a turn back.
func (t *turns) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range []*[]chan struct{}{&t.goingOn, &t.begin} {
		if len(*line) > 0 {
			(*line)[0] <- struct{}{} // has room
			*line = slices.Delete(*line, 0, 1)
			t.wanted.Add(-1)
			return
		}
	}
	t.free++
}

// slice is how long a flow computes before it passes its turn on.
const slice = 5 * time.Millisecond

// Turn is a flow's place on the processors. It is for the flow's goroutine.
type Turn struct {
	turns    *turns
	deadline time.Time // of the flow, which waits no longer
	since    time.Time // when it got its turn, or last kept it
	held     bool
}

// Deadline is when the flow's time is over.
func (t *Turn) Deadline() time.Time { return t.deadline }

// Outside calls wait, which waits for something else than a processor. The flow has no
// turn meanwhile, and gets one again after it, unless its time is over.
func (t *Turn) Outside(wait func()) {
	if !t.held {
		wait()
		return
	}
	t.give()
	defer t.take(&t.turns.goingOn)
	wait()
}

// Pass lets flows that wait have the turn when the flow has had it for long.
func (t *Turn) Pass(now time.Time) {
	switch {
	case !t.held || now.Sub(t.since) < slice:
	case t.turns.wanted.Load() == 0:
		t.since = now
	default:
		t.give()
		t.take(&t.turns.begin)
	}
}

func (t *Turn) take(line *[]chan struct{}) bool {
	t.held = t.turns.take(line, t.deadline)
	t.since = time.Now()
	return t.held
}

func (t *Turn) give() {
	if t.held {
		t.held = false
		t.turns.give()
	}
}
