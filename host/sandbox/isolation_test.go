package sandbox_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

var isolations = []host.Isolation{host.IsolationReset, host.IsolationFresh, host.IsolationPlain}

// TestNoRunFindsWhatAnotherLeft fills memory, globals and the buffer with a mark in one run and looks for it in the next, however the first one ended.
func TestNoRunFindsWhatAnotherLeft(t *testing.T) {
	t.Parallel()
	ends := map[byte]string{1: "", 2: "guest", 3: "guest", 4: "limit", 5: ""}
	for n, m := range alikes(t, open(t)) {
		for _, isolation := range isolations {
			for what, fault := range ends {
				t.Run(fmt.Sprint(isolation, " ", what, " ", n), func(t *testing.T) {
					t.Parallel()
					markAndLook(t, m, isolation, what, fault)
				})
			}
		}
	}
}

// alikes are modules with the same code whose images are nearly the same: the
// second is stored as a delta from the first.
func alikes(t *testing.T, s *sandbox.Sandbox) []*sandbox.Module {
	t.Helper()
	one := guests.Wasm("marker")
	other := bytes.Replace(one, []byte("what every run begins with"), []byte("what every run begins WITH"), 1)
	return []*sandbox.Module{load(t, s, one), load(t, s, other)}
}

func markAndLook(t *testing.T, m *sandbox.Module, isolation host.Isolation, what byte, fault string) {
	for n := range 4 {
		r := request(string([]byte{what}))
		r.Isolation = isolation
		if fault == "limit" {
			r.Limits.TimeoutMillis = 300
		}
		if n%2 == 1 { // by spent fuel as well as by time
			r.Limits.Fuel = 3_000_000
		}
		out := m.Run(t.Context(), r)
		if got := faultOf(out); got != fault {
			t.Fatalf("marking ended with fault %q, want %q: %v", got, fault, out.Fault)
		}
		r = request("\x00")
		r.Isolation = isolation
		r.Limits.TimeoutMillis = 60_000
		out = m.Run(t.Context(), r)
		if out.Fault != nil || out.Isolation != isolation || len(out.Output) > 0 {
			t.Fatalf("a mark is left (%s): %v, output %q", out.Isolation, out.Fault, out.Output)
		}
	}
}

func faultOf(out sandbox.Outcome) string {
	if out.Fault == nil {
		return ""
	}
	return string(out.Fault.Kind)
}

func TestConcurrentRunsAreIsolated(t *testing.T) {
	t.Parallel()
	modules := alikes(t, open(t))
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for n := range 6 {
				m := modules[n/2%2]                       // mark and look in one, then in the other
				r := request(string([]byte{byte(n % 2)})) // mark, look, mark, …
				r.Isolation = isolations[g%len(isolations)]
				r.Limits.TimeoutMillis = 60_000
				if out := m.Run(t.Context(), r); out.Fault != nil {
					t.Errorf("goroutine %d, run %d: %v", g, n, out.Fault)
				}
			}
		})
	}
	wait.Wait()
}

func TestARunBeginsWithTheModuleAsItInitialisedItself(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("init"))
	for isolation, want := range map[host.Isolation]uint64{
		host.IsolationReset: 10_101, // initialised, warmed up, and run once
		host.IsolationFresh: 10_101,
		host.IsolationPlain: 10_001,
	} {
		for range 3 {
			r := request("{}")
			r.Isolation = isolation
			out := m.Run(t.Context(), r)
			if out.Fault != nil || binary.LittleEndian.Uint64(out.Output) != want {
				t.Errorf("%s: counted %v, want %d, fault %v", isolation, out.Output, want, out.Fault)
			}
		}
	}
}

func TestANonDeterministicInitialisationGetsNoSnapshot(t *testing.T) {
	t.Parallel()
	s := open(t)
	for guest, reason := range map[string]string{
		"initcalls": "it calls config_get",
		"initclock": "it looks at the clock",
		"initloop":  "it takes too long",
		"table":     "it changes tables",
	} {
		in, _, err := s.Inspect(t.Context(), guests.Wasm(guest), entry)
		if err != nil || in.Isolation != host.IsolationPlain || !strings.Contains(strings.Join(in.Reasons, "; "), reason) {
			t.Errorf("%s: %s, %q, %v", guest, in.Isolation, in.Reasons, err)
		}
	}
}

func TestRandomBytesInASnapshotAreReported(t *testing.T) {
	t.Parallel()
	s := open(t)
	in, _, err := s.Inspect(t.Context(), guests.Wasm("initrandom"), entry)
	if err != nil || !in.InitRandom || in.Isolation != host.IsolationReset {
		t.Errorf("inspection %+v, %v", in, err)
	}
	m := load(t, s, guests.Wasm("initrandom"))
	first, second := m.Run(t.Context(), request("{}")), m.Run(t.Context(), request("{}"))
	if string(first.Output) != string(second.Output) || len(first.Output) != 8 {
		t.Errorf("outputs %q and %q", first.Output, second.Output)
	}
	r := request("{}")
	r.Isolation = host.IsolationPlain
	if plain := m.Run(t.Context(), r); string(plain.Output) != "random b" {
		t.Errorf("plain output %q", plain.Output)
	}
}

// TestEveryGuestIsStoppedSoonAfterItsDeadline runs a hundred at once that
// never end: in loops, in recursion without a loop, in the start section and
// in the initialiser.
func TestEveryGuestIsStoppedSoonAfterItsDeadline(t *testing.T) {
	t.Parallel()
	s := open(t)
	var wait sync.WaitGroup
	var latest atomic.Int64 // how long after its deadline the last one ended
	for _, name := range []string{"loop", "startloop", "initloop", "fib"} {
		m := load(t, s, guests.Wasm(name))
		for range 25 {
			wait.Go(func() {
				r := request("{}")
				r.Limits.TimeoutMillis, r.Limits.Fuel = 500, 1<<50
				began := time.Now()
				out := m.Run(t.Context(), r)
				if out.Fault == nil || out.Fault.Limit != "timeout_ms" {
					t.Errorf("%s: fault %+v", name, out.Fault)
				}
				after := time.Since(began) - 500*time.Millisecond
				if after > time.Minute {
					t.Errorf("%s: ended %v after its deadline", name, after)
				}
				for seen := latest.Load(); int64(after) > seen && !latest.CompareAndSwap(seen, int64(after)); {
					seen = latest.Load()
				}
			})
		}
	}
	runtime.GC() // would wait for a guest that can't be stopped
	wait.Wait()
	t.Logf("the last of 100 ended %v after its deadline", time.Duration(latest.Load()))
}

// TestARunThatEndsOverdrawnFails ends where no loop or function checks any more.
func TestARunThatEndsOverdrawnFails(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("label"))
	enough := m.Run(t.Context(), request("{}"))
	if enough.Fault != nil || enough.Fuel < 400 {
		t.Fatalf("fuel %d, fault %+v", enough.Fuel, enough.Fault)
	}
	for short, limit := range map[int64]string{0: "", 1: "fuel", 390: "fuel"} {
		r := request("{}")
		r.Limits.Fuel = enough.Fuel - short
		out := m.Run(t.Context(), r)
		if got := out.Fault; (got == nil) != (limit == "") || got != nil && got.Limit != limit {
			t.Errorf("with %d units too few: fault %+v", short, got)
		}
	}
}

func TestFuelIsTheSameInEveryRunAndBoundsIt(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("echo"))
	used := map[int64]bool{}
	for _, isolation := range isolations {
		r := request(strings.Repeat("x", 1_000))
		r.Isolation = isolation
		out := m.Run(t.Context(), r)
		if out.Fault != nil {
			t.Fatal(out.Fault)
		}
		used[out.Fuel] = true
	}
	if len(used) != 1 || used[0] {
		t.Errorf("fuel used: %v", used)
	}
	for fuel := range used {
		r := request(strings.Repeat("x", 1_000))
		r.Limits.Fuel = fuel - 100
		if f := m.Run(t.Context(), r).Fault; f == nil || f.Limit != "fuel" || f.Stack == "" || strings.Contains(f.Stack, "usher:") {
			t.Errorf("with less fuel than it needs: %+v", f)
		}
	}
}

func TestIdleModulesAndInstancesStayWithinTheirBytes(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: functions(), IdleBytes: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	for i := range 40 {
		wasm := append(append([]byte{}, guests.Wasm("marker")...), 0, 3, 1, 'n', byte(i))
		m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
		if err != nil {
			t.Fatal(err)
		}
		r := request("\x01")
		r.Limits.TimeoutMillis = 60_000
		if out := m.Run(t.Context(), r); out.Fault != nil {
			t.Errorf("module %d: %v", i, out.Fault)
		}
		m.Release()
		if used := s.IdleBytes(); used > 2<<20 {
			t.Fatalf("%d bytes are idle", used)
		}
	}
}

func TestAPooledInstanceKeepsToTheLimitOfEachRun(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("memory")) // grows until it can't, then traps
	for _, limit := range []int64{4 << 20, 16 << 20, 2 << 20, 32 << 20} {
		r := request("{}")
		r.Limits.MemoryBytes, r.Limits.TimeoutMillis = limit, 60_000
		f := m.Run(t.Context(), r).Fault
		if want := fmt.Sprintf("needed %d bytes of memory (limit %d)", limit+1<<16, limit); f == nil || f.Message != want {
			t.Errorf("fault %v, want %q", f, want)
		}
	}
	echo := load(t, open(t), guests.Wasm("echo")) // its pooled instance stays
	for _, size := range []int{10, 3 << 20, 10, 5 << 20} {
		r := request(strings.Repeat("x", size))
		r.Limits.MemoryBytes, r.Limits.OutputBytes, r.Limits.TimeoutMillis = 8<<20, 8<<20, 60_000
		if out := echo.Run(t.Context(), r); out.Fault != nil || len(out.Output) != size {
			t.Errorf("echo of %d bytes: %d bytes, %v", size, len(out.Output), out.Fault)
		}
	}
}
