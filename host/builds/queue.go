package builds

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/fair"
)

// queue holds which actions wait for a worker, which revisions are being built, and
// news of every build. The zero value is empty and ready.
type queue struct {
	mu       sync.Mutex        // guards the following
	line     []waiting         // in the order of coming; see [queue.next]
	undone   []waiting         // those that come into the queue again later
	workers  map[string]int    // that build for a key
	working  map[string]bool   // actions that a worker has
	failures int               // in a row to keep what was built
	news     chan struct{}     // closed when something has changed
	claimed  map[revision]bool // that are being built

	places *fair.Places // of builds that do not wait for packages; nil before the first

	closed  bool               // the host stops: nothing more is begun
	quick   sync.WaitGroup     // builds that are not in the queue
	life    context.Context    // theirs; nil before the first
	endLife context.CancelFunc // ends it
}

// waiting is an action that has work to do, and its author.
type waiting struct {
	actionID string
	actor    host.Actor
}

// key is the author that a build is for; "" for what an earlier run of the host
// left.
func (w waiting) key() string { return w.actor.ID }

// begin runs a build beside the queue, with a context that ends when the host
// stops, and reports whether it did: not when it stops already.
func (q *queue) begin(build func(life context.Context)) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	if q.life == nil {
		q.life, q.endLife = context.WithCancel(context.Background())
	}
	life := q.life
	q.quick.Go(func() { build(life) })
	return true
}

// close ends the builds beside the queue, and waits for them.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	if q.endLife != nil {
		q.endLife()
	}
	q.mu.Unlock()
	q.quick.Wait()
}

// revision is one of a draft.
type revision struct {
	actionID string
	number   int64
}

// claim waits until no other goroutine builds the revision, and claims it; false
// when ctx is done. The caller must unclaim it.
func (q *queue) claim(ctx context.Context, it revision) bool {
	return q.wait(ctx, func() bool {
		if q.claimed[it] {
			return false
		}
		if q.claimed == nil {
			q.claimed = map[revision]bool{}
		}
		q.claimed[it] = true
		return true
	})
}

func (q *queue) unclaim(it revision) {
	q.change(func() { delete(q.claimed, it) })
}

// changed returns a channel that is closed at the next news. The caller holds
// mu.
func (q *queue) changed() chan struct{} {
	if q.news == nil {
		q.news = make(chan struct{})
	}
	return q.news
}

// await returns a channel that is closed at the next news.
func (q *queue) await() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.changed()
}

// wake wakes everything that waits for news. The caller does not hold mu.
func (q *queue) wake() { q.change(func() {}) }

// change changes the queue, and wakes everything that waits for news.
func (q *queue) change(do func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	do()
	close(q.changed())
	q.news = nil
}

// add puts an action into the queue, unless it is there: a worker does everything
// that is left to do for it.
func (q *queue) add(ctx context.Context, actionID string) {
	actor := host.ActorOf(ctx)
	q.change(func() {
		i := slices.IndexFunc(q.line, func(w waiting) bool { return w.actionID == actionID })
		switch {
		case i < 0:
			q.line = append(q.line, waiting{actionID, actor})
		case q.line[i].actor.ID == "":
			q.line[i].actor = actor
		}
	})
}

// next waits for an action whose draft is to be built, and that no worker has;
// false when ctx is done. The key that the fewest workers build for is first, and
// none has all of them: slow builds keep their own author waiting. The caller
// must call done.
func (q *queue) next(ctx context.Context) (w waiting, ok bool) {
	ok = q.wait(ctx, func() bool {
		first := -1
		for i, w := range q.line {
			if n := q.workers[w.key()]; !q.working[w.actionID] && n < maxBuilds && (first < 0 || n < q.workers[q.line[first].key()]) {
				first = i
			}
		}
		if first < 0 {
			return false
		}
		if q.workers == nil {
			q.workers, q.working = map[string]int{}, map[string]bool{}
		}
		w = q.line[first]
		q.line = slices.Delete(q.line, first, first+1)
		q.workers[w.key()]++
		q.working[w.actionID] = true
		return true
	})
	return w, ok
}

// done reports that a worker has done what next gave it.
func (q *queue) done(w waiting) {
	q.change(func() {
		delete(q.working, w.actionID)
		key := w.key()
		if q.workers[key]--; q.workers[key] == 0 {
			delete(q.workers, key)
		}
	})
}

// take waits for its turn to build without the queue; false when ctx is done.
func (q *queue) take(ctx context.Context, key string) bool {
	return q.room().Enter(ctx, key) == nil
}

func (q *queue) release(key string) { q.room().Leave(key) }

func (q *queue) room() *fair.Places {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.places == nil {
		q.places = fair.New(maxBuilds + 1)
	}
	return q.places
}

// wait tries at every news until it succeeds; false when ctx is done.
func (q *queue) wait(ctx context.Context, try func() bool) bool {
	for ctx.Err() == nil {
		q.mu.Lock()
		ok, news := try(), q.changed()
		q.mu.Unlock()
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

// How long an action waits after the result of its build could not be stored: the
// first time, and at most.
const (
	firstPause = time.Second
	lastPause  = time.Minute
)

// later has the action come into the queue again, the later the more often in a
// row this was called.
func (q *queue) later(ctx context.Context, actionID string) {
	q.change(func() {
		q.undone = append(q.undone, waiting{actionID, host.ActorOf(ctx)})
		q.failures++
	})
}

// succeeded records that the store works.
func (q *queue) succeeded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failures = 0
}

// repeat puts what is undone back into the queue until ctx ends.
func (q *queue) repeat(ctx context.Context) {
	pause := firstPause
	for q.wait(ctx, func() bool {
		pause = min(firstPause<<min(max(q.failures-1, 0), 10), lastPause)
		return len(q.undone) > 0
	}) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
		q.change(func() { q.line, q.undone = append(q.line, q.undone...), nil })
	}
}
