package registry

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/fair"
)

// builds is the queue of the background, and news of every build. The zero
// value is empty and ready.
type builds struct {
	mu       sync.Mutex        // guards the following
	queue    []waiting         // first come first, but for [builds.next]
	undone   []waiting         // those that come into the queue again later
	workers  map[string]int    // that build for a key
	working  map[string]bool   // actions that a worker has
	failures int               // in a row to keep what was built
	news     chan struct{}     // closed when something has changed
	busy     map[revision]bool // that are being built

	places *fair.Places // of builds that do not wait for packages; nil before the first

	closed  bool               // the host stops: nothing more is begun
	quick   sync.WaitGroup     // builds that are not in the queue
	life    context.Context    // theirs; nil before the first
	endLife context.CancelFunc // ends it
}

// waiting is an action whose draft is to be built, and for whom.
type waiting struct {
	actionID string
	actor    host.Actor
}

// key names whom a build is for: who asked, and nothing for what an earlier run of
// the host left.
func (w waiting) key() string { return w.actor.ID }

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

// add puts an action into the queue, unless it is there: a worker does all that is
// left to do for it.
func (b *builds) add(ctx context.Context, actionID string) {
	actor := host.ActorOf(ctx)
	b.change(func() {
		i := slices.IndexFunc(b.queue, func(w waiting) bool { return w.actionID == actionID })
		switch {
		case i < 0:
			b.queue = append(b.queue, waiting{actionID, actor})
		case b.queue[i].actor.ID == "":
			b.queue[i].actor = actor
		}
	})
}

// next waits for an action whose draft is to be built, and that no worker has;
// false when ctx is done. The key that the fewest workers build for is first, and
// none has all of them: what takes long keeps its own author waiting. The caller
// must call built.
func (b *builds) next(ctx context.Context) (w waiting, ok bool) {
	ok = b.wait(ctx, func() bool {
		first := -1
		for i, w := range b.queue {
			if n := b.workers[w.key()]; !b.working[w.actionID] && n < maxBuilds && (first < 0 || n < b.workers[b.queue[first].key()]) {
				first = i
			}
		}
		if first < 0 {
			return false
		}
		if b.workers == nil {
			b.workers, b.working = map[string]int{}, map[string]bool{}
		}
		w = b.queue[first]
		b.queue = slices.Delete(b.queue, first, first+1)
		b.workers[w.key()]++
		b.working[w.actionID] = true
		return true
	})
	return w, ok
}

// built tells that a worker has done what next gave it.
func (b *builds) built(w waiting) {
	b.change(func() {
		delete(b.working, w.actionID)
		key := w.key()
		if b.workers[key]--; b.workers[key] == 0 {
			delete(b.workers, key)
		}
	})
}

// take waits for its turn to build without the queue; false when ctx is done.
func (b *builds) take(ctx context.Context, key string) bool {
	return b.room().Enter(ctx, key) == nil
}

func (b *builds) release(key string) { b.room().Leave(key) }

func (b *builds) room() *fair.Places {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.places == nil {
		b.places = fair.New(maxBuilds + 1)
	}
	return b.places
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

// How long an action waits that could not be built for the store's sake, the
// first time and after many.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// later has the action come into the queue again, the later the more often in a
// row this was called.
func (b *builds) later(ctx context.Context, actionID string) {
	b.change(func() {
		b.undone = append(b.undone, waiting{actionID, host.ActorOf(ctx)})
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
