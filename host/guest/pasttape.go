package guest

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/usherhost/usher/host"
)

// then returns the past after another attempt. An attempt resumed from the past if its
// clock began at the same time; otherwise what was before it does not count any more, but
// for the keys of one that was refused.
func (p *past) then(e *host.EarlierAttempt) *past {
	if len(e.Tape.Calls) == 0 && len(e.Tape.Untaken) == 0 {
		return p // it came to nothing
	}
	resumed := p != nil && !p.refused && p.start.Equal(e.Tape.Start)
	if !resumed && (p == nil || !p.refused) {
		p = &past{}
	}
	r := reading{
		number: e.Number, tape: &e.Tape, before: p, resumed: resumed, started: map[int64]startedCall{},
		after: &past{seed: p.seed, start: e.Tape.Start, next: p.next, cut: p.cut, same: p.same},
	}
	if e.Tape.Seed != nil {
		r.after.seed = e.Tape.Seed
	}
	for i := range e.Tape.Calls {
		r.read(i, &e.Tape.Calls[i])
	}
	for i := range e.Tape.Untaken {
		if call, n := &e.Tape.Untaken[i], len(e.Tape.Calls)+i; call.Function == "http_wait" {
			r.answer(n, call)
		} else { // it was about to be sent
			r.read(n, call)
		}
	}
	if !p.refused {
		r.inherit(len(e.Tape.Calls) + len(e.Tape.Untaken))
	}
	if r.refused {
		return r.after.refuse()
	}
	return r.after
}

// reading makes one attempt's tape part of a past: it goes through its calls as the
// attempt itself did.
type reading struct {
	number        int
	tape          *host.Tape
	before, after *past
	resumed       bool
	refused       bool
	started       map[int64]startedCall // by handle, until it was answered
}

// startedCall is a request that was started, what it was in the past (nil when it was
// new), and whether it was answered from there.
type startedCall struct {
	call, found *pastCall
	fromTape    bool
}

func (r *reading) read(i int, call *host.Call) {
	end := time.Duration(call.EndMicros) * time.Microsecond
	switch call.Function {
	case "http_send", "http_start":
		r.request(i, call, end)
		return
	case "http_wait":
		if r.answer(i, call) {
			return
		}
	}
	c := &pastCall{digests: digests{whole: r.before.callDigest(call.Function, call.Request)}, end: end, order: i}
	r.before.find(c.whole, noAnswer)
	switch call.Function {
	case "cache_get", "crypto_call":
		if call.AnswerCut == nil {
			c.answer = call.Answer
		}
	}
	r.after.add(c)
}

// request reads a call that sent a request.
func (r *reading) request(i int, call *host.Call, end time.Duration) {
	c := &pastCall{digests: r.digests(call), end: end, order: i, request: &pastRequest{attempt: r.number, asked: r.endBefore(i), taken: end, order: i, at: r.at(call)}}
	found, _ := r.before.identify(c.digests, func(q *pastRequest) bool { return call.Attempt != 0 && q.stored })
	if found != nil {
		c.request.number = found.request.number
	} else {
		c.request.number = r.after.newNumber()
	}
	if call.Attempt != 0 {
		c.request.attempt = call.Attempt
	}
	r.after.add(c)
	if call.Function == "http_send" {
		r.settle(c, found, call)
		return
	}
	var handle int64
	if json.Unmarshal(call.Answer, &handle) == nil {
		r.started[handle] = startedCall{c, found, call.Attempt != 0}
	}
}

// endBefore is the guest's clock when it made call i.
func (r *reading) endBefore(i int) time.Duration {
	if i == 0 || i > len(r.tape.Calls) {
		return 0
	}
	return time.Duration(r.tape.Calls[i-1].EndMicros) * time.Microsecond
}

// digests returns those of a request on the tape.
func (r *reading) digests(call *host.Call) digests {
	if call.RequestCut != nil {
		r.after.cut = true
		cut := cutDigest(call.RequestCut.SHA256)
		return digests{cut, cut, cut}
	}
	var q httpRequest
	if err := json.Unmarshal(call.Request, &q); err != nil {
		return digests{} // that no request has: the tape was not made by this host
	}
	r.before.same.replace(&q)
	return q.digests()
}

// answer reads the answer to a request that was started, and reports whether the call has
// one.
func (r *reading) answer(i int, call *host.Call) bool {
	var a struct {
		ID int64 `json:"id"`
	}
	if json.Unmarshal(call.Answer, &a) != nil || a.ID == 0 {
		return false
	}
	if s, found := r.started[a.ID]; found {
		delete(r.started, a.ID)
		q := s.call.request
		q.taken, q.order, q.at = time.Duration(call.EndMicros)*time.Microsecond, i, r.at(call)
		r.settle(s.call, s.found, call)
	}
	return true
}

// settle gives a request its answer. Found is what it was in the past, nil when it was new.
func (r *reading) settle(c, found *pastCall, call *host.Call) {
	var a httpAnswer
	if json.Unmarshal(call.Answer, &a) != nil || a.Error != nil {
		return
	}
	c.request.status, c.request.answer = a.Status, &a
	c.request.stored = a.stored() && call.AnswerCut == nil
	if call.Attempt != 0 {
		return
	}
	if r.resumed && isRefusal(a.Status, found, r.at(call).Sub(r.tape.Start)-c.request.asked) {
		r.refused = true
	}
	if found != nil && found.request.answer != nil {
		r.after.same.learn(found.request.answer, &a)
		r.before.same = r.after.same
	}
}

// lateAfter is how far the guest's clock must be behind for a request to be refused for its
// time.
const lateAfter = time.Minute

// isRefusal reports whether a status says that the run does not get on as the earlier
// attempt did: its credentials are not good any more; or a bad request is what had
// succeeded, or what is late and was no bad request before, as a signed one is whose time
// is over or which may be used once.
func isRefusal(status int, found *pastCall, late time.Duration) bool {
	before := 0
	if found != nil {
		before = found.request.status
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return before >= 200 && before < 400 || before != status && late > lateAfter
	}
	return false
}

// inherit takes over what the attempt did not make again, behind its n calls, and the
// answers that it had from the past and not taken.
func (r *reading) inherit(n int) {
	for _, s := range r.started {
		if s.fromTape && s.found != nil {
			*s.call.request = *s.found.request
		}
	}
	for _, c := range r.before.calls {
		if c.made {
			continue
		}
		if c.order += n; c.request != nil {
			c.request.order += n
		}
		r.after.add(c)
	}
}

// at returns when the answer of a call came.
func (r *reading) at(call *host.Call) time.Time {
	if !call.At.IsZero() {
		return call.At
	}
	return r.tape.Start.Add(time.Duration(call.EndMicros) * time.Microsecond)
}
