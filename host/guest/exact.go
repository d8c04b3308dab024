package guest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// exact plays a run back: each call must be the one that the tape has at its place, and
// gets the answer that it has there.
//
// Some ends of a run follow from the module and what it got: an error, a trap, its fuel.
// They come about again. Others came from outside, such as the deadline. Their place is
// known by the calls that were made and the fuel that was used: there the run is ended
// again.
//
// At the first difference, or at the first call for which the caller has another answer,
// the run leaves the tape: it goes on in a [virtual] world, which has the answers that
// are left on the tape.
type exact struct {
	call     *call
	recorded *Recorded
	answers  map[int]json.RawMessage // in place of those on the tape
	played   *Replayed

	next    int                       // the index of the next call on the tape
	taped   *host.Call                // the call at hand
	waiting map[int64]json.RawMessage // answers of the caller's, by the handle of their request
	changed bool                      // the call at hand has an answer of the caller's
	ended   bool                      // the run was ended as the recorded one was
	digest  string                    // of the module that is played
	entered bool                      // the guest ran
	left    bool                      // the run has left the tape, and is not compared any more
}

func (w *exact) given() (host.Settings, map[string]string) {
	return w.recorded.settings(&w.call.run.Step), w.recorded.Tape.Secrets
}

func (w *exact) isolation() host.Isolation {
	if w.recorded.same(&w.call.run.Step) {
		return w.recorded.Result.Stats.Isolation
	}
	return ""
}

func (w *exact) ask(function string, request json.RawMessage) {
	calls := w.recorded.Tape.Calls
	w.taped, w.changed = nil, false
	if w.atEnd() && w.endsUnanswered() {
		if leavesSandbox(function) {
			w.end()
		}
		return // it ends the run by itself
	}
	if w.next >= len(calls) {
		w.leave(&Divergence{Part: PartCall, Ordinal: w.ordinal(), Replayed: &host.Call{Ordinal: w.ordinal(), Function: function, Request: request}})
		return
	}
	w.taped = &calls[w.next]
	if w.taped.Function != function || !w.sameRequest(function, request) {
		w.leave(&Divergence{Part: PartCall, Ordinal: w.ordinal(), Recorded: w.taped, Replayed: &host.Call{Ordinal: w.ordinal(), Function: function, Request: request}})
		return
	}
	w.next++
	if answer, found := w.answers[w.ordinal()]; found {
		w.change(answer)
	} else if w.taped.AnswerCut != nil && leavesSandbox(function) {
		w.played.Unanswered, w.left = w.taped, true
		w.call.halt(fmt.Sprintf("the answer of call %d was cut when it was recorded: it had %d bytes", w.ordinal(), w.taped.AnswerCut.Bytes))
	}
}

// sameRequest reports whether a request is the one on the tape.
func (w *exact) sameRequest(function string, request json.RawMessage) bool {
	if cut := w.taped.RequestCut; cut != nil {
		return cutEqual(cut, request)
	}
	return bytes.Equal(w.taped.Request, w.masked(host.Call{Function: function, Request: request}).Request)
}

// sameAnswer reports whether an answer is the one on the tape. One of a masked recording
// has placeholders, as the played one has.
func (w *exact) sameAnswer(replayed host.Call) bool {
	if cut := w.taped.AnswerCut; cut != nil {
		return cutEqual(cut, replayed.Answer)
	}
	return bytes.Equal(w.masked(*w.taped).Answer, w.masked(replayed).Answer)
}

// cutEqual reports whether a message is the one that was cut. A masked recording has no
// digest of it, and placeholders of the same length as what they stand for.
func cutEqual(cut *host.Cut, played json.RawMessage) bool {
	sum := sha256.Sum256(played)
	return cut.Bytes == int64(len(played)) && (cut.SHA256 == nil || bytes.Equal(cut.SHA256, sum[:]))
}

// ordinal is the number of the call at hand.
func (w *exact) ordinal() int { return len(w.call.record.tape.Calls) }

// note returns what the recorded result notes about the call at hand, nil when that is
// nothing.
func (w *exact) note() *host.CallNote { return w.recorded.note(w.ordinal()) }

// change gives the call at hand an answer of the caller's. A request that is started gets
// it when it is waited for; and who names the wait means the request that it took.
func (w *exact) change(answer json.RawMessage) {
	var handle int64
	switch w.taped.Function {
	case "http_start":
		w.call.read(w.taped.Answer, &handle)
	case "http_wait":
		if a := w.call.readWait(w.taped.Answer); a != nil {
			handle = a.ID
		}
	default:
		taped := *w.taped
		taped.Answer = answer
		w.taped, w.changed = &taped, true
		return
	}
	if handle == 0 {
		w.played.Unanswered, w.left = w.taped, true
		w.call.halt(fmt.Sprintf("call %d waited in vain: give the answer to the request that it waited for", w.ordinal()))
	}
	if w.waiting == nil {
		w.waiting = map[int64]json.RawMessage{}
	}
	w.waiting[handle] = answer
}

// atEnd reports whether the recorded run made no more calls but those by which the rest
// of its standard output was logged after its end.
func (w *exact) atEnd() bool {
	rest := w.recorded.Tape.Calls[w.next:]
	flushes := 0
	for _, l := range []*lines{&w.call.entry.stdout, &w.call.entry.stderr} {
		if len(l.held) > 0 {
			flushes++
		}
	}
	if len(rest) > flushes {
		return false
	}
	for i := range rest {
		if rest[i].Function != "log_write" {
			return false
		}
	}
	return true
}

// endsUnanswered reports whether the recorded run was ended by the host in the call at
// hand, whose answer is not on the tape.
func (w *exact) endsUnanswered() bool {
	r := &w.recorded.Result
	return w.call.sandbox != nil && w.recorded.same(&w.call.run.Step) &&
		(r.Fault == host.FaultLimit || r.Fault == host.FaultHost) &&
		w.call.sandbox.Fuel() <= r.Stats.Fuel && w.call.spent.hostCalls <= w.hostCalls()
}

// hostCalls is how many calls the recorded run had made when its guest ended.
func (w *exact) hostCalls() int64 {
	return w.recorded.Result.Stats.HostCalls - int64(len(w.recorded.Tape.Calls)-w.next)
}

// end ends the run as the recorded one was ended.
func (w *exact) end() {
	r := &w.recorded.Result
	if note := w.note(); note != nil { // the call was done, and its answer did not fit
		w.call.record.notes = append(w.call.record.notes, *note)
		w.moveToLog()
	}
	w.ended = true
	w.call.sandbox.SetFuel(r.Stats.Fuel)
	w.call.sandbox.Stop(w.fault())
}

// moveToLog moves the clock to the time of the next line of the recorded log. It is for the
// call in which a run ended: its end is not on the tape, and what is logged after it shows it.
func (w *exact) moveToLog() {
	k, offset := &w.call.clock, w.call.clock.offset
	if logs, made := w.recorded.Result.Logs, len(w.call.record.logs); made < len(logs) {
		offset = logs[made].At.Sub(k.started)
	}
	k.moveTo(offset)
}

// madeAll reports whether the run has made every call that the recorded one made before
// its end, also the last one, which may have no answer.
func (w *exact) madeAll() bool {
	return w.atEnd() && len(w.call.record.tape.Calls) == w.next && w.call.spent.hostCalls >= w.hostCalls()
}

func (w *exact) fault() *sandbox.Fault {
	r := &w.recorded.Result
	f := &sandbox.Fault{Kind: r.Fault, Limit: r.Limit}
	if r.Error != nil {
		f.Message, f.Stack = r.Error.Message, r.Error.Stack
	}
	return f
}

// over ends the run where the recorded one was ended from outside.
func (w *exact) over(used int64) error {
	r := &w.recorded.Result
	if used < r.Stats.Fuel || !w.recorded.endedOutside() || !w.recorded.same(&w.call.run.Step) || !w.madeAll() {
		return nil
	}
	if r.Limit == "timeout_ms" {
		return context.DeadlineExceeded
	}
	w.ended = true
	return w.fault()
}

func (w *exact) send(httpRequest, *host.EgressFailure, int) (*host.HTTPResponse, *host.EgressFailure) {
	var a httpAnswer
	w.call.read(w.taped.Answer, &a)
	w.call.spent.httpRequests.Add(1)
	return w.outcome(&a)
}

func (w *exact) outcome(a *httpAnswer) (*host.HTTPResponse, *host.EgressFailure) {
	response, failure := a.outcome()
	note := w.note()
	switch {
	case note == nil || w.changed:
	case response != nil:
		response.Proxy = note.Proxy
	default:
		failure.Limit = w.recorded.Result.Limit
	}
	return response, failure
}

func (w *exact) fix() *host.Fix {
	if note := w.note(); note != nil && !w.changed {
		return note.Fix
	}
	return nil
}

func (w *exact) start(x *started, _ httpRequest, _ *host.EgressFailure, _ int) int64 {
	w.call.spent.httpRequests.Add(1)
	return w.call.http.requests.list(x)
}

func (w *exact) wait(time.Duration) *started {
	a := w.call.readWait(w.taped.Answer)
	if a == nil {
		return nil
	}
	requests := w.call.http.requests
	x, found := requests.started[a.ID]
	if !found {
		w.call.halt(fmt.Sprintf("the tape answers request %d in call %d, which is not under way", a.ID, w.ordinal()))
	}
	delete(requests.started, a.ID)
	if answer, found := w.waiting[a.ID]; found {
		*a.httpAnswer = httpAnswer{}
		w.call.read(answer, a.httpAnswer)
		w.changed = true
	}
	x.response, x.failure = w.outcome(a.httpAnswer)
	return x
}

func (w *exact) held() int { return int(w.taped.HeldBytes) }

func (w *exact) sleep(time.Duration) {}

func (w *exact) cached() json.RawMessage { return w.taped.Answer }

func (w *exact) drawn() json.RawMessage { return w.taped.Answer }

// cut ends work of the host that was cut short by the recorded run's deadline, with the
// fuel that it had used by then.
func (w *exact) cut() error {
	if note := w.note(); note == nil || note.Error != context.DeadlineExceeded.Error() || !w.recorded.same(&w.call.run.Step) {
		return nil
	}
	w.call.sandbox.SetFuel(w.recorded.Result.Stats.Fuel)
	return context.DeadlineExceeded
}

func (w *exact) pass(time.Duration) time.Duration {
	if w.taped == nil {
		w.moveToLog()
	} else {
		w.call.clock.moveTo(time.Duration(w.taped.EndMicros) * time.Microsecond)
	}
	if note := w.note(); note != nil {
		return time.Duration(note.TookMicros) * time.Microsecond
	}
	return 0
}

// leavesSandbox reports whether a function's answer comes from outside the run.
func leavesSandbox(function string) bool {
	switch function {
	case "http_send", "http_start", "http_wait", "clock_sleep", "cache_get", "cache_set", "cache_delete", "crypto_call":
		return true
	}
	return false
}

func (w *exact) answered(json.RawMessage) {
	c := w.call
	replayed := c.record.tape.Calls[len(c.record.tape.Calls)-1]
	w.copyOrigin()
	switch {
	case w.taped == nil:
		w.diverge(&Divergence{Part: PartCall, Ordinal: replayed.Ordinal, Replayed: &replayed})
		w.goVirtual()
	case w.changed:
		w.played.Changed = replayed.Ordinal
		w.goVirtual()
	case !w.sameAnswer(replayed) && (!w.recorded.Computed || replayed.Function != "crypto_call") || w.taped.EndMicros != replayed.EndMicros:
		w.diverge(&Divergence{Part: PartAnswer, Ordinal: replayed.Ordinal, Recorded: w.taped, Replayed: &replayed})
		w.goVirtual()
	}
}

// copyOrigin notes of the call at hand what is recorded of where its answer came from: an
// attempt can resume from an earlier one.
func (w *exact) copyOrigin() {
	if w.taped == nil || w.changed {
		return
	}
	call := &w.call.record.tape.Calls[w.ordinal()-1]
	call.Attempt, call.At = w.taped.Attempt, w.taped.At
	recorded := w.recorded.note(call.Ordinal)
	notes := w.call.record.notes
	if last := len(notes) - 1; recorded != nil && last >= 0 && notes[last].Ordinal == call.Ordinal {
		notes[last].FromAttempt = recorded.FromAttempt
	}
}

// masked returns a call as the recording has it.
func (w *exact) masked(c host.Call) host.Call {
	if w.recorded.Masker == nil {
		return c
	}
	return w.recorded.Masker.Call(c)
}

func (w *exact) diverge(d *Divergence) {
	if w.played.Divergence == nil {
		w.played.Divergence = d
	}
}

// leave leaves the tape at a call that is not on it.
func (w *exact) leave(d *Divergence) {
	w.diverge(d)
	w.goVirtual().ask(d.Replayed.Function, d.Replayed.Request)
}
