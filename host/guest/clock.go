package guest

import (
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// clock is the guest's. It moves when a host call returns, by the time that really
// passed, and between two looks at it without a host call, by the fuel that the guest
// used. The former is on the tape, the latter follows from it.
type clock struct {
	started time.Time     // what it showed when the run began
	began   time.Time     // when that was in truth
	offset  time.Duration // of the guest's time, from started
	spins   sandbox.Spins // the looks at it since the last host call
	read    bool          // the guest knows the time, so it is on the tape
}

// now is the guest's time, for the host.
func (k *clock) now() time.Time { return k.started.Add(k.offset) }

// start begins the clock now, with what it shall show; zero is the present.
func (k *clock) start(shows time.Time) {
	k.began = time.Now().UTC().Truncate(time.Microsecond)
	if k.started = shows; shows.IsZero() {
		k.started = k.began
	}
}

// advance moves the clock on by what really passed, after a host call.
func (k *clock) advance() { k.moveTo(time.Since(k.began)) }

// moveTo moves the clock after a host call, to an offset that is not behind it.
func (k *clock) moveTo(offset time.Duration) {
	k.offset = max(k.offset, offset)
	if rest := k.offset % time.Microsecond; rest > 0 { // up: it never goes back
		k.offset += time.Microsecond - rest
	}
	k.spins.Pause()
	k.read = true
}

// Now implements sandbox.Clock.
func (k *clock) Now(s *sandbox.Call) time.Time {
	k.read = true
	return k.started.Add(k.Elapsed(s))
}

// Elapsed implements sandbox.Clock.
func (k *clock) Elapsed(s *sandbox.Call) time.Duration {
	k.offset += k.spins.Look(s)
	return k.offset
}

// Sleep implements sandbox.Clock.
func (k *clock) Sleep(s *sandbox.Call, d time.Duration) { s.Host.(*call).sleep(s, d) }

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
		if c.world != nil {
			c.world.sleep(d)
			return nothing{}
		}
		if c.resumes.skipsSleep() {
			return nothing{}
		}
		timer := time.NewTimer(d)
		defer timer.Stop()
		s.Outside(func() {
			select {
			case <-timer.C:
				c.clock.offset += d
			case <-s.Done():
			}
		})
		return nothing{}
	})
}

// maxSleep keeps a number of milliseconds from the guest within a Duration.
const maxSleep = 24 * time.Hour

func clockSleep(s *sandbox.Call, c *call, stack []uint64) {
	millis := min(stack[0], uint64(maxSleep.Milliseconds()))
	c.sleep(s, time.Duration(millis)*time.Millisecond)
}
