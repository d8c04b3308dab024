package guest

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
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

// Logs never end a run: its work may be done. A line may take half of what is left of
// log_bytes, so that a long one leaves room for those after it, or all of it when that
// is little. What is over is cut, with a mark. A line without any room is dropped, and
// counted. The last line of the log reports what is missing.
const smallLogBytes = 4 << 10

// dropUnits is the fuel for a line that is dropped, besides a unit for each byte: it is
// no host call that counts, and a loop of them must end.
const dropUnits = 2_000

// missing is what the log lacks.
type missing struct {
	cut, dropped int64 // lines
	bytes        int64 // of both, before they were redacted
}

// log keeps a line, as much of it as there is room for.
func (c *call) log(level, message string) { c.logBegin(level, message, len(message)) }

// logBegin keeps a line of size bytes, of which begin has the first ones: all, or more
// than a line can be and than a secret that is cut.
func (c *call) logBegin(level, begin string, size int) {
	most := c.lineRoom()
	if most <= 0 {
		c.drop(1, size)
		return
	}
	message := strings.ToValidUTF8(c.wholeSecrets(begin, most), "\ufffd")
	cut := int64(size) > most || int64(len(message)) > most
	message = c.wholeSecrets(message, most)
	shown := c.redact(c.locate(message))
	if cut {
		shown += text.SizeMark(size)
	}
	if !c.hasRoom(message, shown) {
		c.drop(1, size)
		return
	}
	if cut {
		c.record.missing.cut++
		c.record.missing.bytes += int64(size - min(len(message), size))
	}
	c.record.logBytes += int64(len(message)) + logOverheadBytes
	do(c, "log_write", logRequest{level, message}, func(*host.CallNote) nothing {
		c.keepLog(host.Log{At: c.clock.now(), Level: level, Message: shown})
		return nothing{}
	})
}

// lineRoom returns how many bytes the next line may have; 0 or less: none is kept.
func (c *call) lineRoom() int64 {
	left := c.settings.Limits.LogBytes - c.record.logBytes - logOverheadBytes
	if c.spent.hostCalls >= c.settings.Limits.HostCalls {
		return 0
	}
	return max(left/2, min(left, smallLogBytes))
}

// hasRoom reports whether the run's record has room for a line, as it is on the tape and
// as it is shown. A quarter of the record is left to what is no log.
func (c *call) hasRoom(message, shown string) bool {
	room := c.room() - c.settings.Limits.RecordBytes/4
	const rest = callBytes + structBytes + logBytes
	if rest+int64(maxEscape*(len(message)+len(shown))) <= room {
		return true
	}
	return rest+escapedBytes(message)+escapedBytes(shown) <= room
}

// drop counts lines for which there is no room. They are no host calls, and are not on
// the tape: a run from a tape drops them by the same rules.
func (c *call) drop(lines int64, bytes int) {
	c.record.missing.dropped += lines
	c.record.missing.bytes += int64(bytes)
	if c.sandbox != nil {
		c.sandbox.Burn(dropUnits + int64(bytes))
	}
}

// logs returns the run's lines, and whether some are missing: then the last one says so.
func (c *call) logs() (lines []host.Log, cut bool) {
	m := c.record.missing
	if m == (missing{}) {
		return c.record.logs, false
	}
	return append(c.record.logs, host.Log{At: c.clock.now(), Level: "warn", Message: fmt.Sprintf(
		"(logs are missing: %d lines dropped, %d cut, %d bytes in all; limits: log_bytes %d, record_bytes %d)",
		m.dropped, m.cut, m.bytes, c.settings.Limits.LogBytes, c.settings.Limits.RecordBytes)}), true
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
	c.logBlock(s, "log_write", levels[min(int(uint32(stack[0])), len(levels)-1)], stack[1])
}

// beyondBytes is how much more of a line is copied than is kept, for the redactor to
// recognize a secret at its end.
const beyondBytes = 64 << 10

// logBlock keeps the line in the guest's block at offset. Of a long one, or one without
// room, the host copies no more than it keeps.
func (c *call) logBlock(s *sandbox.Call, function, level string, offset uint64) {
	size := s.Length(function, offset)
	room := c.lineRoom()
	if room <= 0 {
		c.drop(1, size)
		return
	}
	c.logBegin(level, string(s.Begin(function, offset, int(room)+beyondBytes)), size)
}

// lines turns a stream into log lines.
type lines struct {
	call  *call
	level string
	held  []byte
}

// maxLineBytes is where a line without end is broken.
const maxLineBytes = 64 << 10

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if len(l.held) == 0 && l.call.lineRoom() <= 0 { // without looking at each line
			l.call.drop(int64(bytes.Count(rest, []byte("\n"))), len(rest))
			break
		}
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

// flush logs what came without an end of line. It is for after the run.
func (l *lines) flush() {
	if len(l.held) > 0 {
		l.call.log(l.level, string(l.held))
	}
}
