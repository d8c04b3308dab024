package sandbox_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// TestOverwrittenFreeListsLeaveNothingForTheNextRun makes a guest write behind
// the blocks of its buffer, where a pooled instance is not cleared.
func TestOverwrittenFreeListsLeaveNothingForTheNextRun(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, what := range []string{"\x01", "\x02"} {
		m := load(t, s, guests.Wasm("keptkernel"))
		for range 2 { // the first makes the instance
			_ = m.Run(t.Context(), request(what))
			out := m.Run(t.Context(), request("\x00"))
			if out.Fault != nil || out.Isolation != host.IsolationReset || len(out.Output) != 400_000 {
				t.Fatalf("%q: fault %v, %s, %d bytes", what, out.Fault, out.Isolation, len(out.Output))
			}
			if at := bytes.IndexFunc(out.Output, func(r rune) bool { return r != 0 }); at >= 0 {
				t.Errorf("%q: the next run finds %x at %d", what, out.Output[at:at+8], at)
			}
		}
	}
}

// TestSlowHostFunctionsHoldTheDeadline calls, in a loop, what takes the host
// long and the guest little.
func TestSlowHostFunctionsHoldTheDeadline(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("slowcalls"))
	for _, isolation := range isolations {
		for what, name := range map[byte]string{1: "fd_write", 2: "random_get", 3: "alloc"} {
			t.Run(fmt.Sprint(isolation, " ", name), func(t *testing.T) {
				r := request(string([]byte{what}))
				r.Isolation = isolation
				r.Limits.Fuel, r.Limits.MemoryBytes, r.Limits.TimeoutMillis = 1<<50, 128<<20, 100
				r.Random = zeros{}
				began := time.Now()
				out := m.Run(t.Context(), r)
				if took := time.Since(began); took > time.Minute || out.Fault == nil || out.Fault.Limit != "timeout_ms" {
					t.Errorf("took %v, fault %+v", took, out.Fault)
				}
			})
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestAMemoryOfNoPageGrowsInEveryIsolation(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("nomemory"))
	for _, isolation := range append([]host.Isolation{""}, isolations...) {
		r := request("{}")
		r.Isolation = isolation
		if out := m.Run(t.Context(), r); out.Fault != nil {
			t.Errorf("%q: %v", isolation, out.Fault)
		}
	}
}

// TestLinkedModulesCanNotTakeTheHostsPlace links a module under a name that
// only rewritten code imports from.
func TestLinkedModulesCanNotTakeTheHostsPlace(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, name := range []string{"usher:meter/v1", "usher:kernel/v1", "usher:kernel/host"} {
		wasm := extism.Bundle(guests.Wasm("noop"), []extism.Link{{Name: name, Wasm: guests.Wasm("norefill")}})
		in, _, err := s.Inspect(t.Context(), wasm, entry)
		if err != nil || len(in.Problems) == 0 || !strings.Contains(in.Problems[0].Detail, "which is taken") {
			t.Errorf("%s: %+v, %v", name, in.Problems, err)
		}
		if m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil }); err == nil {
			m.Release()
			t.Errorf("%s: it is admitted", name)
		}
	}
}

func TestFewModulesCanBeLinked(t *testing.T) {
	t.Parallel()
	var links []extism.Link
	for n := range 100 {
		links = append(links, extism.Link{Name: fmt.Sprint("library ", n), Wasm: guests.Wasm("norefill")})
	}
	in, _, err := open(t).Inspect(t.Context(), extism.Bundle(guests.Wasm("noop"), links), entry)
	if err != nil || len(in.Problems) == 0 || !strings.Contains(in.Problems[0].Detail, "links more than") {
		t.Errorf("%+v, %v", in.Problems, err)
	}
}

// TestLinkedModulesShareTheMemoryLimit links libraries that begin with 64 KiB
// each, more than the run may have together.
func TestLinkedModulesShareTheMemoryLimit(t *testing.T) {
	t.Parallel()
	var links []extism.Link
	for n := range 8 {
		links = append(links, extism.Link{Name: fmt.Sprint("library ", n), Wasm: guests.Wasm("linklib")})
	}
	m := load(t, open(t), extism.Bundle(guests.Wasm("noop"), links))
	r := request("{}")
	r.Limits.MemoryBytes = 4 << 16
	if out := m.Run(t.Context(), r); out.Fault == nil || out.Fault.Limit != "memory_bytes" {
		t.Errorf("with half of the memory: %+v", out.Fault)
	}
	r.Limits.MemoryBytes = 16 << 16
	if out := m.Run(t.Context(), r); out.Fault != nil || out.MemoryBytes < 8<<16 {
		t.Errorf("with enough: %d bytes, %+v", out.MemoryBytes, out.Fault)
	}
}
