package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

const entry = "onExecutePostUserRegistration"

// functions are host functions that do nothing.
func functions() []sandbox.Function {
	i64 := []sandbox.ValueType{sandbox.I64}
	return []sandbox.Function{
		{Module: "extism:host/env", Name: "log_info", Params: i64, Run: func(*sandbox.Call, []uint64) {}},
		{Module: "extism:host/env", Name: "config_get", Params: i64, Results: i64, Run: func(_ *sandbox.Call, stack []uint64) { stack[0] = 0 }},
	}
}

func open(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func load(t *testing.T, s *sandbox.Sandbox, wasm []byte) *sandbox.Module {
	t.Helper()
	m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Release)
	return m
}

// stillClock is a clock that stands still.
type stillClock struct{}

func (stillClock) Now(*sandbox.Call) time.Time         { return time.Unix(1_700_000_000, 0) }
func (stillClock) Elapsed(*sandbox.Call) time.Duration { return 0 }
func (stillClock) Sleep(*sandbox.Call, time.Duration)  {}

func request(input string) *sandbox.Request {
	limits := host.DefaultSettings().Limits
	limits.TimeoutMillis = 60_000
	limits.MemoryBytes = 16 << 20
	return &sandbox.Request{
		Entry: entry, Input: []byte(input), Limits: limits, Clock: stillClock{},
		Random: strings.NewReader(strings.Repeat("random bytes ", 1000)),
		Stdout: io.Discard, Stderr: io.Discard,
	}
}

func TestRunReturnsTheOutputOfAGuest(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("echo"))
	for _, input := range []string{"", "a", "12345678", `{"event":{"user":{"name":"Ada \"L\" Löwe"}}}`, strings.Repeat("x", 300_001)} {
		out := m.Run(t.Context(), request(input))
		if out.Fault != nil || string(out.Output) != input {
			t.Errorf("echo of %d bytes: got %d bytes, fault %v", len(input), len(out.Output), out.Fault)
		}
	}
}

func TestAFailedRunNamesTheKindOfFault(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, tt := range []struct {
		guest   string
		fault   host.Fault
		limit   string
		message string
		stack   string
	}{
		{guest: "fail", fault: host.FaultGuest, message: "no luck"},
		{guest: "failtrap", fault: host.FaultGuest, message: "no luck", stack: "$4()"},
		{guest: "nonzero", fault: host.FaultGuest, message: entry + " returned 7 without setting an error"},
		{guest: "trap", fault: host.FaultGuest, message: "trapped: unreachable", stack: "$1()"},
		{guest: "badpointer", fault: host.FaultGuest, message: "load_u64: 8 bytes at offset 9223372036854775807 are outside", stack: "$11(i64) i64\n"},
		{guest: "loop", fault: host.FaultLimit, limit: "timeout_ms", message: "stopped after 300 ms (limit 300 ms)"},
		{guest: "startloop", fault: host.FaultLimit, limit: "timeout_ms", message: "stopped after 300 ms"},
		{guest: "initloop", fault: host.FaultLimit, limit: "timeout_ms", message: "stopped after 300 ms"},
		{guest: "recursion", fault: host.FaultLimit, limit: "memory_bytes", message: "recursion is too deep: "},
		{guest: "memory", fault: host.FaultLimit, limit: "memory_bytes", message: "needed 16842752 bytes of memory (limit 16777216)"},
		{guest: "bigmemory", fault: host.FaultLimit, limit: "memory_bytes", message: "begins with 134217728 bytes"},
		{guest: "kernelbomb", fault: host.FaultLimit, limit: "memory_bytes", message: "asked for 1048576 bytes"},
		{guest: "output", fault: host.FaultLimit, limit: "memory_bytes", message: "asked for 33554432 bytes"},
	} {
		t.Run(tt.guest, func(t *testing.T) {
			t.Parallel()
			r := request("{}")
			if tt.limit == "timeout_ms" {
				r.Limits.TimeoutMillis = 300
			}
			f := load(t, s, guests.Wasm(tt.guest)).Run(t.Context(), r).Fault
			if f == nil {
				t.Fatal("the run succeeded")
			}
			if f.Kind != tt.fault || f.Limit != tt.limit || !strings.Contains(f.Message, tt.message) || !strings.Contains(f.Stack, tt.stack) || strings.Contains(f.Stack, "usher:") {
				t.Errorf("fault %q limit %q message %q stack %q", f.Kind, f.Limit, f.Message, f.Stack)
			}
		})
	}
}

func TestAnOutputOverItsLimitEndsTheRun(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("output"))
	r := request("{}")
	r.Limits.MemoryBytes = 64 << 20
	f := m.Run(t.Context(), r).Fault
	if f == nil || f.Limit != "output_bytes" || f.Message != "set an output of 33554432 bytes (limit 1048576)" {
		t.Errorf("fault %+v", f)
	}
}

func TestATableCannotGrowWithoutEnd(t *testing.T) {
	t.Parallel()
	if out := load(t, open(t), guests.Wasm("table")).Run(t.Context(), request("{}")); out.Fault != nil {
		t.Errorf("growing was not refused: %v", out.Fault)
	}
}

func TestRandomAndClockComeFromTheRun(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("random"))
	run := func(seed string) string {
		r := request("{}")
		r.Random = strings.NewReader(seed)
		out := m.Run(t.Context(), r)
		if out.Fault != nil {
			t.Fatal(out.Fault)
		}
		return string(out.Output)
	}
	first, again, other := run("12345678"), run("12345678"), run("87654321")
	if first != again || first[:8] != "12345678" {
		t.Errorf("the same source gave %q and %q", first, again)
	}
	if other[8:] != first[8:] {
		t.Error("the clock moved between two runs with the same clock")
	}
}

func TestARunLeavesNothingForTheNext(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("echo"))
	var wait sync.WaitGroup
	for i := range 32 {
		wait.Go(func() {
			input := strings.Repeat(fmt.Sprint("guest ", i, " "), 100)
			if out := m.Run(t.Context(), request(input)); string(out.Output) != input {
				t.Errorf("got %.40q, want %.40q", out.Output, input)
			}
		})
	}
	wait.Wait()
}

func TestADoneContextEndsTheRun(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("loop"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r := request("{}")
	r.Limits.TimeoutMillis = 60_000
	if f := m.Run(ctx, r).Fault; f == nil {
		t.Error("the run succeeded")
	}
}

func TestALoopingGuestDoesNotStallTheCollector(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("loop"))
	r := request("{}")
	r.Limits.TimeoutMillis = 5_000
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx, r) }()
	for range 3 {
		runtime.GC() // hangs for the guest's five seconds if it can't be preempted
	}
	select {
	case <-done:
		t.Error("the guest ended before the collector did")
	default:
	}
	cancel()
	<-done
}

func TestInspectNamesEveryReasonWhyAModuleDoesNotFit(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, tt := range []struct {
		name string
		wasm []byte
		want []string
	}{
		{name: "fits", wasm: guests.Wasm("echo")},
		{name: "no wasm", wasm: []byte("hello, I am not wasm"), want: []string{"not a WebAssembly module"}},
		{name: "empty", wasm: nil, want: []string{"not a WebAssembly module"}},
		{name: "truncated", wasm: guests.Wasm("echo")[:200], want: []string{"truncated"}},
		{name: "component", wasm: []byte("\x00asm\x0d\x00\x01\x00"), want: []string{"component"}},
		{name: "too large", wasm: bytes.Repeat([]byte{0}, 32<<20+1), want: []string{"33554433 bytes"}},
		{name: "no entry", wasm: guests.Wasm("noentry"), want: []string{"does not export " + entry}},
		{name: "wrong entry", wasm: guests.Wasm("wrongentry"), want: []string{"with parameters"}},
		{name: "big table", wasm: guests.Wasm("bigtable"), want: []string{"table 0 has 100000000 elements; the limit is 100000"}},
		{name: "unknown imports", wasm: guests.Wasm("unknownimport"), want: []string{
			`"extism:host/env"."launch_missiles", which the host does not serve`,
			`"extism:host/env"."alloc" with another signature`, `imports a memory, table or global ("env"."memory")`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in, _, err := s.Inspect(t.Context(), tt.wasm, entry)
			if err != nil {
				t.Fatal(err)
			}
			if len(in.Problems) != len(tt.want) {
				t.Fatalf("problems %+v, want %q", in.Problems, tt.want)
			}
			for i, want := range tt.want {
				if !strings.Contains(in.Problems[i].Detail, want) {
					t.Errorf("problem %q, want %q", in.Problems[i].Detail, want)
				}
			}
		})
	}
}

func TestManyCallersShareOneCompilation(t *testing.T) {
	t.Parallel()
	s := open(t)
	wasm := guests.Wasm("echo")
	loads := make(chan struct{}, 100)
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) {
				loads <- struct{}{}
				return wasm, nil
			})
			if err != nil {
				t.Error(err)
				return
			}
			m.Release()
		})
	}
	wait.Wait()
	if len(loads) != 1 {
		t.Errorf("loaded %d times", len(loads))
	}
}

func TestAModuleWithAnotherDigestIsRefused(t *testing.T) {
	t.Parallel()
	_, err := open(t).Module(t.Context(), host.Digest([]byte("another")), func() ([]byte, error) { return guests.Wasm("noop"), nil })
	if err == nil || !strings.Contains(err.Error(), "its digest is") {
		t.Errorf("error %v", err)
	}
}
