package guest

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// levels are the log levels by their number in log_write.
var levels = [...]string{"trace", "debug", "info", "warn", "error"}

// logOverheadBytes is what a line costs besides its text, so that empty lines
// are not free.
const logOverheadBytes = 32

type logRequest struct {
	Level   string `json:"level"`
	Message string `json:"message"`
}

func (q logRequest) measure(m *measure) {
	m.bytes += structBytes
	m.text(q.Message)
}

// log keeps one line. A line that goes over the limit is cut, and ends the run.
func (c *call) log(level, message string) {
	room := c.settings.Limits.LogBytes - c.record.logBytes - logOverheadBytes
	said := len(message)
	message = strings.ToValidUTF8(c.wholeSecrets(message, room), "\ufffd")
	over := int64(said) > room || int64(len(message)) > room
	message = c.wholeSecrets(message, room)
	c.record.logBytes += int64(len(message)) + logOverheadBytes
	do(c, "log_write", logRequest{level, message}, func(*host.CallNote) nothing {
		c.keepLog(host.Log{At: c.clock.now(), Level: level, Message: c.redact(c.locate(message))})
		return nothing{}
	})
	if over {
		c.record.logsCut = true
		panic(&sandbox.Fault{
			Kind: host.FaultLimit, Limit: "log_bytes",
			Message: fmt.Sprintf("wrote more than %d bytes of logs (limit %[1]d)", c.settings.Limits.LogBytes),
		})
	}
}

// begin returns the beginning of s that has so many bytes at most, whole
// characters, and whether something is missing.
func begin(s string, most int64) (string, bool) {
	if int64(len(s)) <= most {
		return s, false
	}
	end := max(most, 0)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], true
}

func logWrite(s *sandbox.Call, c *call, stack []uint64) {
	level := levels[min(int(uint32(stack[0])), len(levels)-1)]
	c.log(level, string(s.Bytes("log_write", stack[1])))
}

// lines turns a stream into log lines.
type lines struct {
	call  *call
	level string
	held  []byte
}

// maxLineBytes is where a line without end is broken.
const maxLineBytes = 64 << 10

// Write implements io.Writer. It ends the run when the logs are full.
func (l *lines) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		taken := rest[:min(len(rest), maxLineBytes-len(l.held))]
		i := bytes.IndexByte(taken, '\n')
		if i >= 0 {
			taken = taken[:i+1]
		}
		rest = rest[len(taken):]
		l.held = append(l.held, taken...)
		if i < 0 && len(l.held) < maxLineBytes {
			break
		}
		at := len(l.held)
		if i < 0 {
			at = l.breakAt()
		}
		line := string(bytes.TrimRight(l.held[:at], "\r\n"))
		l.held = l.held[:copy(l.held, l.held[at:])]
		l.call.log(l.level, line)
	}
	return len(p), nil
}

// maxSplitBytes is how much of the end of a broken line may be the beginning of
// a secret, in any form, that would not be recognized by its end alone.
const maxSplitBytes = 256

// breakAt returns where to break a line that has no end yet: not in a secret,
// nor in what may become one.
func (l *lines) breakAt() int {
	if at := len(l.call.wholeSecrets(string(l.held), int64(len(l.held)-maxSplitBytes))); at > 0 {
		return at
	}
	return len(l.held)
}

// flush logs what came without an end of line. It is for after the run: over
// the limit it drops the line.
func (l *lines) flush() {
	if len(l.held) == 0 {
		return
	}
	defer func() {
		if f := recover(); f != nil {
			if _, limit := f.(*sandbox.Fault); !limit {
				panic(f)
			}
			l.call.record.logsCut = true
		}
	}()
	l.call.log(l.level, string(l.held))
}
