package sandbox_test

import (
	"cmp"
	"context"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// TestBytesHeldForAGuestCountAsItsMemory lets a host function hold 8 MiB
// at each call, until it returns and until the run ends.
func TestBytesHeldForAGuestCountAsItsMemory(t *testing.T) {
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

// TestBytesKeptForARunCountAsTheHostsMemory lets a host function keep
// more than the run's memory_bytes, and then more than the host has.
func TestBytesKeptForARunCountAsTheHostsMemory(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		bytes int64
		fault string
	}{
		"more than the run may have":  {8 << 20, ""},
		"more than the host may have": {80 << 20, "of the host that all runs share"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := functions()
			var s *sandbox.Sandbox
			var held int64
			for i := range all {
				if all[i].Name == "config_get" {
					all[i].Run = func(c *sandbox.Call, stack []uint64) {
						c.Keep("a record", tt.bytes)
						held = max(held, s.Memory().HeldBytes)
						c.Stop(&sandbox.Fault{Kind: host.FaultGuest, Message: "kept"})
					}
				}
			}
			var err error
			if s, err = sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: all, MemoryBytes: 64 << 20}); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			r := request("{}")
			r.Limits.MemoryBytes = 4 << 20
			out := load(t, s, guests.Wasm("calls")).Run(t.Context(), r)
			if out.Fault == nil || !strings.Contains(out.Fault.Message, cmp.Or(tt.fault, "kept")) {
				t.Errorf("%+v", out.Fault)
			}
			if tt.fault == "" && held < tt.bytes {
				t.Errorf("the host's memory had %d bytes less", held)
			}
			if n := s.Memory().HeldBytes; n != 0 {
				t.Errorf("%d bytes are held after the run", n)
			}
		})
	}
}
