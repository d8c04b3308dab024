package guest

import (
	"bytes"
	"fmt"
	"strings"

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

// log keeps one line. A line that goes over the limit is cut, and ends the run.
func (c *call) log(level, message string) {
	message = strings.ToValidUTF8(message, "\ufffd")
	room := c.settings.Limits.LogBytes - c.logBytes - logOverheadBytes
	over := int64(len(message)) > room
	if over {
		message = strings.ToValidUTF8(message[:max(room, 0)], "")
	}
	c.logBytes += int64(len(message)) + logOverheadBytes
	do(c, "log_write", logRequest{level, message}, func(*host.CallNote) struct{} {
		c.logs = append(c.logs, host.Log{At: c.started.Add(c.offset), Level: level, Message: c.mask(c.locate(message))})
		return struct{}{}
	})
	if over {
		panic(&sandbox.Fault{
			Fault: host.FaultLimit, Limit: "log_bytes",
			Message: fmt.Sprintf("wrote more than %d bytes of logs (limit %[1]d)", c.settings.Limits.LogBytes),
		})
	}
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
	l.held = append(l.held, p...)
	for {
		i := bytes.IndexByte(l.held, '\n')
		if i < 0 && len(l.held) < maxLineBytes {
			return len(p), nil
		}
		if i < 0 {
			i = len(l.held) - 1
		}
		line := string(bytes.TrimRight(l.held[:i+1], "\r\n"))
		l.held = l.held[i+1:]
		l.call.log(l.level, line)
	}
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
		}
	}()
	l.call.log(l.level, string(l.held))
}
