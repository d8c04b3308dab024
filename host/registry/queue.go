package registry

import (
	"context"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// builds is the queue of the background, and news of every build. The zero
// value is empty and ready.
type builds struct {
	mu       sync.Mutex        // guards the following
	queue    []string          // actions, first come first
	undone   []string          // actions that come into the queue again later
	failures int               // in a row to keep what was built
	news     chan struct{}     // closed when something has changed
	running  int               // of those that do not wait for packages
	busy     map[revision]bool // that are being built

	closed  bool               // the host stops: nothing more is begun
	quick   sync.WaitGroup     // builds that are not in the queue
	life    context.Context    // theirs; nil before the first
	endLife context.CancelFunc // ends it
}

// begun runs a build beside the queue, with a context that ends when the host
// stops, and reports whether it did: not when it stops already.
func (b *builds) begun(build func(life context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	if b.life == nil {
		b.life, b.endLife = context.WithCancel(context.Background())
	}
	life := b.life
	b.quick.Go(func() { build(life) })
	return true
}

// close ends the builds beside the queue, and waits for them.
func (b *builds) close() {
	b.mu.Lock()
	b.closed = true
	if b.endLife != nil {
		b.endLife()
	}
	b.mu.Unlock()
	b.quick.Wait()
}

// revision is one of a draft.
type revision struct {
	actionID string
	number   int64
}

// begin waits until nobody builds the draft's revision, and marks it as being
// built; false when ctx is done. The caller must end it.
func (b *builds) begin(ctx context.Context, d host.Draft) bool {
	it := revision{d.ActionID, d.Revision}
	return b.wait(ctx, func() bool {
		if b.busy[it] {
			return false
		}
		if b.busy == nil {
			b.busy = map[revision]bool{}
		}
		b.busy[it] = true
		return true
	})
}

func (b *builds) end(d host.Draft) {
	b.change(func() { delete(b.busy, revision{d.ActionID, d.Revision}) })
}

// changed returns a channel that is closed at the next news. The caller holds
// mu.
func (b *builds) changed() chan struct{} {
	if b.news == nil {
		b.news = make(chan struct{})
	}
	return b.news
}

// await returns a channel that is closed at the next news.
func (b *builds) await() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed()
}

// tell wakes whoever waits for news. The caller does not hold mu.
func (b *builds) tell() { b.change(func() {}) }

// change changes b and tells of it.
func (b *builds) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
	close(b.changed())
	b.news = nil
}

func (b *builds) add(actionID string) {
	b.change(func() { b.queue = append(b.queue, actionID) })
}

// next waits for an action whose draft is to be built; false when ctx is done.
func (b *builds) next(ctx context.Context) (actionID string, ok bool) {
	ok = b.wait(ctx, func() bool {
		if len(b.queue) == 0 {
			return false
		}
		actionID, b.queue = b.queue[0], b.queue[1:]
		return true
	})
	return actionID, ok
}

// take waits for its turn to build without the queue; false when ctx is done.
func (b *builds) take(ctx context.Context) bool {
	return b.wait(ctx, func() bool {
		if b.running == maxBuilds {
			return false
		}
		b.running++
		return true
	})
}

// wait tries at every news until it succeeds; false when ctx is done.
func (b *builds) wait(ctx context.Context, try func() bool) bool {
	for ctx.Err() == nil {
		b.mu.Lock()
		ok, news := try(), b.changed()
		b.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
	}
	return false
}

func (b *builds) release() { b.change(func() { b.running-- }) }

// How long an action waits that could not be built for the store's sake, the
// first time and after many.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// later has the action come into the queue again, the later the more often in a
// row this was called.
func (b *builds) later(actionID string) {
	b.change(func() {
		b.undone = append(b.undone, actionID)
		b.failures++
	})
}

// succeeded tells that the store works.
func (b *builds) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = 0
}

// repeat puts what is undone back into the queue until ctx ends.
func (b *builds) repeat(ctx context.Context) {
	pause := firstPause
	for b.wait(ctx, func() bool {
		pause = min(firstPause<<min(max(b.failures-1, 0), 10), lastPause)
		return len(b.undone) > 0
	}) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		b.change(func() { b.queue, b.undone = append(b.queue, b.undone...), nil })
	}
}
