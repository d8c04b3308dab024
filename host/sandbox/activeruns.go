package sandbox

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// runs counts what uses a sandbox's memory: the runs in progress, and the modules
// that are being loaded. While there are any, nothing is unmapped.
type runs struct {
	active     atomic.Int64
	closed     atomic.Bool
	last       chan struct{} // receives when the last one leaves a sandbox that closes
	processors int64
	urgent     atomic.Int64 // until when runs that come first are, in nanoseconds since 1970
}

func newRuns() *runs {
	return &runs{
		last: make(chan struct{}, 1), processors: int64(runtime.GOMAXPROCS(0)),
	}
}

// enter counts one more, and reports false when the sandbox is closed.
func (r *runs) enter() bool {
	r.active.Add(1) // before reading closed: close goes in the other order
	if r.closed.Load() {
		r.leave()
		return false
	}
	return true
}

func (r *runs) leave() {
	if r.active.Add(-1) == 0 && r.closed.Load() {
		select {
		case r.last <- struct{}{}:
		default: // it has one already
		}
	}
}

// urgency is how long after [Sandbox.Urge] other runs rest.
const urgency = 50 * time.Millisecond

// The rest of a run while others are urgent: so long for each run that shares a
// processor that all of them together use about a quarter of it.
const (
	restOfEach = 800 * time.Microsecond
	maxRest    = 20 * time.Millisecond
)

// Urge makes way for runs that come first ([Request].Turn), for some milliseconds:
// others rest, at their next loop or call, for most of that time.
func (s *Sandbox) Urge() { s.runs.urgent.Store(time.Now().Add(urgency).UnixNano()) }

func (r *runs) urged(now time.Time) bool { return now.UnixNano() < r.urgent.Load() }

// rest is how long a run rests at a time while others are urgent.
func (r *runs) rest() time.Duration {
	return min(time.Duration(r.active.Load()/max(r.processors, 1)+1)*restOfEach, maxRest)
}

// crowded reports whether runs wait for a processor.
func (r *runs) crowded() bool { return r.active.Load() > r.processors }

// hot is how many idle instances of a module keep their call stacks: more do not
// run at once, except while they wait for an answer from outside.
func (r *runs) hot() int { return 2 * int(r.processors) }

// close lets no run begin any more, and waits for those in progress.
func (r *runs) close(ctx context.Context) error {
	r.closed.Store(true)
	for {
		n := r.active.Load()
		if n == 0 {
			return nil
		}
		select {
		case <-r.last:
		case <-ctx.Done():
			return fmt.Errorf("%d runs have not ended: %w", n, ctx.Err())
		}
	}
}
