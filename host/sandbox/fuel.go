package sandbox

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/usherhost/usher/host"
)

// Fuel. Rewritten code subtracts the cost of the worst-case path through each loop
// body and function from a global, and calls [Call.refuel] when that is below zero.
// So a guest returns to the host at least every fraction of a millisecond.

// quantum is how much fuel a guest gets at a time: enough for a fraction of a
// millisecond.
const quantum = 200_000

// meter gives a run its fuel in quanta.
type meter struct {
	budget  int64 // what the run may use in all
	granted int64
	quantum int64 // at a time
	sample  int64 // what is granted when the next sample is taken
}

func newMeter(r *Request) meter {
	m := meter{budget: r.Limits.Fuel, quantum: quantum, sample: math.MaxInt64}
	if r.Watch != nil && r.Interval > 0 {
		m.quantum, m.sample = min(quantum, r.Interval), r.Interval
	}
	return m
}

// sample lets the run's watch look at the guest's memory.
func (c *Call) sample() {
	c.meter.sample = c.meter.granted + c.request.Interval
	if memory := c.linear(); memory != nil && c.caller == c.instance.module {
		c.request.Watch.Sample(memory, c.used())
	}
}

// linear returns a view of the main module's memory, nil when there is none.
func (c *Call) linear() []byte {
	if c.instance == nil || c.instance.linear == nil {
		return nil
	}
	memory, _ := c.instance.linear.Read(0, c.instance.linear.Size())
	return memory
}

// fill gives the guest its first fuel.
func (c *Call) fill() {
	c.meter.granted = min(c.meter.quantum, c.meter.budget)
	c.instance.fuel.Set(uint64(c.meter.granted))
}

// used returns the fuel that the guest has used.
func (c *Call) used() int64 {
	if c.instance == nil {
		return 0
	}
	used := c.meter.granted - int64(c.instance.fuel.Get())
	for _, l := range c.instance.links {
		used -= int64(fuelOf(l).Get())
	}
	return used
}

// Fuel returns how much fuel the guest has used so far. It depends on the module and
// on what the guest got, not on the machine. It is for the run's goroutine.
func (c *Call) Fuel() int64 { return c.used() }

// Spins is the time of a guest that looks at its clock again and again without a call
// of the host in between: one nanosecond for each unit of fuel, about what the unit
// takes. So a loop that waits for a time to pass ends, and a guest still measures
// nothing but its own instructions. The zero value has no look behind it.
type Spins struct {
	last int64 // the fuel used at the last look
	seen bool  // there was one
}

// Look returns how long the guest has computed since the last look: zero for the first
// one, and for the first one after Pause.
func (s *Spins) Look(c *Call) time.Duration {
	used, last, seen := c.Fuel(), s.last, s.seen
	s.last, s.seen = used, true
	if !seen {
		return 0
	}
	return time.Duration(used - last)
}

// Pause forgets the last look, since time passed otherwise.
func (s *Spins) Pause() { s.seen = false }

// refuel is called by the guest when its fuel is used up. It ends a run whose
// deadline has passed or whose fuel limit is reached, and lets Go's scheduler and
// collector run.
func (c *Call) refuel() {
	now := time.Now()
	if err := c.expiredAt(now); err != nil {
		panic(err)
	}
	fuel := c.instance.fuel
	if c.caller != c.instance.module {
		fuel = fuelOf(c.caller)
	}
	c.holdStack()
	if c.meter.granted >= c.meter.sample {
		c.sample()
	}
	left := int64(fuel.Get())
	more := min(c.meter.quantum-left, c.meter.budget-c.meter.granted)
	if left+more < 0 {
		c.Stop(c.spent())
	}
	c.meter.granted += more
	fuel.Set(uint64(left + more))
	c.yield(now)
}

// overdrawn returns the fault of a run that ended with more fuel used than its
// limit: after its last loop and call no code checks that.
func (c *Call) overdrawn() error {
	if c.used() > c.meter.budget {
		return c.spent()
	}
	return nil
}

func (c *Call) spent() *Fault {
	return &Fault{Kind: host.FaultLimit, Limit: "fuel", Message: fmt.Sprintf(
		"used more than %d units of fuel (limit %[1]d)", c.meter.budget)}
}

// turn is how long a guest runs before it yields, while there are no more guests
// than processors.
const turn = 500 * time.Microsecond

// yield lets Go's scheduler run. That can wake a thread, which takes longer than a
// small run: with idle processors, short runs never do it. A run rests while others
// that come first are urgent, and those do not yield before half a millisecond.
func (c *Call) yield(now time.Time) {
	switch {
	case c.sandbox == nil:
	case c.request.Turn != nil:
		if now.Sub(c.yielded) < turn {
			return
		}
		c.request.Turn.Pass(now)
	case c.sandbox.runs.urged(now):
		time.Sleep(c.sandbox.runs.rest())
		c.yielded = time.Now()
		return
	}
	if c.sandbox == nil || c.sandbox.runs.crowded() || now.Sub(c.yielded) >= turn {
		runtime.Gosched()
		c.yielded = now
	}
}

// SetFuel sets how much fuel the guest has used, without ending the run. It is for a run
// that is played from a tape and ends here, as the recorded one did.
func (c *Call) SetFuel(used int64) {
	fuel := c.instance.fuel
	fuel.Set(uint64(int64(fuel.Get()) - (used - c.used())))
}

// Burn charges the run with units of fuel for the work of a host function: about
// one for each nanosecond, as for the guest's own instructions. When the fuel is
// used up, the run ends here and Burn does not return. It is for the run's
// goroutine, and should be called before the work.
func (c *Call) Burn(units int64) {
	if c.instance == nil || units <= 0 {
		return
	}
	units = min(units, c.meter.budget+1) // more than all of it makes no difference
	if c.request.Over != nil {
		if err := c.request.Over(c.used() + units - 1); err != nil {
			panic(err)
		}
	}
	fuel := c.instance.fuel
	fuel.Set(uint64(int64(fuel.Get()) - units)) // the next refuel makes up for it, or ends the run
	if err := c.overdrawn(); err != nil {
		c.Stop(c.spent())
	}
}
