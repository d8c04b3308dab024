package sandbox

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
)

// runs counts what uses a sandbox's memory: the runs in progress, and modules
// that are being loaded. While there are any nothing is unmapped.
type runs struct {
	active     atomic.Int64
	closed     atomic.Bool
	last       chan struct{} // told when the last one left a sandbox that closes
	processors int64
}

func newRuns() *runs {
	return &runs{
		last: make(chan struct{}, 1), processors: int64(runtime.GOMAXPROCS(0)),
	}
}

// enter counts one more, and reports false when the sandbox is closed.
func (r *runs) enter() bool {
	r.active.Add(1) // before the look at closed: close looks in the other order
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
		default: // it was told already
		}
	}
}

// crowded reports whether runs wait for a processor.
func (r *runs) crowded() bool { return r.active.Load() > r.processors }

// hot is how many idle instances of a module stay ready for the next moment:
// more than that do not run at once, but for those that wait for the world.
func (r *runs) hot() int { return 2 * int(r.processors) }

// close lets nothing begin any more, and waits for what has.
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
