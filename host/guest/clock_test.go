package guest_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// TestALoopThatLooksAtTheClockSeesTheSameInEveryRun: how time passes for it follows from
// its fuel, so that the module and its tape determine the run, however it got its
// instance and however fast the machine is.
func TestALoopThatLooksAtTheClockSeesTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var first string
	for _, isolation := range []host.Isolation{host.IsolationReset, host.IsolationReset, host.IsolationFresh, host.IsolationPlain} {
		w.settings.Isolation = isolation
		result, tape := w.run(t, "spin")
		if !result.Succeeded || result.Stats.Isolation != isolation {
			t.Fatalf("%s as %s: %+v", isolation, result.Stats.Isolation, result.Error)
		}
		if first == "" {
			first = string(result.Output)
		}
		if string(result.Output) != first {
			t.Errorf("%s: it looked % x times, before % x", isolation, result.Output, first)
		}
		passed := time.Duration(binary.LittleEndian.Uint64(result.Output[16:]))
		if passed < 300*time.Millisecond || passed > 301*time.Millisecond {
			t.Errorf("%s: %v passed", isolation, passed)
		}
		if result.Stats.Fuel > 700_000_000 || len(tape.Calls) != 0 || tape.Start.IsZero() {
			t.Errorf("%s: %d units of fuel, %d calls, start %v", isolation, result.Stats.Fuel, len(tape.Calls), tape.Start)
		}
	}
}

// TestTheClockNeverGoesBack: a host call moves it to the present, unless it is ahead
// of that.
func TestTheClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, tape := w.run(t, "script",
		guests.Step{Function: "clock_sleep", Argument: guests.Word(2)},
		guests.Step{Function: "secret_get", Argument: "TOKEN"},
		guests.Step{Function: "log_write", Argument: "\x02line"})
	var last int64
	for _, call := range tape.Calls {
		if call.EndMicros < last {
			t.Errorf("%s ended %d us after the start, and the call before it %d", call.Function, call.EndMicros, last)
		}
		last = call.EndMicros
	}
	if last < 2000 {
		t.Errorf("%d us passed", last)
	}
}
