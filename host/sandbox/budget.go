package sandbox

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// budget shares the memory of the host among what runs. Each run, and each
// process that compiles or builds, holds a share of it: what it has now, and
// the most that it may come to. A share is given only when afterwards all could
// still come to their most, one after the other (the banker's algorithm), so
// that runs which wait for more never wait for one another in a circle. What
// does not fit waits; instances that nobody uses give way before anybody does.
//
// Who waits gets its turn in this order: owners that hold nothing, so that no
// action waits for the many runs of another one; runs that are underway and
// need more, in their order where that fits; then who holds least, and came
// first. While a run waits for more nobody begins but the first kind, and that
// passes by who waits longer a hundred times at most.
type budget struct {
	total  int64
	loaded func() int64     // what nobody can take away: code and images
	evict  func(most int64) // drops idle instances until they and what is loaded fit

	held atomic.Int64 // by all shares; changed under mu

	mu       sync.Mutex // guards the following
	closed   bool
	shares   []*share // that were given, the eldest first
	most     int64    // what they may come to together
	blocked  int      // how many of them wait for more
	growing  []*waiter
	entering []*waiter
	waits    int64 // so far
	waited   time.Duration
}

// share is what one run may use of the host's memory. Its held is read by its
// run alone, and changed under the budget's lock.
type share struct {
	owner      string
	held, most int64
}

// waiter is who waits for bytes of the budget, in one of its two queues.
type waiter struct {
	share *share
	bytes int64
	done  chan struct{} // closed when it was given, or the budget was closed
	given bool

	passed int // how many were given what they waited for before this one, which came earlier
}

// maxPassed is after how many of those nobody is let past any more.
const maxPassed = 100

// enter gives a share its first bytes, waiting for them if it must, and reports
// how long. The error is ctx's, or [errClosed]. The caller must leave.
func (b *budget) enter(ctx context.Context, s *share, first int64) error {
	s.most = min(max(s.most, first), b.total)
	first = min(first, s.most)
	b.mu.Lock()
	switch {
	case b.closed:
		b.mu.Unlock()
		return errClosed
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

// grow gives a share that was given more bytes, and tells how long it waited
// for them: false when they can't be had.
func (b *budget) grow(ctx context.Context, s *share, more int64) (time.Duration, bool) {
	b.mu.Lock()
	switch {
	case b.closed || s.held+more > b.total:
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
func (b *budget) wait(ctx context.Context, t *waiter, queue *[]*waiter) (time.Duration, error) {
	began := time.Now()
	select {
	case <-t.done:
	case <-ctx.Done():
	}
	waited := time.Since(began)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waits++
	b.waited += waited
	switch {
	case t.given: // perhaps as ctx ended: who called looks at that in any case
		return waited, nil
	case b.closed:
		return waited, errClosed
	}
	*queue = slices.DeleteFunc(*queue, func(other *waiter) bool { return other == t })
	if queue == &b.growing {
		b.blocked--
	}
	b.dispatch()
	return waited, ctx.Err()
}

// leave gives back all that a share holds.
func (b *budget) leave(s *share) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shares = slices.DeleteFunc(b.shares, func(other *share) bool { return other == s })
	b.most -= s.most
	b.held.Add(-s.held)
	b.dispatch()
}

// close lets nobody wait any more.
func (b *budget) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for _, t := range slices.Concat(b.growing, b.entering) {
		close(t.done)
	}
	b.growing, b.entering, b.blocked = nil, nil, 0
}

func (b *budget) admit(s *share, first int64) {
	b.shares = append(b.shares, s)
	b.most += s.most
	b.add(s, first)
}

func (b *budget) add(s *share, more int64) {
	s.held += more
	s.most = max(s.most, s.held)
	if held := b.held.Add(more); held+b.loaded() > b.total || b.most > b.total {
		b.evict(b.total - held)
	}
}

// mayEnter reports whether a new share can be given its first bytes. The only
// one always can.
func (b *budget) mayEnter(s *share, first int64) bool {
	if len(b.shares) == 0 {
		return true
	}
	free := b.total - b.held.Load() - b.loaded() - first
	return free >= 0 && (b.total-b.loaded() >= b.most+s.most || b.safe(free, s, s.most-first)) && b.leavesSome(s, first)
}

// mayGrow reports whether a share can be given more bytes. The only one always
// can.
func (b *budget) mayGrow(s *share, more int64) bool {
	if len(b.shares) == 1 {
		return true
	}
	free := b.total - b.held.Load() - b.loaded() - more
	return free >= 0 && (b.total-b.loaded() >= b.most || b.safe(free, s, s.most-s.held-more)) && b.leavesSome(s, more)
}

// large reports whether a share is one that no quota is for: it may come to so
// much that few fit beside each other in any case.
func (b *budget) large(s *share) bool { return s.most > b.total/2 }

// leavesSome reports whether s can be given more bytes so that its owner has
// three quarters of the memory at most, with which all of its shares can still
// come to their most. So an action whose runs hold much for long leaves room for
// others. Nobody waits in a circle: what needs least of all fits here, too.
func (b *budget) leavesSome(s *share, more int64) bool {
	free := b.total / 4 * 3
	if b.large(s) || b.most+s.most <= free {
		return true
	}
	own, given := make([]*share, 0, len(b.shares)), int64(0)
	for _, other := range b.shares {
		if other.owner == s.owner && !b.large(other) {
			own = append(own, other)
			free -= other.held
		}
		if other == s {
			given = s.held
		}
	}
	free -= more
	return free >= 0 && safe(own, free, s, s.most-given-more)
}

// safe reports whether every share can come to its most, in some order, when so
// much is free and s still needs the given amount.
func (b *budget) safe(free int64, s *share, need int64) bool { return safe(b.shares, free, s, need) }

func safe(shares []*share, free int64, s *share, need int64) bool {
	type end struct{ need, gives int64 }
	ends := make([]end, 1, len(shares)+1)
	ends[0] = end{need, s.most - need}
	most := need
	for _, other := range shares {
		if other != s {
			ends = append(ends, end{other.most - other.held, other.held})
			most = max(most, other.most-other.held)
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

// dispatch gives whoever's turn it is what fits.
func (b *budget) dispatch() {
	b.dispatchFirst()
	b.growing = slices.DeleteFunc(b.growing, func(t *waiter) bool {
		if !b.mayGrow(t.share, t.bytes) {
			return false
		}
		b.resume(t)
		return true
	})
	if len(b.growing) > 0 {
		if b.blocked == len(b.shares) { // more was loaded since: better over the total than nobody
			b.resume(b.growing[0])
			b.growing = b.growing[1:]
		}
		return
	}
	for len(b.entering) > 0 {
		held := b.heldByOwner()
		next := slices.MinFunc(b.entering, func(x, y *waiter) int { return cmp.Compare(held[x.share.owner], held[y.share.owner]) })
		if !b.mayEnter(next.share, next.bytes) {
			return
		}
		b.start(next)
		b.entering = slices.DeleteFunc(b.entering, func(t *waiter) bool { return t == next })
	}
}

// dispatchFirst gives those what fits whose owners hold nothing.
func (b *budget) dispatchFirst() {
	if len(b.entering) == 0 {
		return
	}
	oldest := b.entering[0]
	held := b.heldByOwner()
	b.entering = slices.DeleteFunc(b.entering, func(t *waiter) bool {
		_, holds := held[t.share.owner]
		held[t.share.owner] += 0 // of an owner that waits, the next one only
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

func (b *budget) heldByOwner() map[string]int64 {
	held := make(map[string]int64, len(b.shares))
	for _, s := range b.shares {
		held[s.owner] += s.held
	}
	return held
}

func (b *budget) start(t *waiter) {
	b.admit(t.share, t.bytes)
	t.given = true
	close(t.done)
}

func (b *budget) resume(t *waiter) {
	b.add(t.share, t.bytes)
	b.blocked--
	t.given = true
	close(t.done)
}

// shares are used again.
var shares = sync.Pool{New: func() any { return &share{} }}

// admitRun waits until there is memory for a run to begin with. It returns nil
// where memory is not bounded. The caller must end the run with [Sandbox.endRun].
func (s *Sandbox) admitRun(ctx context.Context, m *Module, r *Request) (*share, error) {
	if s.budget == nil {
		return nil, nil
	}
	sh := shares.Get().(*share)
	most := r.Limits.MemoryBytes + r.Limits.RecordBytes + 2*int64(len(r.Input)) + room + grain
	*sh = share{owner: cmp.Or(r.Owner, m.digest), most: most}
	if err := s.budget.enter(ctx, sh, m.leastBytes(m.best(r.Isolation))+grain); err != nil {
		return nil, err
	}
	return sh, nil
}

func (s *Sandbox) endRun(sh *share) {
	if sh != nil {
		s.budget.leave(sh)
		shares.Put(sh)
	}
}

// Memory tells of the memory that a sandbox shares among what runs.
type Memory struct {
	TotalBytes int64         // what there is; 0: it is not bounded
	HeldBytes  int64         // by runs, and by processes that compile and build
	KeptBytes  int64         // by modules, images and idle instances
	Waiting    int           // runs and processes that wait for more now
	Waits      int64         // how many have waited
	Waited     time.Duration // for how long, together
}

// Memory returns how the memory is shared at the moment.
func (s *Sandbox) Memory() Memory {
	m := Memory{KeptBytes: s.IdleBytes()}
	if b := s.budget; b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		m.TotalBytes, m.HeldBytes = b.total, b.held.Load()
		m.Waiting, m.Waits, m.Waited = len(b.growing)+len(b.entering), b.waits, b.waited
	}
	return m
}

// Reserve takes bytes of the sandbox's memory for something that runs beside
// it, waiting for them if it must; they are at most what there is. The caller
// must call release. The error is ctx's, or that the sandbox is closed.
func (s *Sandbox) Reserve(ctx context.Context, owner string, bytes int64) (release func(), err error) {
	if s.budget == nil {
		return func() {}, nil
	}
	sh := &share{owner: owner, most: bytes}
	if err := s.budget.enter(ctx, sh, bytes); err != nil {
		return nil, err
	}
	return func() { s.budget.leave(sh) }, nil
}
