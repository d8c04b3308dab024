package guest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// maxUnderWay is how many requests of a run are on their way, or answered and
// not taken yet, at once. More wait in the order in which they were started:
// so a guest that never takes an answer does not fill the host's memory.
const maxUnderWay = 20

// requests are those that a run started and has not taken the answers of. All
// methods but send and finish are for the run's goroutine.
type requests struct {
	ctx      context.Context // of all of them; it ends with the run
	cancel   context.CancelFunc
	senders  sync.WaitGroup
	deadline func() time.Time   // of the run
	last     int64              // handle
	started  map[int64]*started // by handle, until taken or canceled

	mu       sync.Mutex
	queue    []*started    // guarded by mu: those that wait for their turn
	answered []*started    // guarded by mu: those that can be taken, in the order of their answers
	underWay int           // guarded by mu: how many of maxUnderWay are used
	closed   bool          // guarded by mu: no other begins
	wake     chan struct{} // holds one element when something was answered since the last look
}

// started is one request. What send leaves is read once it is answered.
type started struct {
	handle   int64
	target   string
	send     func(context.Context) // sends it and keeps the outcome; nil when it failed before
	ctx      context.Context
	cancel   context.CancelFunc
	canceled bool // guarded by requests.mu
	held     int  // bytes that count as the run's memory until it is forgotten

	response *host.HTTPResponse
	failure  *host.EgressFailure
	panicked any

	past     *pastCall // what it was in an earlier attempt; nil: it is new
	fromPast bool      // it is answered from there
	unsafe   bool      // it is not safe to repeat
	begun    bool      // guarded by requests.mu: it has left the queue
	arrived  bool      // guarded by requests.mu: it is answered

	due time.Duration // of a run that is played: when it is answered, by the guest's clock; negative: never
}

// newRequests returns the requests of a run, which end with ctx.
func newRequests(ctx context.Context) *requests {
	r := &requests{started: map[int64]*started{}, wake: make(chan struct{}, 1)}
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// newRequests returns the requests of the run. Those of a run that is played are only
// listed.
func (c *call) newRequests(s *sandbox.Call) *requests {
	if c.world != nil {
		return &requests{started: map[int64]*started{}}
	}
	r := newRequests(c.ctx)
	r.deadline = func() time.Time { deadline, _ := s.Deadline(); return deadline }
	context.AfterFunc(s, func() {
		if errors.Is(s.Err(), context.DeadlineExceeded) { // and not because the guest has ended: see finish
			r.cancel()
		}
	})
	return r
}

// list gives x its handle.
func (r *requests) list(x *started) int64 {
	r.last++
	x.handle = r.last
	r.started[x.handle] = x
	return x.handle
}

// start puts x on its way, or in line, and gives it its handle.
func (r *requests) start(x *started) int64 {
	r.list(x)
	r.mu.Lock()
	defer r.mu.Unlock()
	if x.send == nil {
		r.answer(x)
		return x.handle
	}
	x.ctx, x.cancel = context.WithCancel(r.ctx)
	r.queue = append(r.queue, x)
	r.proceed()
	return x.handle
}

// proceed sends what stands in line, as far as it may. The caller holds mu.
func (r *requests) proceed() {
	for len(r.queue) > 0 && r.underWay < maxUnderWay && !r.closed {
		x := r.queue[0]
		r.queue = slices.Delete(r.queue, 0, 1)
		r.underWay++
		x.begun = true
		r.senders.Go(func() { r.send(x) })
	}
}

func (r *requests) send(x *started) {
	defer r.finish(x)
	defer func() { x.panicked = recover() }() // it is the run's panic: see take
	x.send(x.ctx)
}

func (r *requests) finish(x *started) {
	x.cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	if x.canceled {
		r.leave()
		return
	}
	r.answer(x)
}

// answer makes x one that can be taken. The caller holds mu.
func (r *requests) answer(x *started) {
	x.arrived = true
	r.answered = append(r.answered, x)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// leave makes room for another one. The caller holds mu.
func (r *requests) leave() {
	r.underWay--
	r.proceed()
}

// take returns the request that was answered first and forgets it; nil when
// none was.
func (r *requests) take() *started {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answered) == 0 {
		return nil
	}
	x := r.answered[0]
	r.answered = slices.Delete(r.answered, 0, 1)
	delete(r.started, x.handle)
	if x.send != nil {
		r.leave()
	}
	if x.panicked != nil {
		panic(x.panicked)
	}
	return x
}

// wait takes the next answer, as soon as there is one. It returns nil at once
// when nothing is on its way, and otherwise when expired or done does.
func (r *requests) wait(expired <-chan time.Time, done <-chan struct{}) *started {
	for {
		if x := r.take(); x != nil || len(r.started) == 0 {
			return x
		}
		select {
		case <-r.wake:
		case <-expired:
			return r.take()
		case <-done:
			return nil
		}
	}
}

// drop gives a request up, wherever it is.
func (r *requests) drop(handle int64) {
	x, found := r.started[handle]
	if !found {
		return
	}
	delete(r.started, handle)
	r.mu.Lock()
	defer r.mu.Unlock()
	x.canceled = true
	if i := slices.Index(r.queue, x); i >= 0 {
		r.queue = slices.Delete(r.queue, i, i+1)
	}
	if i := slices.Index(r.answered, x); i >= 0 {
		r.answered = slices.Delete(r.answered, i, i+1)
		if x.send != nil {
			r.leave()
		}
	}
	if x.cancel != nil {
		x.cancel()
	}
}

// bytes returns how much the answers have that wait to be taken.
func (r *requests) bytes() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.answered {
		if x.response != nil {
			n += len(x.response.Body)
		}
	}
	return n
}

// oldest names the request that has been on its way for the longest.
func (r *requests) oldest() string {
	var first *started
	for _, x := range r.started {
		if first == nil || x.handle < first.handle {
			first = x
		}
	}
	if first == nil {
		return ""
	}
	return first.target
}

// close ends every request and waits for its goroutine.
func (r *requests) close() {
	if r == nil {
		return
	}
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	if r.cancel == nil { // of a run that is played
		return
	}
	r.cancel()
	r.senders.Wait()
}
