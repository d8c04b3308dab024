package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// TestWhatTheHostHoldsForAGuestCountsAsItsMemory lets a host function hold 8 MiB
// at each call, until it returns and until the run ends.
func TestWhatTheHostHoldsForAGuestCountsAsItsMemory(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hold  func(*sandbox.Call)
		limit string
	}{
		"until it returns": {func(c *sandbox.Call) { c.Charge("a request", 8<<20) }, "fuel"},
		"and gives back":   {func(c *sandbox.Call) { c.Hold("an answer", 8<<20); c.Release(8 << 20) }, "fuel"},
		"until the end":    {func(c *sandbox.Call) { c.Hold("an answer", 8<<20) }, "memory_bytes"},
		"too much at once": {func(c *sandbox.Call) { c.Charge("a request", 32<<20) }, "memory_bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := functions()
			for i := range all {
				if all[i].Name == "config_get" {
					all[i].Run = func(c *sandbox.Call, stack []uint64) { tt.hold(c); stack[0] = 0 }
				}
			}
			s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: all})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			r := request("{}")
			r.Limits.Fuel = 100_000
			out := load(t, s, guests.Wasm("calls")).Run(t.Context(), r)
			if out.Fault == nil || out.Fault.Limit != tt.limit ||
				tt.limit == "memory_bytes" && !strings.Contains(out.Fault.Message, "the last of them for a") {
				t.Errorf("%+v", out.Fault)
			}
		})
	}
}
