package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// TestRecursionEndsWhereItsStackDoes runs a guest that calls itself for ever, in
// each isolation, with stacks of several sizes.
func TestRecursionEndsWhereItsStackDoes(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("recursion"))
	for _, memory := range []int64{1 << 20, 64 << 20, 1 << 30} {
		var first string
		for _, isolation := range isolations {
			r := request("{}")
			r.Isolation, r.Limits.MemoryBytes = isolation, memory
			began := time.Now()
			out := m.Run(t.Context(), r)
			if out.Fault == nil || out.Fault.Kind != host.FaultLimit || out.Fault.Limit != "memory_bytes" ||
				!strings.Contains(out.Fault.Message, "recursion is too deep: ") {
				t.Fatalf("%s, %d bytes: %+v", isolation, memory, out.Fault)
			}
			if first == "" {
				first = out.Fault.Message
				t.Log(time.Since(began), first)
			}
			if out.Fault.Message != first {
				t.Errorf("%s: %q, and first %q", isolation, out.Fault.Message, first)
			}
		}
	}
}
