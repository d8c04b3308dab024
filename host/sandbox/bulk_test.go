package sandbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// TestLongBulkOperationsEndSoonAfterTheDeadline runs what does much with
// one instruction: fills and copies of 200 MiB, and a thousand values passed at
// once. The bound is generous, for a machine that has other work.
func TestLongBulkOperationsEndSoonAfterTheDeadline(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, name := range []string{"bulk", "wide", "widerecursion"} {
		m := load(t, s, guests.Wasm(name))
		soonest := time.Hour
		for range 5 {
			r := request("\xc8")
			r.Limits.MemoryBytes, r.Limits.Fuel, r.Limits.TimeoutMillis = 256<<20, 1<<50, 150
			began := time.Now()
			out := m.Run(t.Context(), r)
			late := time.Since(began) - 150*time.Millisecond
			soonest = min(soonest, late)
			if out.Fault == nil || out.Fault.Kind != host.FaultLimit || name != "widerecursion" && out.Fault.Limit != "timeout_ms" {
				t.Fatalf("%s: %+v", name, out.Fault)
			}
		}
		t.Logf("%s: %v late", name, soonest)
		if soonest > 250*time.Millisecond {
			t.Errorf("%s: %v late", name, soonest)
		}
	}
}

// TestTablesThatGrowCountAsMemory grows three tables of 720 KB where there is
// room for two besides the free MiB.
func TestTablesThatGrowCountAsMemory(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("tables"))
	for memory, want := range map[int64]byte{64 << 10: 1, 640 << 10: 2, 4 << 20: 3} {
		r := request("")
		r.Limits.MemoryBytes = memory
		out := m.Run(t.Context(), r)
		if out.Fault != nil || len(out.Output) != 1 || out.Output[0] != want {
			t.Errorf("with %d bytes: %v tables, want %d; fault %+v", memory, out.Output, want, out.Fault)
		}
	}
}

// TestTablesOfLinkedModulesCountAsMemory links modules with many tables, which
// would take 95 MB.
func TestTablesOfLinkedModulesCountAsMemory(t *testing.T) {
	t.Parallel()
	var links []extism.Link
	for n := range 8 {
		links = append(links, extism.Link{Name: fmt.Sprint("library ", n), Wasm: tables(15, 99_000)})
	}
	m := load(t, open(t), extism.Bundle(guests.Wasm("noop"), links))
	r := request("{}")
	r.Limits.MemoryBytes = 64 << 20
	if out := m.Run(t.Context(), r); out.Fault == nil || out.Fault.Limit != "memory_bytes" {
		t.Errorf("%+v", out.Fault)
	}
	r.Limits.MemoryBytes = 128 << 20
	if out := m.Run(t.Context(), r); out.Fault != nil {
		t.Errorf("with enough: %+v", out.Fault)
	}
}

// tables is a module with n tables.
func tables(n, elements int) []byte {
	body := []byte{byte(n)}
	for range n {
		body = append(body, 0x70, 0, byte(elements)|0x80, byte(elements>>7)|0x80, byte(elements>>14))
	}
	return append([]byte("\x00asm\x01\x00\x00\x00\x04"+string(rune(len(body)))), body...)
}
