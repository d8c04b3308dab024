package sandbox

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/sandbox/wasi"
	"github.com/usherhost/usher/host/wasmbin"
)

// outcome returns the result of a run whose entry returned err.
func (c *Call) outcome(err error, start time.Duration) Outcome {
	out := Outcome{Start: start, Fuel: c.used(), MemoryBytes: c.buffer.Size()}
	if c.instance != nil {
		out.MemoryBytes += c.instance.memoryBytes()
		out.Isolation = c.instance.isolation
	}
	out.Fault = c.explain(err)
	c.readStack(out.Fault)
	if out.Fault == nil {
		out.Output = append([]byte(nil), c.buffer.Output()...)
	}
	return out
}

// readStack gives a fault the stack of the guest's own language, if the guest was
// stopped and its memory has one. Otherwise it keeps the engine's.
func (c *Call) readStack(f *Fault) {
	if f == nil || c.request == nil || c.request.Watch == nil || f.Kind == host.FaultGuest && f.Trap == "" {
		return
	}
	if memory := c.linear(); memory != nil {
		if stack := c.request.Watch.Stack(memory); stack != "" {
			f.Stack = stack
		}
	}
}

// explain returns the fault of a run that err ended, nil when it succeeded. The
// guest's own error comes first in its message.
func (c *Call) explain(err error) *Fault {
	own := guestError(c.buffer.GuestError())
	if err == nil && own == "" {
		return nil
	}
	f := &Fault{Kind: host.FaultGuest, Message: own}
	if err != nil {
		f = c.classify(err)
	}
	f.GuestError = own
	if f.Kind == host.FaultGuest && c.starved() { // whatever its error is: it failed when it got no more memory
		f.Kind, f.Limit, f.Message = host.FaultLimit, "memory_bytes", c.need().Message
	}
	switch {
	case own == "":
	case f.Kind == host.FaultGuest:
		f.Message = own
	default:
		f.Message += "; the guest's error: " + own
	}
	return f
}

// The bounds of a fault's strings. A guest's error has parts, each of which its
// reader bounds again.
const (
	maxGuestErrorBytes = 128 << 10
	maxTrapBytes       = 16 << 10
	maxStackBytes      = 16 << 10
)

// guestError returns the error that the guest set as a string. One that is too long
// is cut, with a mark that says how long it was.
func guestError(b []byte) string {
	return strings.ToValidUTF8(text.Cut(b, maxGuestErrorBytes), "\ufffd")
}

// starved reports whether the guest needed more memory than it may have.
func (c *Call) starved() bool { return c.instance != nil && c.instance.starved() }

func (c *Call) classify(err error) *Fault {
	if c.fault != nil {
		c.fault.Stack = stackOf(err)
		return c.fault
	}
	if f, ok := errors.AsType[*Fault](err); ok { // from the caller's own functions
		f.Stack = stackOf(err)
		return f
	}
	message, _, _ := strings.Cut(err.Error(), "\nwasm stack trace:")
	message = strings.TrimPrefix(message, "wasm error: ")
	message = text.Cut(message, maxTrapBytes)
	code, exited := errors.AsType[wasi.Exit](err)
	switch {
	case strings.Contains(message, "stack overflow"):
		return c.tooDeep()
	case exited:
		return &Fault{Kind: host.FaultGuest, Message: fmt.Sprintf("the guest exited with code %d", code), Trap: "exit", Stack: stackOf(err)}
	case errors.Is(err, context.DeadlineExceeded):
		return &Fault{Kind: host.FaultLimit, Limit: "timeout_ms", Message: fmt.Sprintf("stopped after %d ms (limit %[1]d ms)", c.limits.TimeoutMillis)}
	case errors.Is(err, context.Canceled):
		return &Fault{Kind: host.FaultHost, Message: "the host is shutting down"}
	case c.starved():
		f := c.need()
		f.Trap, f.Stack = message, stackOf(err)
		return f
	case isHostPanic(err):
		return &Fault{Kind: host.FaultHost, Message: "a host function failed: " + message, Stack: stackOf(err)}
	}
	return &Fault{Kind: host.FaultGuest, Message: "trapped: " + message, Trap: message, Stack: stackOf(err)}
}

// isHostPanic reports whether err is a panic of a host function, not a trap of the
// guest.
func isHostPanic(err error) bool {
	_, ok := errors.AsType[runtime.Error](err)
	return ok || strings.Contains(err.Error(), " (recovered by wazero)\n")
}

// stackOf returns the guest's stack trace without the functions that the host added
// to the module.
func stackOf(err error) string {
	_, stack, _ := strings.Cut(err.Error(), "\nwasm stack trace:\n")
	var lines []string
	for line := range strings.SplitSeq(stack, "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, wasmbin.MeterModule+".") && !strings.HasPrefix(line, extism.FaultModule+".") {
			lines = append(lines, line)
		}
	}
	stack = strings.Join(lines, "\n")
	return text.Cut(stack, maxStackBytes)
}
