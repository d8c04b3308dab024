package guest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/sandbox"
)

// A run's record goes to the store: the tape, and the result with its calls, logs,
// error and output. A guest decides how much that is, so all of it is counted here,
// as the JSON that it becomes, before it is encoded. Names are limited to some
// hundred bytes where they are read, since no honest one is longer, and errors are
// cut.

// The bounds of what a guest passes besides bodies, which have limits.
const (
	maxNameBytes   = 512      // of a secret, a key of the cache, a configuration value or a variable
	maxMethodBytes = 64       // of a request
	maxURLBytes    = 16 << 10 // of a request
	maxHeaderBytes = 64 << 10 // of a request: names and values
	maxSaidBytes   = 64 << 10 // of an error before it is redacted; package sandbox passes more on
	maxErrorBytes  = 16 << 10 // of an error's message, and of its stack
	maxCodeBytes   = 256      // of an error's name, and of its code
	maxNoteBytes   = 1 << 10  // of each text in a call's note
	minErrorBytes  = 1 << 10  // of an error however little room is left
)

// callBytes is what a call costs besides its strings: the rest of its note and
// of its place on the tape.
const callBytes = 160

// logBytes is what a log line costs besides its text.
const logBytes = 80

// record is what a run leaves behind, and how much that is. It is for the run's
// goroutine.
type record struct {
	tape     host.Tape
	notes    []host.CallNote
	logs     []host.Log
	logBytes int64
	missing  missing // of the logs

	kept int // calls that were handed over while the run goes on

	used int64 // bytes of all of it
	held int64 // of that, counted as memory of the host
}

// tape returns what the run got from outside.
func (c *call) tape() host.Tape {
	tape := c.record.tape
	tape.Seed = c.random.taken()
	if c.clock.read {
		tape.Start = c.clock.started
	}
	if c.settings.Limits != (host.Limits{}) { // the run came as far as to have some
		settings := c.settings
		tape.Settings = &settings
	}
	tape.UserMetadataBytes, tape.AppMetadataBytes = c.run.UserMetadataBytes, c.run.AppMetadataBytes
	return tape
}

// room returns how many bytes the run may still leave behind.
func (c *call) room() int64 { return c.settings.Limits.RecordBytes - c.record.used }

// leave counts bytes. What does not fit ends the run, in the name of the host
// function that would leave them.
func (c *call) leave(function string, bytes int64) {
	if bytes > c.room() {
		panic(c.overRecord(function))
	}
	c.record.used += bytes
	if c.sandbox != nil { // until the run's end it is in the host's memory
		c.sandbox.Keep("what the run leaves", c.record.used-c.record.held)
		c.record.held = c.record.used
	}
}

func (c *call) overRecord(function string) *sandbox.Fault {
	return &sandbox.Fault{
		Kind: host.FaultLimit, Limit: "record_bytes",
		Message: fmt.Sprintf("left more than %d bytes of calls, answers, logs and output to be kept (limit %[1]d), last %s",
			c.settings.Limits.RecordBytes, function),
	}
}

// leaves is a request or an answer: what a call leaves on the tape.
type leaves interface {
	measure(m *measure)
}

// tapeOf returns v as the tape has it, and counts it.
func (c *call) tapeOf(function string, v leaves) []byte {
	var m measure
	v.measure(&m)
	if m.bytes > c.room() { // it may be less in truth, and must not be encoded to find out
		m = measure{exact: true}
		v.measure(&m)
		if m.bytes > c.room() {
			panic(c.overRecord(function))
		}
	}
	var b []byte
	if long, ok := v.(interface{ encode(check func()) []byte }); ok && m.bytes > shortBytes {
		b = long.encode(c.sandbox.Check)
	} else {
		b = encode(v)
	}
	c.leave(function, int64(len(b)))
	return b
}

// measure adds up how long something is in JSON. Unless it is exact, each byte
// of a string counts as the longest escape: so nothing is looked at.
type measure struct {
	bytes int64
	exact bool
}

// structBytes is more than the names of fields and the numbers in a message.
const structBytes = 160

// text counts a string with its quotes and what divides it from the next.
func (m *measure) text(s string) {
	m.bytes += 3
	if m.exact {
		m.bytes += escapedBytes(s)
	} else {
		m.bytes += int64(maxEscape * len(s))
	}
}

// base64 counts bytes, which are a string of base64 in JSON.
func (m *measure) base64(b []byte) {
	m.bytes += 3 + int64(base64.StdEncoding.EncodedLen(len(b)))
}

// maxEscape is the length of "\u0000".
const maxEscape = 6

// escapes are how long the characters of ASCII are in JSON.
var escapes = func() (lengths [utf8.RuneSelf]uint8) {
	for c := range lengths {
		switch {
		case strings.ContainsRune("\"\\\b\f\n\r\t", rune(c)):
			lengths[c] = 2
		case c < ' ' || strings.ContainsRune("<>&", rune(c)):
			lengths[c] = maxEscape
		default:
			lengths[c] = 1
		}
	}
	return lengths
}()

// escapedBytes returns how long s is in a JSON string, as encoding/json writes
// it.
func escapedBytes(s string) (n int64) {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			n += int64(escapes[s[i]])
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
			n += maxEscape
		} else {
			n += int64(size)
		}
		i += size
	}
	return n
}

// name reads a name, which ends the run when it is longer than any honest one.
func (c *call) name(s *sandbox.Call, function string, offset uint64) string {
	if n := s.Length(function, offset); n > maxNameBytes {
		panic(&sandbox.Fault{
			Kind: host.FaultLimit, Limit: "name_bytes",
			Message: fmt.Sprintf("%s: the name has %d bytes (limit %d)", function, n, maxNameBytes),
		})
	}
	return string(s.Bytes(function, offset))
}

// cutOpen is [text.Cut] for what is not redacted yet: no secret is cut in two, whose
// half would be shown.
func (c *call) cutOpen(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return c.wholeSecrets(s, int64(most)) + text.CutMark(s)
}

// keepNote keeps what people see of a call, and counts it. Of a log line they see
// the line.
func (c *call) keepNote(n host.CallNote) {
	if n.Function == "log_write" {
		return
	}
	n = c.redactNote(n)
	n.Target, n.Error = text.Cut(n.Target, maxNoteBytes), text.Cut(n.Error, maxNoteBytes)
	n.Body = text.Cut(n.Body, maxFailedBytes)
	c.record.notes = append(c.record.notes, n)
	m := measure{exact: true}
	m.text(n.Target)
	m.text(n.Error)
	if n.Body != "" {
		m.text(n.Body)
	}
	m.fix(n.Fix)
	c.leave(n.Function, m.bytes)
}

// keepLog keeps a line of the log, and counts it.
func (c *call) keepLog(l host.Log) {
	m := measure{bytes: logBytes, exact: true}
	m.text(l.Message)
	c.leave("log_write", m.bytes)
	c.record.logs = append(c.record.logs, l)
}

// keepOutput returns the output to keep. One that does not fit is dropped, and
// the run has failed.
func (c *call) keepOutput(out *sandbox.Outcome) []byte {
	if out.Fault != nil {
		return nil
	}
	output := c.output(out.Output)
	var m measure
	m.base64(output)
	if m.bytes > c.room() {
		out.Fault = c.overRecord("output_set")
		return nil
	}
	c.record.used += m.bytes
	return output
}

// keepError cuts an error. It is recorded in any case: with little room left, a
// short part of it.
func (c *call) keepError(e *host.ResultError) {
	most := int(min(max(c.room()/(4*maxEscape), minErrorBytes), maxErrorBytes))
	e.Name, e.Code = text.Cut(e.Name, maxCodeBytes), text.Cut(e.Code, maxCodeBytes)
	e.Message, e.Stack = text.Cut(e.Message, most), text.Cut(e.Stack, most)
	m := measure{exact: true}
	for _, s := range []string{e.Name, e.Code, e.Message, e.Stack} {
		m.text(s)
	}
	m.fix(e.Fix)
	c.record.used += m.bytes
}
