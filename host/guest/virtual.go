package guest

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/usherhost/usher/host"
)

// Outside answers a run that is played in place of the world. Requests and answers are as
// on a tape. It is called on the run's goroutine.
type Outside interface {
	// HTTP answers request n of the run, from 0, of http_send and http_start alike, which
	// is sent at this time from the run's start: with a response or an error, that comes
	// after so long by the guest's clock. Requests that can't be sent, because they are
	// malformed or over a limit, are not asked for. False ends the run there, with a fault
	// of the host.
	HTTP(n int, request json.RawMessage, at time.Duration) (answer json.RawMessage, took time.Duration, ok bool)

	// Cache answers a call of the cache. False leaves it to a cache of the run's own, empty
	// at its start.
	Cache(function string, request json.RawMessage) (answer json.RawMessage, ok bool)

	// Random answers a call of crypto_call that depends on chance. False computes it.
	Random(request json.RawMessage) (answer json.RawMessage, ok bool)
}

// virtual plays a run whose calls need not be those of its tape: what leaves the host is
// answered by [Outside], and time passes for the guest alone. A call that the tape has
// with the same request ends when it ended there, so that a run that does the same sees
// the same clock.
type virtual struct {
	call    *call
	tape    *host.Tape
	outside Outside
	ends    map[uint64][]int64      // microseconds, of the calls on the tape by callKey
	played  *Replayed               // nil: nothing is noted
	answers map[int]json.RawMessage // in place of those of outside, by the number of the call

	function string // of the call at hand
	request  json.RawMessage
	began    time.Duration
}

// newVirtual returns the world of a run that plays the rest of a tape, from call first on.
func newVirtual(c *call, tape *host.Tape, first int, outside Outside) *virtual {
	w := &virtual{call: c, tape: tape, outside: outside, ends: map[uint64][]int64{}}
	for i := range tape.Calls[first:] {
		call := &tape.Calls[first+i]
		key := callKey(call.Function, call.Request)
		w.ends[key] = append(w.ends[key], call.EndMicros)
	}
	return w
}

var callKeys = maphash.MakeSeed()

// callKey is a hash of a call.
func callKey(function string, request json.RawMessage) uint64 {
	var h maphash.Hash
	h.SetSeed(callKeys)
	_, _ = h.WriteString(function)
	_ = h.WriteByte(0)
	_, _ = h.Write(request)
	return h.Sum64()
}

func (w *virtual) given() (host.Settings, map[string]string) {
	if w.tape.Settings != nil {
		return *w.tape.Settings, w.tape.Secrets
	}
	return w.call.run.Step.Settings.Over(host.DefaultSettings()), w.tape.Secrets
}

func (w *virtual) isolation() host.Isolation { return "" }

func (w *virtual) ask(function string, request json.RawMessage) {
	w.function, w.request, w.began = function, request, w.call.clock.offset
}

func (w *virtual) send(q httpRequest, malformed *host.EgressFailure, ordinal int) (*host.HTTPResponse, *host.EgressFailure) {
	if _, failure := w.call.compose(q, malformed, ""); failure != nil {
		return nil, failure
	}
	a, took := w.http(ordinal)
	if w.until(w.began + took) {
		return a.outcome()
	}
	return nil, &host.EgressFailure{Code: host.EgressTimeout, Message: "there was no answer before the run's deadline"}
}

// http asks for the answer to the request at hand.
func (w *virtual) http(ordinal int) (*httpAnswer, time.Duration) {
	answer, given := w.own()
	var took time.Duration
	if !given {
		var ok bool
		if answer, took, ok = w.outside.HTTP(ordinal, w.request, w.began); !ok {
			w.unanswered()
		}
	}
	var a httpAnswer
	w.call.read(answer, &a)
	return &a, max(took, 0)
}

// own returns the caller's own answer to the call at hand.
func (w *virtual) own() (json.RawMessage, bool) {
	answer, found := w.answers[len(w.call.record.tape.Calls)]
	return answer, found
}

// unanswered ends the run at a call that has no answer.
func (w *virtual) unanswered() {
	n := len(w.call.record.tape.Calls)
	if w.played != nil {
		w.played.Unanswered = &host.Call{Ordinal: n, Function: w.function, Request: w.request}
	}
	w.call.halt(fmt.Sprintf("call %d has no answer: nothing leaves a run that is played", n))
}

// until lets time pass until an offset of the clock, or until the run's deadline, which
// is reported as false.
func (w *virtual) until(offset time.Duration) bool {
	k := &w.call.clock
	if end := w.deadline(); offset >= end {
		k.offset = max(k.offset, end)
		return false
	}
	k.offset = max(k.offset, offset)
	return true
}

func (w *virtual) deadline() time.Duration {
	return time.Duration(w.call.settings.Limits.TimeoutMillis) * time.Millisecond
}

func (w *virtual) start(x *started, q httpRequest, malformed *host.EgressFailure, ordinal int) int64 {
	x.due = w.began
	if _, x.failure = w.call.compose(q, malformed, ""); x.failure == nil {
		a, took := w.http(ordinal)
		x.due += took
		x.response, x.failure = a.outcome()
	}
	return w.call.http.requests.list(x)
}

func (w *virtual) wait(d time.Duration) *started {
	requests := w.call.http.requests
	var first *started
	for _, x := range requests.started {
		if x.due >= 0 && (first == nil || x.due < first.due || x.due == first.due && x.handle < first.handle) {
			first = x
		}
	}
	switch {
	case first == nil && d < 0:
		w.unanswered()
		return nil
	case first == nil || d >= 0 && first.due > w.began+d:
		w.until(w.began + d)
		return nil
	case !w.until(first.due):
		return nil
	}
	delete(requests.started, first.handle)
	if answer, given := w.own(); given {
		var a httpAnswer
		w.call.read(answer, &a)
		first.response, first.failure = a.outcome()
	}
	return first
}

// held returns nothing: an answer is made when it is taken.
func (w *virtual) held() int { return 0 }

func (w *virtual) sleep(d time.Duration) { w.until(w.began + d) }

func (w *virtual) cached() json.RawMessage {
	if answer, given := w.own(); given {
		return answer
	}
	if answer, ok := w.outside.Cache(w.function, w.request); ok {
		return answer
	}
	return nil
}

func (w *virtual) drawn() json.RawMessage {
	if answer, ok := w.outside.Random(w.request); ok {
		return answer
	}
	return nil
}

func (w *virtual) cut() error { return nil }

func (w *virtual) fix() *host.Fix { return nil }

func (w *virtual) pass(time.Duration) time.Duration {
	key := callKey(w.function, w.request)
	offset := w.call.clock.offset
	if ends := w.ends[key]; len(ends) > 0 {
		offset, w.ends[key] = time.Duration(ends[0])*time.Microsecond, ends[1:]
	}
	w.call.clock.moveTo(offset)
	return w.call.clock.offset - w.began
}

func (w *virtual) answered(json.RawMessage) {}

// over ends a run whose deadline has passed by its own clock.
func (w *virtual) over(int64) error {
	if w.call.clock.offset >= w.deadline() {
		return context.DeadlineExceeded
	}
	return nil
}
