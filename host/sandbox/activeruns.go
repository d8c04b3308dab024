package sandbox

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
)

// runs counts what uses a sandbox's memory: the runs in progress, and the modules
// that are being loaded. While there are any, nothing is unmapped.
type runs struct {
	active     atomic.Int64
	closed     atomic.Bool
	last       chan struct{} // receives when the last one leaves a sandbox that closes
	processors int64
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
