package guest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// call is one run in progress: what its host functions need and what they
// leave behind. It belongs to the run's goroutine.
//
// It and its [sandbox.Call] point at each other while the guest runs: a host
// function finds its run by Call.Host, and the run reaches the guest's memory,
// its deadline and its budget of memory by sandbox.
type call struct {
	runner   *Runner
	ctx      context.Context
	run      Run
	settings host.Settings     // the step's, over the defaults
	secrets  map[string]string // the action's
	cache    *Cache
	world    world         // in which the run is played; nil: it is live
	resumes  *resuming     // how it resumes from earlier attempts; nil: it starts afresh
	sandbox  *sandbox.Call // nil until the guest calls its first host function, and after its end

	entry     entry
	clock     clock
	random    random
	spent     spent
	record    record
	redaction redaction
	http      exchanges
	vars      variables
	hot       hot
	profiled  *profile // set while the run is profiled
	commands  commands
	stopped   bool      // it has called retry_stop
	unset     []string  // the secrets that the guest has read and that are not set
	fix       *host.Fix // what helps against the fault of this run, once it is known
}

// entry is what the guest is entered with.
type entry struct {
	request        sandbox.Request
	stdout, stderr lines
	buffer         []byte // for the input; later runs use it again
}

// spent is what the run has used of its limits, besides its record.
type spent struct {
	hostCalls    int64
	hostTime     time.Duration
	httpCalls    int          // of http_send and http_start
	httpRequests atomic.Int64 // sent, or about to be
}

// exchanges are the run's HTTP requests and what the last of them came to.
type exchanges struct {
	requests    *requests // under way or answered; nil until the guest starts one
	answerBytes int       // of answers that were not taken, counted so far
	contacted   contacted
	last        *httpAnswer // of extism's http_request
	failure     *host.EgressFailure
	failureFix  *host.Fix // of a run that is played: what helps against the failure, where that is not known from it
	retryAfter  time.Duration
}

// variables are Extism's, which live as long as the run.
type variables struct {
	values map[string][]byte
	bytes  int64
}

// calls are used again: a run leaves nothing in them but a buffer's room.
var calls = sync.Pool{New: func() any { return &call{} }}

// maxBufferBytes is the largest buffer that is pooled for the next run.
const maxBufferBytes = 1 << 20

func (c *call) end() {
	buffer := c.entry.buffer
	if cap(buffer) > maxBufferBytes {
		buffer = nil
	}
	clear(buffer[:cap(buffer)])
	*c = call{entry: entry{buffer: buffer[:0]}}
	calls.Put(c)
}

// do is the one point that every host call passes. Work does the call, and may
// add to the note, which people see. What goes over the run's limits ends it:
// before work when the request does, after it when the answer does.
func do[A leaves](c *call, function string, request leaves, work func(note *host.CallNote) A) A {
	c.countCall(function)
	asked := c.tapeOf(function, request)
	note := host.CallNote{Ordinal: len(c.record.tape.Calls), Function: function}
	switch {
	case c.world != nil:
		c.world.ask(function, asked)
	case c.resumes != nil:
		c.resumes.ask(function, asked)
	}
	began := time.Now()
	answer := work(&note)
	took := time.Since(began)
	c.spent.hostTime += took
	switch {
	case c.world != nil:
		took = c.world.pass(took)
	case c.resumes != nil:
		c.resumes.pass(&c.clock)
	default:
		c.clock.advance()
	}
	note.TookMicros = took.Microseconds()
	c.keepNote(note)
	answered := c.tapeOf(function, answer)
	c.keepCall(note, asked, answered)
	if c.world != nil {
		c.world.answered(answered)
	}
	c.checkDeadline()
	return answer
}

// countCall counts a call against its limit.
func (c *call) countCall(function string) {
	c.spent.hostCalls++
	if limit := c.settings.Limits.HostCalls; c.spent.hostCalls > limit {
		panic(&sandbox.Fault{
			Kind: host.FaultLimit, Limit: "host_calls",
			Message: fmt.Sprintf("called the host more than %d times (limit %[1]d), last %s", limit, function),
		})
	}
	c.leave(function, callBytes)
}

// keepCall puts a call on the tape.
func (c *call) keepCall(note host.CallNote, asked, answered json.RawMessage) {
	call := host.Call{
		Ordinal:   note.Ordinal,
		Function:  note.Function,
		Request:   asked,
		Answer:    answered,
		EndMicros: c.clock.offset.Microseconds(),
		Attempt:   note.FromAttempt,
	}
	if c.resumes != nil {
		call.At = c.resumes.at
	}
	if note.Function == "http_start" || note.Function == "http_wait" {
		call.HeldBytes = int64(c.http.answerBytes)
	}
	c.record.tape.Calls = append(c.record.tape.Calls, call)
}

// checkDeadline ends a run whose time is over.
func (c *call) checkDeadline() {
	if c.sandbox != nil {
		c.sandbox.Check()
	}
}

// nothing is the answer of calls that have none.
type nothing struct{}

func (nothing) measure(*measure) {}

// lastAnswer returns what the tape has of the last call's answer, for the guest
// to get the same.
func (c *call) lastAnswer() []byte { return c.record.tape.Calls[len(c.record.tape.Calls)-1].Answer }

// encode returns v in JSON; what passes here always has a JSON form.
func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("encode a host call: %w", err))
	}
	return b
}

// input composes what the guest reads: the sender's event, in the types of its
// contract, with the action's secrets, and where it runs.
func (c *call) input() ([]byte, error) {
	event, err := eventOf(c.run.Event)
	if err != nil {
		return nil, err
	}
	c.record.tape.Secrets = c.secrets
	b := append(c.entry.buffer[:0], `{"event":`...)
	b = append(b, event[:len(event)-1]...) // all but the closing brace
	if len(event) > 2 {
		b = append(b, ',')
	}
	b = append(b, `"configuration":{},"secrets":`...)
	if len(c.secrets) == 0 {
		b = append(b, "{}"...)
	} else {
		b = append(b, encode(c.secrets)...)
	}
	b = appendText(append(b, `},"execution":{"id":`...), c.run.ExecutionID)
	b = appendText(append(b, `,"action":`...), c.run.Step.Action)
	b = strconv.AppendInt(append(b, `,"version":`...), int64(c.run.Step.Number), 10)
	b = appendText(append(b, `,"binding_id":`...), c.run.Step.BindingID)
	b = strconv.AppendInt(append(b, `,"attempt":`...), int64(c.run.Attempt), 10)
	b = strconv.AppendInt(append(b, `,"timeout_ms":`...), c.settings.Limits.TimeoutMillis, 10)
	if e := c.settings.Egress; !e.Proxy.IsZero() || len(e.ClientCertificates) > 0 {
		b = appendRoute(b, e)
	}
	c.entry.buffer = append(b, "}}"...)
	return c.entry.buffer, nil
}

// appendRoute appends what the guest may know of the way that its requests take: the
// proxy without its user, and the names of secrets. Code that sets the same is right.
func appendRoute(b []byte, e host.Egress) []byte {
	if proxy, problem := host.ParseProxy(e.Proxy.URL); problem == "" {
		b = appendText(append(b, `,"proxy":`...), proxy)
	}
	if len(e.ClientCertificates) > 0 {
		b = append(append(b, `,"client_certificates":`...), encode(e.ClientCertificates)...)
	}
	return b
}

// appendText appends s as JSON.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, encode(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// blame writes into r the cause of a failure, and what to do about it.
func (c *call) blame(r *host.Result, f *sandbox.Fault) {
	r.Fault, r.Limit = f.Kind, f.Limit
	failed := c.errorOf(f)
	if f.Trap != "" && f.Trap != f.Message && !strings.Contains(f.Message, f.Trap) {
		failed.Stack = strings.TrimRight(f.Trap+"\n"+f.Stack, "\n")
	}
	if f.Kind == host.FaultGuest && c.http.failure != nil {
		switch c.http.failure.Code {
		case host.EgressRefused:
			r.Fault = host.FaultEgress
			failed.Fix = cmp.Or(c.egressFix(c.http.failure), c.http.failureFix)
		case host.EgressLimit:
			r.Fault, r.Limit = host.FaultLimit, c.http.failure.Limit
		}
	}
	if f.Kind == host.FaultGuest && f.Trap != "" {
		c.addPanic(failed)
	}
	if r.Fault == host.FaultLimit {
		failed.Message += c.whereabouts()
		if r.Limit == "fuel" {
			failed.Message += c.heaviest()
		}
		failed.Fix = c.limitFix(r.Limit)
	}
	if r.Fault == host.FaultGuest && failed.Fix == nil {
		c.blameUnset(failed)
		c.blameMissing(failed)
	}
	failed.Name, failed.Code, failed.Fix = c.redact(failed.Name), c.redact(failed.Code), c.recordedFix(failed.Fix)
	failed.Message = c.redact(c.locate(c.cutOpen(failed.Message, maxSaidBytes)))
	failed.Stack = c.redact(c.locate(c.cutOpen(failed.Stack, maxSaidBytes)))
	c.keepError(failed)
	r.Error = failed
	r.RetryAfterMillis = c.http.retryAfter.Milliseconds()
	r.NonRetryable = c.isFinal(f)
}

// addPanic puts what a crashing guest wrote to standard error before the
// trap that it ended in: that is where languages report their panics.
func (c *call) addPanic(failed *host.ResultError) {
	if !strings.HasPrefix(failed.Message, "trapped: ") && !strings.HasPrefix(failed.Message, "the guest exited ") {
		return
	}
	for _, l := range c.record.logs {
		if l.Level == "error" && (strings.HasPrefix(l.Message, "panic: ") || strings.HasPrefix(l.Message, "fatal error: ") || strings.Contains(l.Message, "panicked at")) {
			failed.Message = l.Message + " (" + failed.Message + ")"
			return
		}
	}
}

// whereabouts names the host call that took most of a run's time.
func (c *call) whereabouts() string {
	if len(c.record.notes) == 0 {
		return ""
	}
	last := c.record.notes[len(c.record.notes)-1]
	if last.TookMicros < c.settings.Limits.TimeoutMillis*1000/2 {
		return ""
	}
	return strings.TrimRight(" in "+last.Function+" "+last.Target, " ")
}
