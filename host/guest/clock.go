package guest

import (
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// clock is the clock of a call's guest: it stands still while the guest
// computes, and moves when a host call returns.
type clock call

// Now implements sandbox.Clock.
func (c *clock) Now() time.Time {
	c.tape.Start = c.started
	return c.started.Add(c.offset)
}

// Elapsed implements sandbox.Clock.
func (c *clock) Elapsed() time.Duration { return c.offset }

// Sleep implements sandbox.Clock.
func (c *clock) Sleep(s *sandbox.Call, d time.Duration) { (*call)(c).sleep(s, d) }

type sleepRequest struct {
	Micros int64 `json:"us"`
}

func (sleepRequest) measure(m *measure) { m.bytes += structBytes }

// sleep waits d, or until the run's deadline. The guest's clock moves by at
// least what was slept.
func (c *call) sleep(s *sandbox.Call, d time.Duration) {
	d = max(d, 0)
	do(c, "clock_sleep", sleepRequest{d.Microseconds()}, func(note *host.CallNote) nothing {
		note.Target = d.String()
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			c.offset += d
		case <-s.Done():
		}
		return nothing{}
	})
}

// maxSleep keeps a number of milliseconds from the guest within a Duration.
const maxSleep = 24 * time.Hour

func clockSleep(s *sandbox.Call, c *call, stack []uint64) {
	millis := min(stack[0], uint64(maxSleep.Milliseconds()))
	c.sleep(s, time.Duration(millis)*time.Millisecond)
}
