package guest

import (
	"context"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/redact"
	"github.com/usherhost/usher/host/sandbox"
)

// call is one run in progress: what its host functions need and what they
// leave behind. It belongs to the run's goroutine.
type call struct {
	runner   *Runner
	sandbox  *sandbox.Call // nil until the guest calls its first host function
	ctx      context.Context
	run      Run
	settings host.Settings
	secrets  map[string]string
	cache    *Cache
	started  time.Time
	offset   time.Duration // of the guest's clock, from started

	redacts   *redact.Redactor // see redactor
	redacting bool             // redacts is made

	tape        host.Tape
	source      *mathrand.ChaCha8 // of random bytes; nil until the guest takes some
	record      record
	notes       []host.CallNote
	logs        []host.Log
	logBytes    int64
	logsCut     bool
	vars        map[string][]byte
	varBytes    int64
	answerBytes int // counted so far of answers that were not taken

	hostCalls    int64
	hostTime     time.Duration
	httpRequests atomic.Int64 // sent, or about to be
	reached      reached
	httpCalls    int
	requests     *requests   // nil until the guest starts one
	lastHTTP     *httpAnswer // of extism's http_request
	lastFailure  *host.EgressFailure
	retryAfter   time.Duration
	fix          *host.Fix

	request        sandbox.Request
	stdout, stderr lines
	buffer         []byte // for the input; it is used again
}

// calls are used again: a run leaves nothing in them but a buffer's room.
var calls = sync.Pool{New: func() any { return &call{} }}

// maxBufferBytes is the largest buffer that is kept for the next run.
const maxBufferBytes = 1 << 20

func (c *call) end() {
	buffer := c.buffer
	if cap(buffer) > maxBufferBytes {
		buffer = nil
	}
	clear(buffer[:cap(buffer)])
	*c = call{buffer: buffer[:0]}
	calls.Put(c)
}

// do is the one point that every host call passes. It counts the call against
// its limit, times it, moves the guest's clock and puts name, request, answer
// and time on the tape. Work may add to the note, which people see. What goes
// over the run's limits ends it: before work when the request does, after it
// when the answer does.
func do[A leaves](c *call, function string, request leaves, work func(note *host.CallNote) A) A {
	c.hostCalls++
	if limit := c.settings.Limits.HostCalls; c.hostCalls > limit {
		panic(&sandbox.Fault{
			Kind: host.FaultLimit, Limit: "host_calls",
			Message: fmt.Sprintf("called the host more than %d times (limit %[1]d), last %s", limit, function),
		})
	}
	c.leave(function, callBytes)
	asked := c.tapeOf(function, request)
	began := time.Now()
	note := host.CallNote{Ordinal: len(c.tape.Calls), Function: function}
	answer := work(&note)
	took := time.Since(began)
	c.hostTime += took
	c.offset = max(c.offset, time.Since(c.started)).Truncate(time.Microsecond)
	note.TookMicros = took.Microseconds()
	c.tape.Start = c.started
	if function != "log_write" {
		c.keepNote(note)
	}
	c.tape.Calls = append(c.tape.Calls, host.Call{
		Ordinal:   note.Ordinal,
		Function:  function,
		Request:   asked,
		Answer:    c.tapeOf(function, answer),
		EndMicros: c.offset.Microseconds(),
	})
	if c.sandbox != nil {
		c.sandbox.Check()
	}
	return answer
}

// nothing is the answer of calls that have none.
type nothing struct{}

func (nothing) measure(*measure) {}

// lastAnswer returns what the tape has of the last call's answer, for the guest
// to get the same.
func (c *call) lastAnswer() []byte { return c.tape.Calls[len(c.tape.Calls)-1].Answer }

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
	c.tape.Secrets = c.secrets
	b := append(c.buffer[:0], `{"event":`...)
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
	c.buffer = append(b, "}}"...)
	return c.buffer, nil
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

// blame writes into r whose fault a failure is, and what to do about it.
func (c *call) blame(r *host.Result, f *sandbox.Fault) {
	r.Fault, r.Limit = f.Kind, f.Limit
	failed := c.told(f)
	if f.Trap != "" && f.Trap != f.Message && !strings.Contains(f.Message, f.Trap) {
		failed.Stack = strings.TrimRight(f.Trap+"\n"+f.Stack, "\n")
	}
	if f.Kind == host.FaultGuest && c.lastFailure != nil {
		switch c.lastFailure.Code {
		case host.EgressRefused:
			r.Fault = host.FaultEgress
			failed.Fix = c.egressFix(c.lastFailure)
		case host.EgressLimit:
			r.Fault, r.Limit = host.FaultLimit, c.lastFailure.Limit
		}
	}
	if f.Kind == host.FaultGuest && f.Trap != "" {
		c.tellPanic(failed)
	}
	if r.Fault == host.FaultLimit {
		failed.Message += c.whereabouts()
		failed.Fix = c.limitFix(r.Limit)
	}
	failed.Name, failed.Code, failed.Fix = c.redact(failed.Name), c.redact(failed.Code), c.recordedFix(failed.Fix)
	failed.Message = c.redact(c.locate(c.cutOpen(failed.Message, maxSaidBytes)))
	failed.Stack = c.redact(c.locate(c.cutOpen(failed.Stack, maxSaidBytes)))
	c.keepError(failed)
	r.Error = failed
	r.RetryAfterMillis = c.retryAfter.Milliseconds()
}

// tellPanic puts what a crashing guest wrote to standard error before the
// trap that it ended in: there languages tell their panics.
func (c *call) tellPanic(failed *host.ResultError) {
	if !strings.HasPrefix(failed.Message, "trapped: ") && !strings.HasPrefix(failed.Message, "the guest exited ") {
		return
	}
	for _, l := range c.logs {
		if l.Level == "error" && (strings.HasPrefix(l.Message, "panic: ") || strings.HasPrefix(l.Message, "fatal error: ") || strings.Contains(l.Message, "panicked at")) {
			failed.Message = l.Message + " (" + failed.Message + ")"
			return
		}
	}
}

// whereabouts names the host call that took most of a run's time.
func (c *call) whereabouts() string {
	if len(c.notes) == 0 {
		return ""
	}
	last := c.notes[len(c.notes)-1]
	if last.TookMicros < c.settings.Limits.TimeoutMillis*1000/2 {
		return ""
	}
	return strings.TrimRight(" in "+last.Function+" "+last.Target, " ")
}
