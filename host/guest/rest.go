package guest

import (
	"encoding/json"
	"time"

	"github.com/usherhost/usher/host"
)

// rest is the [Outside] that has what is left of a tape: a call gets the answer of the
// first one there with the same function and request.
type rest struct {
	answers map[uint64][]taken
	waits   map[int64]*host.Call // by the handle of the request that they answer
}

// taken is an answer on a tape, and how long it took.
type taken struct {
	answer json.RawMessage
	took   time.Duration
}

// newRest returns what the calls of a tape have from number first on.
func newRest(calls []host.Call, first int) *rest {
	r := &rest{answers: map[uint64][]taken{}, waits: map[int64]*host.Call{}}
	for i := range calls[first:] {
		if c := &calls[first+i]; c.Function == "http_wait" {
			var a struct {
				ID int64 `json:"id"`
			}
			if json.Unmarshal(c.Answer, &a) == nil && a.ID > 0 && r.waits[a.ID] == nil {
				r.waits[a.ID] = c
			}
		}
	}
	for i := first; i < len(calls); i++ {
		r.add(calls, i)
	}
	return r
}

// add adds the answer of call i, if it is of a kind that leaves the run.
func (r *rest) add(calls []host.Call, i int) {
	c, answer, end := &calls[i], calls[i].Answer, calls[i].EndMicros
	began := end
	if i > 0 {
		began = calls[i-1].EndMicros
	}
	function := c.Function
	switch function {
	case "http_send", "cache_get", "cache_set", "cache_delete":
	case "crypto_call":
		if len(answer) <= len("{}") { // it follows from its request
			return
		}
	case "http_start":
		var handle int64
		if json.Unmarshal(answer, &handle) != nil || r.waits[handle] == nil {
			return
		}
		function, answer, end = "http_send", r.waits[handle].Answer, r.waits[handle].EndMicros
	default:
		return
	}
	key := callKey(function, c.Request)
	r.answers[key] = append(r.answers[key], taken{answer, time.Duration(end-began) * time.Microsecond})
}

func (r *rest) take(function string, request json.RawMessage) (taken, bool) {
	key := callKey(function, request)
	left := r.answers[key]
	if len(left) == 0 {
		return taken{}, false
	}
	r.answers[key] = left[1:]
	return left[0], true
}

// HTTP implements [Outside].
func (r *rest) HTTP(_ int, request json.RawMessage, _ time.Duration) (json.RawMessage, time.Duration, bool) {
	t, found := r.take("http_send", request)
	return t.answer, t.took, found
}

// Cache implements [Outside].
func (r *rest) Cache(function string, request json.RawMessage) (json.RawMessage, bool) {
	t, found := r.take(function, request)
	return t.answer, found
}

// Random implements [Outside].
func (r *rest) Random(request json.RawMessage) (json.RawMessage, bool) {
	t, found := r.take("crypto_call", request)
	return t.answer, found
}

// goVirtual plays the run on with what is left of the tape.
func (w *exact) goVirtual() *virtual {
	w.left = true
	tape := &w.recorded.Tape
	rest := newRest(tape.Calls, w.next)
	v := newVirtual(w.call, tape, w.next, rest)
	v.played, v.answers = w.played, w.answers
	if requests := w.call.http.requests; requests != nil {
		for handle, x := range requests.started {
			w.answerLater(v, x, rest.waits[handle])
		}
	}
	w.call.world = v
	return v
}

// answerLater gives a request that is under way its answer in a virtual world.
func (w *exact) answerLater(v *virtual, x *started, wait *host.Call) {
	answer, given := w.waiting[x.handle]
	x.due = v.call.clock.offset
	var a httpAnswer
	switch {
	case given:
		w.call.read(answer, &a)
	case wait != nil:
		w.call.read(wait.Answer, &a)
	default:
		x.due = -1
		return
	}
	if wait != nil {
		x.due = max(x.due, time.Duration(wait.EndMicros)*time.Microsecond)
	}
	x.response, x.failure = a.outcome()
}
