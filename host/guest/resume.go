package guest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// How a run resumes. It begins with the seed and the clock of the earlier attempts of its
// step, so that it asks the same as they did, as far as it gets the same answers. Each
// request that would go out is looked up in their [past] first:
//
//   - An equal one that had succeeded answers it, if its answer is not too old and not
//     marked no-store. It is not sent, not limited by http_requests and not counted.
//   - An equal one that had not succeeded gives it its Idempotency-Key. It is sent.
//   - One that no earlier attempt made has a key that none of them used. It is sent.
//
// What the cache answered, and cryptography that depends on chance, is the same too. The
// rest is done again: records are stored in the cache, lines are logged. A call that an
// earlier attempt made too moves the guest's clock to where it was after it, so that a
// later request with the time in it is equal as well. Other calls move it by the time that
// they take. It jumps to the present when a request that was new to the past has gone
// out, or when an answer came from outside and the past has no more requests; and it never
// goes back. A guest that has a timer set when it waits for answers would see it fire at
// once: so then the clock does not jump. Until something has gone out, sleeping that the
// earlier attempt did is not done again.
//
// While a run goes on it hands over its tape in parts, for the case that the host is
// killed: before a request goes out that is not safe to repeat, with that request, and
// when it was answered with success.

// resuming is the state of a run that resumes, for its goroutine.
type resuming struct {
	*past
	maxAge time.Duration

	moved   time.Time       // when the last call ended
	ready   []*started      // answered from the past, and not taken yet
	sent    bool            // a request has gone out
	live    bool            // an answer has come from outside
	isNew   bool            // a request has gone out that is new
	present bool            // the clock has jumped
	touched map[string]bool // records of the cache that the run has changed

	// Of the call at hand:
	found *pastCall     // what it was in the past; nil: it is new
	end   time.Duration // the guest's clock after that
	timed bool          // timers of the guest may be set
	at    time.Time     // when its answer came in truth; zero: it has no answer from elsewhere
}

// resume makes the run resume from what there is, and reports how its seed and clock begin.
func (c *call) resume(run *Run) (seed []byte, start time.Time) {
	earlier := run.Resumption.Earlier
	if len(earlier) == 0 || c.world != nil {
		return run.Seed, run.Start
	}
	maxAge, _ := run.Step.Settings.Over(host.DefaultSettings()).ResumeMaxAge.Duration()
	p := newPast(earlier, maxAge)
	if p == nil {
		return run.Seed, run.Start
	}
	c.resumes = &resuming{past: p, maxAge: maxAge, moved: time.Now(), present: p.refused}
	if p.refused {
		return run.Seed, run.Start
	}
	return p.seed, p.start
}

// now is the time as the world has it.
func (c *call) now() time.Time {
	if c.resumes != nil {
		return time.Now()
	}
	return c.clock.now()
}

// ask begins a call of the host.
func (r *resuming) ask(function string, request json.RawMessage) {
	r.found, r.end, r.timed, r.at = nil, 0, true, time.Time{}
	switch function {
	case "http_send":
		r.timed = false
		return // these say themselves what they were
	case "http_start", "http_wait":
		return
	}
	r.foundAs(r.find(r.callDigest(function, request), noAnswer))
}

func noAnswer(*pastRequest) bool { return false }

// foundAs notes what the call at hand was in the past.
func (r *resuming) foundAs(c *pastCall) {
	if r.found = c; c != nil {
		r.end = c.end
	}
}

// pass moves the clock at the end of a call. It does not jump over the timers of a guest
// that starts requests: with one set such a guest waits for its time.
func (r *resuming) pass(k *clock) {
	if !r.timed && (r.isNew || r.live && r.requests == 0) {
		r.present = true
	}
	switch now := time.Now(); {
	case r.present:
		k.moveTo(now.Sub(k.started))
	case r.found != nil:
		k.moveTo(r.end)
	default:
		k.moveTo(k.offset + now.Sub(r.moved))
	}
	r.moved = time.Now()
}

// skipsSleep reports whether the sleep at hand is not done again.
func (r *resuming) skipsSleep() bool { return r != nil && r.found != nil && !r.sent && !r.present }

// given returns the answer that an earlier attempt had to the call at hand, of the cache or
// of cryptography: with another one the run would go on in another way. Nil: it is done
// again.
func (r *resuming) given() json.RawMessage {
	if r == nil || r.found == nil || r.present || time.Since(r.start.Add(r.end)) > r.maxAge {
		return nil
	}
	return r.found.answer
}

// touch notes that the run itself has changed a record of the cache, and reads it there
// from now on.
func (r *resuming) touch(key string) {
	if r == nil {
		return
	}
	if r.touched == nil {
		r.touched = map[string]bool{}
	}
	r.touched[key] = true
}

// isTouched reports whether the run has changed a record.
func (r *resuming) isTouched(key string) bool { return r != nil && r.touched[key] }

// identity is what a request that the guest makes was in the past.
type identity struct {
	past     *pastCall // nil: no earlier attempt made it
	answered bool      // from the past
	key      string    // the Idempotency-Key; "" of a request that is safe to repeat
}

// identify looks a request up, by what the tape has of it. Ordinal is its number among the
// requests of the run.
func (c *call) identify(q httpRequest, ordinal int) (id identity) {
	number := ordinal
	if r := c.resumes; r != nil {
		var equal bool
		id.past, equal = r.identifyRequest(q)
		r.foundAs(id.past)
		if id.past != nil {
			number, id.answered = id.past.request.number, equal && id.past.request.fresh(r.maxAge)
		} else {
			number = r.newNumber()
		}
	}
	if c.run.ExecutionID != "" && !isSafe(q.method()) {
		id.key = fmt.Sprintf("%s-%d-%d", c.run.ExecutionID, c.run.Index, number)
	}
	return id
}

// identifyRequest looks a request up in the past, see [past.identify].
func (r *resuming) identifyRequest(q httpRequest) (found *pastCall, equal bool) {
	fresh := func(q *pastRequest) bool { return q.fresh(r.maxAge) }
	if r.cut {
		sum := sha256.Sum256(encode(q))
		if found := r.find(cutDigest(sum[:]), fresh); found != nil {
			return found, true
		}
	}
	r.same.replace(&q)
	return r.identify(q.digests(), fresh)
}

// fromPast returns the answer to a request that an earlier attempt has.
func (c *call) fromPast(note *host.CallNote, id identity) *host.HTTPResponse {
	q := id.past.request
	note.FromAttempt, c.resumes.at = q.attempt, q.at
	response, _ := q.answer.outcome()
	return response
}

// fromOutside notes the answer to a request that was sent.
func (c *call) fromOutside(past *pastCall, a *httpAnswer) {
	r := c.resumes
	if r == nil {
		return
	}
	r.live, r.at = true, time.Now().UTC().Truncate(time.Microsecond)
	if past != nil && past.request.answer != nil && a.Error == nil {
		r.same.learn(past.request.answer, a)
	}
}

// startFromPast lists a request that is answered from the past, to be waited for.
func (c *call) startFromPast(note *host.CallNote, x *started, id identity) int64 {
	x.response = c.fromPast(note, id)
	c.resumes.at = time.Time{} // it is the wait that brings the answer
	c.resumes.ready = append(c.resumes.ready, x)
	return c.http.requests.list(x)
}

// awaitPast takes what the earlier attempt had taken next. With timedOut it had waited in
// vain, and so does the run, without the time, if nothing is on its way.
func (c *call) awaitPast(d time.Duration) (x *started, timedOut bool) {
	r, requests := c.resumes, c.http.requests
	if r == nil {
		return nil, false
	}
	r.ready = slices.DeleteFunc(r.ready, func(x *started) bool { return requests.started[x.handle] == nil }) // canceled
	if len(r.ready) == 0 {
		return nil, false
	}
	wait := r.waitDigest(d)
	first := slices.MinFunc(r.ready, func(a, b *started) int { return a.past.request.order - b.past.request.order })
	if vain := notMade(r.byDigest, wait); len(r.ready) == len(requests.started) && len(vain) > 0 && vain[0].order < first.past.request.order {
		return nil, true
	}
	r.ready = slices.DeleteFunc(r.ready, func(x *started) bool { return x == first })
	delete(requests.started, first.handle)
	return first, false
}

func (r *resuming) waitDigest(d time.Duration) digest {
	return r.callDigest("http_wait", encode(waitRequest{max(d.Milliseconds(), -1)}))
}

// waitedInVain notes a wait that brought nothing.
func (r *resuming) waitedInVain(d time.Duration) {
	if r != nil {
		r.foundAs(r.find(r.waitDigest(d), noAnswer))
	}
}

// tookFrom notes in the call at hand, a wait, whose answer it brought.
func (c *call) tookFrom(note *host.CallNote, x *started, a *httpAnswer) {
	switch {
	case x.fromPast:
		note.FromAttempt, c.resumes.at = x.past.request.attempt, x.past.request.at
	case x.send != nil:
		c.fromOutside(x.past, a)
	}
	if c.resumes != nil && x.past != nil {
		c.resumes.found, c.resumes.end = x.past, x.past.request.taken
	}
}

// goesOut hands over what the run has done, with the request that it is about to send.
func (c *call) goesOut(function string, asked httpRequest, answer json.RawMessage) {
	if r := c.resumes; r != nil {
		r.sent, r.isNew = true, r.isNew || r.found == nil
	}
	if c.run.Resumption.Keep == nil || isSafe(asked.method()) {
		return
	}
	part := c.part()
	part.Untaken = []host.Call{{Function: function, Request: encode(asked), Answer: answer, EndMicros: c.clock.offset.Microseconds()}}
	c.run.Resumption.Keep(part)
}

// wasAnswered hands over what the run has done, after the answer to a request.
func (c *call) wasAnswered(asked httpRequest, a *httpAnswer) {
	if c.run.Resumption.Keep != nil && !isSafe(asked.method()) && a.Status >= 200 && a.Status < 400 {
		c.run.Resumption.Keep(c.part())
	}
}

// part returns the calls since the last part.
func (c *call) part() host.Tape {
	calls := slices.Clone(c.record.tape.Calls[c.record.kept:])
	c.record.kept = len(c.record.tape.Calls)
	return host.Tape{Seed: c.random.taken(), Start: c.clock.started, Calls: calls}
}

// keepArrival returns what hands over the answer to a request that was started, from the
// goroutine that sent it: the guest may take it much later.
func (c *call) keepArrival(unsafe bool) func(x *started) {
	keep, start, began, offset := c.run.Resumption.Keep, c.clock.started, time.Now(), c.clock.offset
	if keep == nil || !unsafe {
		return func(*started) {}
	}
	return func(x *started) {
		if call, ok := x.arrival(offset + time.Since(began)); ok {
			keep(host.Tape{Start: start, Untaken: []host.Call{call}})
		}
	}
}

// arrival returns the answer to x as http_wait would, if it succeeded.
func (x *started) arrival(end time.Duration) (host.Call, bool) {
	if x.response == nil || x.response.Status < 200 || x.response.Status >= 400 {
		return host.Call{}, false
	}
	call := host.Call{
		Function: "http_wait", Answer: encode(&waitAnswer{ID: x.handle, httpAnswer: answerOf(x.response)}),
		EndMicros: end.Microseconds(), At: time.Now().UTC().Truncate(time.Microsecond),
	}
	if x.fromPast {
		call.Attempt, call.At = x.past.request.attempt, x.past.request.at
	}
	return call, true
}

// finish ends the requests that are on their way when the guest has ended. A run that
// failed will be made again: so it waits, until its deadline, for the answers to requests
// that are not safe to repeat, and what has come is on its tape.
func (c *call) finish(fault *sandbox.Fault) {
	requests := c.http.requests
	if requests == nil {
		return
	}
	retried := fault != nil && c.run.Resumption.Keep != nil && c.world == nil
	if retried {
		requests.settle(c.ctx)
	}
	requests.close()
	if !retried {
		return
	}
	for _, x := range requests.answered {
		c.keepUntaken(x)
	}
	if c.resumes != nil {
		for _, x := range c.resumes.ready {
			if requests.started[x.handle] != nil {
				c.keepUntaken(x)
			}
		}
	}
}

// keepUntaken puts an answer on the tape that the guest did not take, if there is room.
func (c *call) keepUntaken(x *started) {
	call, ok := x.arrival(c.clock.offset)
	if n := int64(len(call.Answer)); ok && n <= c.room() {
		c.record.used += n
		c.record.tape.Untaken = append(c.record.tape.Untaken, call)
	}
}

// settle sends nothing more, and waits until nothing is on its way that is not safe to
// repeat, or the run's deadline is over.
func (r *requests) settle(ctx context.Context) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	timer := time.NewTimer(time.Until(r.deadline()))
	defer timer.Stop()
	for r.pending() {
		select {
		case <-r.wake:
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (r *requests) pending() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.started {
		if x.unsafe && x.begun && !x.arrived {
			return true
		}
	}
	return false
}
