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
	"github.com/usherhost/usher/host/wasmbin"
)

// outcome tells what a run came to, from the error that entering it gave.
func (c *Call) outcome(err error, start time.Duration) Outcome {
	out := Outcome{Start: start, Fuel: c.used(), MemoryBytes: c.exchange.size()}
	if c.instance != nil {
		out.MemoryBytes += c.instance.memoryBytes()
		out.Isolation = c.instance.isolation
	}
	out.Fault = c.explain(err)
	if out.Fault == nil {
		out.Output = append([]byte(nil), c.exchange.result()...)
	}
	return out
}

// explain turns what stopped a run into a fault that tells the guest's own
// message first.
func (c *Call) explain(err error) *Fault {
	said := guestError(c.exchange.said())
	if err == nil && said == "" {
		return nil
	}
	f := &Fault{Kind: host.FaultGuest, Message: said}
	if err != nil {
		f = c.classify(err)
	}
	f.GuestError = said
	if f.Kind == host.FaultGuest && c.starved() { // whatever it says: it failed when it got no more
		f.Kind, f.Limit, f.Message = host.FaultLimit, "memory_bytes", c.need().Message
	}
	switch {
	case said == "":
	case f.Kind == host.FaultGuest:
		f.Message = said
	default:
		f.Message += "; the guest had said: " + said
	}
	return f
}

// The bounds of what is told of a fault. A guest's error has parts, each of
// which its reader bounds again.
const (
	maxSaidBytes  = 128 << 10
	maxTrapBytes  = 16 << 10
	maxStackBytes = 16 << 10
)

// guestError returns what the guest set as a string. Of an error that is too long
// the rest is left out, with a mark that tells how long it was.
func guestError(b []byte) string {
	return strings.ToValidUTF8(text.Cut(b, maxSaidBytes), "\ufffd")
}

// starved tells whether the guest wanted more memory than it may have.
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
	code, exited := errors.AsType[exit](err)
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

// isHostPanic tells a panic of a host function from a trap of the guest.
func isHostPanic(err error) bool {
	_, ok := errors.AsType[runtime.Error](err)
	return ok || strings.Contains(err.Error(), " (recovered by wazero)\n")
}

// stackOf leaves out what the host put into the module: an author can do
// nothing with its frames.
func stackOf(err error) string {
	_, stack, _ := strings.Cut(err.Error(), "\nwasm stack trace:\n")
	var lines []string
	for line := range strings.SplitSeq(stack, "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, wasmbin.MeterModule+".") && !strings.HasPrefix(line, kernelFaults+".") {
			lines = append(lines, line)
		}
	}
	stack = strings.Join(lines, "\n")
	return text.Cut(stack, maxStackBytes)
}
