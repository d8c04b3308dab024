// Package budget shares the memory of the host among runs, and among the processes
// that compile and build.
package budget

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Budget shares memory. Each run, and each process that compiles or builds, holds
// a [Share]: the bytes that it has now, and the most that it may need.
//
// Bytes are given only when afterwards all shares could still get their most, one
// after the other (the banker's algorithm). So shares that wait for more never
// wait for one another in a circle. What does not fit waits; idle instances are
// closed before anything waits.
//
// Waiting shares are served in this order:
//
//  1. New shares of owners that hold nothing, so that no action waits for the many
//     runs of another one.
//  2. Runs in progress that need more, in their order where they fit.
//  3. Other new shares: those of the owner that holds least first, and then the
//     oldest.
//
// While a run waits for more, no share of the third kind is served. A share of the
// first kind overtakes the oldest waiting one a hundred times at most.
type Budget struct {
	// Total is how many bytes there are.
	Total int64
	// Loaded returns the bytes of code and images, which can't be taken away.
	Loaded func() int64
	// Evict closes idle instances until these and what is loaded fit into most.
	Evict func(most int64)

	held atomic.Int64 // by all shares; changed under mu

	mu       sync.Mutex // guards the following
	closed   bool
	shares   []*Share  // the oldest first
	most     int64     // the sum of their Most
	blocked  int       // how many of them wait for more
	growing  []*waiter // shares that need more
	entering []*waiter // new shares
	waits    int64     // so far, for statistics
	waited   time.Duration
}

// ErrClosed is the error of a budget that was closed.
var ErrClosed = errors.New("the sandbox is closed")

// Share is the memory of one run or process.
type Share struct {
	Owner string // an action
	Most  int64  // how many bytes it may come to hold

	Until   time.Time    // when it no longer waits; zero: it waits for as long as its context lasts
	Outside func(func()) // calls what waits; nil: that is just called

	held int64 // read by its own goroutine alone, changed under the budget's lock
}

// Held returns how many bytes the share has. It is for the goroutine that owns
// the share.
func (s *Share) Held() int64 { return s.held }

// waiter is a share that waits for bytes, in one of the two queues.
type waiter struct {
	share *Share
	bytes int64
	done  chan struct{} // closed when the bytes were given, or the budget was closed
	given bool

	passed int // how many later ones were served before it
}

// maxPassed is how many later shares are served before the oldest one.
const maxPassed = 100

// Enter gives a share its first bytes, and waits for them if it must. The error is
// ctx's, [context.DeadlineExceeded] for the share's own time, or [ErrClosed]. The caller must leave the budget with the share.
func (b *Budget) Enter(ctx context.Context, s *Share, first int64) error {
	s.Most = min(max(s.Most, first), b.Total)
	first = min(first, s.Most)
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return ErrClosed
	case len(b.entering) == 0 && len(b.growing) == 0 && b.mayEnter(s, first):
		b.admit(s, first)
		b.mu.Unlock()
		return nil
	}
	t := &waiter{share: s, bytes: first, done: make(chan struct{})}
	b.entering = append(b.entering, t)
	b.dispatch()
	b.mu.Unlock()
	_, err := b.wait(ctx, t, &b.entering)
	return err
}

// Grow gives a share that has entered more bytes, and returns how long it waited
// for them. It reports false when it can't get them.
func (b *Budget) Grow(ctx context.Context, s *Share, more int64) (time.Duration, bool) {
	b.mu.Lock()
	switch {
	case b.closed || s.held+more > b.Total:
		b.mu.Unlock()
		return 0, false
	case len(b.growing) == 0 && b.mayGrow(s, more):
		b.add(s, more)
		b.mu.Unlock()
		return 0, true
	}
	t := &waiter{share: s, bytes: more, done: make(chan struct{})}
	b.growing = append(b.growing, t)
	b.blocked++
	b.dispatch()
	b.mu.Unlock()
	waited, err := b.wait(ctx, t, &b.growing)
	return waited, err == nil
}

// wait waits for a turn in a queue.
func (b *Budget) wait(ctx context.Context, t *waiter, queue *[]*waiter) (time.Duration, error) {
	began := time.Now()
	err := t.wait(ctx)
	waited := time.Since(began)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits++
	b.waited += waited
	switch {
	case t.given: // perhaps when ctx ended: the caller checks that in any case
		return waited, nil
	case b.closed:
		return waited, ErrClosed
	}
	*queue = slices.DeleteFunc(*queue, func(other *waiter) bool { return other == t })
	if queue == &b.growing {
		b.blocked--
	}
	b.dispatch()
	return waited, err
}

// wait waits until the share is served, and returns why it no longer does.
func (t *waiter) wait(ctx context.Context) (err error) {
	var late <-chan time.Time
	if !t.share.Until.IsZero() {
		timer := time.NewTimer(time.Until(t.share.Until))
		defer timer.Stop()
		late = timer.C
	}
	wait := func() {
		select {
		case <-t.done:
		case <-ctx.Done():
			err = ctx.Err()
		case <-late:
			err = context.DeadlineExceeded
		}
	}
	if t.share.Outside != nil {
		t.share.Outside(wait)
	} else {
		wait()
	}
	return err
}

// Leave gives back all bytes that a share holds.
func (b *Budget) Leave(s *Share) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shares = slices.DeleteFunc(b.shares, func(other *Share) bool { return other == s })
	b.most -= s.Most
	b.held.Add(-s.held)
	b.dispatch()
}

// Close ends all waiting, now and later, with [ErrClosed].
func (b *Budget) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, t := range slices.Concat(b.growing, b.entering) {
		close(t.done)
	}
	b.growing, b.entering, b.blocked = nil, nil, 0
}

func (b *Budget) admit(s *Share, first int64) {
	b.shares = append(b.shares, s)
	b.most += s.Most
	b.add(s, first)
}

func (b *Budget) add(s *Share, more int64) {
	s.held += more
	s.Most = max(s.Most, s.held)
	if held := b.held.Add(more); held+b.Loaded() > b.Total || b.most > b.Total {
		b.Evict(b.Total - held)
	}
}

// mayEnter reports whether a new share can be given its first bytes. The only
// one always can.
func (b *Budget) mayEnter(s *Share, first int64) bool {
	if len(b.shares) == 0 {
		return true
	}
	free := b.Total - b.held.Load() - b.Loaded() - first
	return free >= 0 && (b.Total-b.Loaded() >= b.most+s.Most || b.safe(free, s, s.Most-first)) && b.leavesSome(s, first)
}

// mayGrow reports whether a share can be given more bytes. The only one always
// can.
func (b *Budget) mayGrow(s *Share, more int64) bool {
	if len(b.shares) == 1 {
		return true
	}
	free := b.Total - b.held.Load() - b.Loaded() - more
	return free >= 0 && (b.Total-b.Loaded() >= b.most || b.safe(free, s, s.Most-s.held-more)) && b.leavesSome(s, more)
}

// large reports whether no quota is for a share, because it may need so much that
// few such shares fit beside each other in any case.
func (b *Budget) large(s *Share) bool { return s.Most > b.Total/2 }

// leavesSome reports whether, when s gets more bytes, all shares of its owner can
// still get their most within three quarters of the memory. So an action whose
// runs hold much for long leaves memory for others. This makes no circle of
// waiting either: the share that needs least of all fits here, too.
func (b *Budget) leavesSome(s *Share, more int64) bool {
	free := b.Total / 4 * 3
	if b.large(s) || b.most+s.Most <= free {
		return true
	}
	own, given := make([]*Share, 0, len(b.shares)), int64(0)
	for _, other := range b.shares {
		if other.Owner == s.Owner && !b.large(other) {
			own = append(own, other)
			free -= other.held
		}
		if other == s {
			given = s.held
		}
	}
	free -= more
	return free >= 0 && safe(own, free, s, s.Most-given-more)
}

// safe reports whether all shares can get their most, in some order, when so many
// bytes are free and s still needs the given number.
func (b *Budget) safe(free int64, s *Share, need int64) bool { return safe(b.shares, free, s, need) }

func safe(shares []*Share, free int64, s *Share, need int64) bool {
	type end struct{ need, gives int64 }
	ends := make([]end, 1, len(shares)+1)
	ends[0] = end{need, s.Most - need}
	most := need
	for _, other := range shares {
		if other != s {
			ends = append(ends, end{other.Most - other.held, other.held})
			most = max(most, other.Most-other.held)
		}
	}
	if most <= free { // in any order
		return true
	}
	slices.SortFunc(ends, func(a, b end) int { return cmp.Compare(a.need, b.need) })
	for _, e := range ends {
		if e.need > free {
			return false
		}
		free += e.gives
	}
	return true
}

// dispatch serves waiting shares in their order. The caller holds the lock.
func (b *Budget) dispatch() {
	b.dispatchFirst()
	b.growing = slices.DeleteFunc(b.growing, func(t *waiter) bool {
		if !b.mayGrow(t.share, t.bytes) {
			return false
		}
		b.resume(t)
		return true
	})
	if len(b.growing) > 0 {
		if b.blocked == len(b.shares) { // more was loaded since: rather exceed the total than let all wait
			b.resume(b.growing[0])
			b.growing = b.growing[1:]
		}
		return
	}
	for len(b.entering) > 0 {
		held := b.heldByOwner()
		next := slices.MinFunc(b.entering, func(x, y *waiter) int { return cmp.Compare(held[x.share.Owner], held[y.share.Owner]) })
		if !b.mayEnter(next.share, next.bytes) {
			return
		}
		b.start(next)
		b.entering = slices.DeleteFunc(b.entering, func(t *waiter) bool { return t == next })
	}
}

// dispatchFirst serves new shares whose owners hold nothing.
func (b *Budget) dispatchFirst() {
	if len(b.entering) == 0 {
		return
	}
	oldest := b.entering[0]
	held := b.heldByOwner()
	b.entering = slices.DeleteFunc(b.entering, func(t *waiter) bool {
		_, holds := held[t.share.Owner]
		held[t.share.Owner] += 0 // only the first share of an owner that holds nothing
		if holds || oldest.passed >= maxPassed && t != oldest || !b.mayEnter(t.share, t.bytes) {
			return false
		}
		if t != oldest {
			oldest.passed++
		}
		b.start(t)
		return true
	})
}

func (b *Budget) heldByOwner() map[string]int64 {
	held := make(map[string]int64, len(b.shares))
	for _, s := range b.shares {
		held[s.Owner] += s.held
	}
	return held
}

func (b *Budget) start(t *waiter) {
	b.admit(t.share, t.bytes)
	t.given = true
	close(t.done)
}

func (b *Budget) resume(t *waiter) {
	b.add(t.share, t.bytes)
	b.blocked--
	t.given = true
	close(t.done)
}

// Stats describe a budget at one moment.
type Stats struct {
	TotalBytes, HeldBytes int64
	Waiting               int           // shares that wait now
	Waits                 int64         // how many have waited
	Waited                time.Duration // for how long, together
}

// Stats returns the present numbers.
func (b *Budget) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{
		TotalBytes: b.Total, HeldBytes: b.held.Load(),
		Waiting: len(b.growing) + len(b.entering), Waits: b.waits, Waited: b.waited,
	}
}

// Free returns how many bytes no share holds.
func (b *Budget) Free() int64 { return b.Total - b.held.Load() }
