package author

import (
	"slices"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/sandbox"
)

func TestFunctionCostsAddUpHoweverAFunctionIsCalled(t *testing.T) {
	t.Parallel()
	got := functionCosts([]sandbox.FunctionFuel{
		{Stack: []string{"entry"}, Calls: 1, Fuel: 10},
		{Stack: []string{"fib", "entry"}, Calls: 1, Fuel: 20},
		{Stack: []string{"fib", "fib", "entry"}, Calls: 2, Fuel: 40},
		{Stack: []string{"log", "fib", "fib", "entry"}, Calls: 4, Fuel: 5},
	})
	want := []functionCost{
		{Function: "fib", Calls: 3, Fuel: 60, AllFuel: 65},
		{Function: "entry", Calls: 1, Fuel: 10, AllFuel: 75},
		{Function: "log", Calls: 4, Fuel: 5, AllFuel: 5},
	}
	if !slices.Equal(got, want) {
		t.Errorf("costs %v, want %v", got, want)
	}
}

func TestHostCostsAddUpByFunction(t *testing.T) {
	t.Parallel()
	got := hostCosts([]host.CallNote{
		{Function: "secret_get", TookMicros: 1}, {Function: "http_send", TookMicros: 30}, {Function: "secret_get", TookMicros: 2},
	})
	want := []hostCost{{Function: "http_send", Calls: 1, TookMicros: 30}, {Function: "secret_get", Calls: 2, TookMicros: 3}}
	if !slices.Equal(got, want) {
		t.Errorf("costs %v, want %v", got, want)
	}
}

func TestAmountsHaveCommas(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 10_000_000_000: "10,000,000,000", -1: "-1", -123_456: "-123,456"} {
		if got := term.Amount(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
