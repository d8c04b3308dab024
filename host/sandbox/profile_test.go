package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

func TestAProfileAddsUpToTheFuelOfARun(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, name := range []string{"echo", "noop", "fail", "failtrap", "trap", "nonzero", "random", "init", "fib", "table"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := load(t, s, guests.Wasm(name)).Run(t.Context(), unhurried(host.IsolationPlain, 1_000_000))
			got, used, err := s.Profile(t.Context(), guests.Wasm(name), unhurried("", 1_000_000))
			if err != nil {
				t.Fatal(err)
			}
			if got.Fuel != want.Fuel || sum(used) != want.Fuel {
				t.Errorf("fuel %d, functions %d, want %d", got.Fuel, sum(used), want.Fuel)
			}
			if fmt.Sprint(got.Fault) != fmt.Sprint(want.Fault) || string(got.Output) != string(want.Output) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// unhurried asks for a run that only its fuel bounds.
func unhurried(isolation host.Isolation, fuel int64) *sandbox.Request {
	r := request("{}")
	r.Limits.TimeoutMillis, r.Limits.Fuel, r.Isolation = 60_000, fuel, isolation
	return r
}

func sum(used []sandbox.FunctionFuel) (fuel int64) {
	for _, f := range used {
		fuel += f.Fuel
	}
	return fuel
}

func TestAProfileSeparatesEntryFromInitialisation(t *testing.T) {
	t.Parallel()
	_, used, err := open(t).Profile(t.Context(), guests.Wasm("init"), unhurried("", 1_000_000))
	if err != nil {
		t.Fatal(err)
	}
	var initial, entered bool
	for _, f := range used {
		root := f.Stack[len(f.Stack)-1]
		entered = entered || root == entry && !f.Initial
		initial = initial || root != entry && f.Initial
	}
	if !initial || !entered {
		t.Errorf("initialisation %t, entry %t in %v", initial, entered, used)
	}
}

func TestAProfileCutsDeepStacks(t *testing.T) {
	t.Parallel()
	r := unhurried("", 300_000)
	r.Limits.MemoryBytes = 64 << 20 // whose call stack has room for it
	out, used, err := open(t).Profile(t.Context(), guests.Wasm("recursion"), r)
	if err != nil {
		t.Fatal(err)
	}
	if out.Fault == nil || out.Fault.Limit != "fuel" {
		t.Errorf("fault %v", out.Fault)
	}
	deepest := slices.MaxFunc(used, func(a, b sandbox.FunctionFuel) int { return len(a.Stack) - len(b.Stack) })
	if len(deepest.Stack) != 128 || len(used) > 300 || sum(used) != out.Fuel {
		t.Errorf("%d stacks of at most %d, %d units of %d", len(used), len(deepest.Stack), sum(used), out.Fuel)
	}
}

func TestAProfileStopsAtTheLimits(t *testing.T) {
	t.Parallel()
	out, used, err := open(t).Profile(t.Context(), guests.Wasm("loop"), unhurried("", 1_000_000))
	if err != nil || out.Fault == nil || out.Fault.Limit != "fuel" {
		t.Fatalf("fault %v, error %v", out.Fault, err)
	}
	if len(used) == 0 || used[0].Fuel < 1_000_000 {
		t.Errorf("used %v", used)
	}
}

func TestAProfileRefusesModulesWithoutAnEntry(t *testing.T) {
	t.Parallel()
	s := open(t)
	for want, wasm := range map[string][]byte{
		"not a WebAssembly module": []byte("hello"),
		"does not export " + entry: guests.Wasm("noentry"),
	} {
		if _, _, err := s.Profile(t.Context(), wasm, request("{}")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if out, _, err := s.Profile(t.Context(), guests.Wasm("unknownimport"), request("{}")); err != nil || out.Fault == nil {
		t.Errorf("fault %v, error %v", out.Fault, err)
	}
}
