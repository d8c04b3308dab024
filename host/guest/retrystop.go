package guest

import (
	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// nonRetryable is the name of an error after which a step is not tried again.
const nonRetryable = "NonRetryable"

// stopRequest is what the tape has of retry_stop.
type stopRequest struct{}

func (stopRequest) measure(m *measure) { m.bytes += structBytes }

// retryStop notes that no further attempt would help if this one fails.
func retryStop(s *sandbox.Call, c *call, stack []uint64) {
	answer := do(c, "retry_stop", stopRequest{}, func(note *host.CallNote) *commandError {
		if t := c.run.Event.Trigger; t.Decides() {
			failed := &commandError{"trigger", "actions of " + string(t) + " have one attempt: retry_stop has no effect"}
			note.Error = failed.Message
			return failed
		}
		c.stopped = true
		return nil
	})
	stack[0] = 0
	if answer != nil {
		stack[0] = s.Put(encode(answer))
	}
}

// isFinal reports whether the run, which failed, said that no further attempt would help.
// What the host is to blame for says nothing about that.
func (c *call) isFinal(f *sandbox.Fault) bool {
	if f.Kind == host.FaultHost || c.run.Event.Trigger.Decides() {
		return false
	}
	if c.stopped {
		return true
	}
	said, parts := parseError(f.GuestError)
	return parts && f.Message == f.GuestError && (said.Name == nonRetryable || said.NonRetryable)
}
