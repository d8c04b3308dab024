package wasmbin_test

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/wasmbin"
)

//go:embed testdata/mixed.wasm
var mixed []byte

//go:embed testdata/bombs.wasm
var bombs []byte

//go:embed testdata/startloop.wasm
var startLoop []byte

var errSpent = errors.New("the fuel is spent")

// budget gives fuel by the quantum until it has given all, and then panics.
type budget struct{ left, given, refuels, quantum int64 }

func (b *budget) refuel(fuel api.MutableGlobal) {
	if b.left <= 0 {
		panic(errSpent)
	}
	q := b.quantum
	if q == 0 {
		q = quantum
	}
	b.left -= q
	b.given += q
	b.refuels++
	fuel.Set(uint64(int64(fuel.Get()) + q))
}

// used returns how much fuel an instance has used.
func (b *budget) used(m api.Module) int64 {
	return b.given - int64(m.ExportedGlobal(wasmbin.FuelExport).Get())
}

func engines() map[string]wazero.RuntimeConfig {
	return map[string]wazero.RuntimeConfig{
		"compiler": wazero.NewRuntimeConfigCompiler(), "interpreter": wazero.NewRuntimeConfigInterpreter(),
	}
}

// mixedFunctions are the exports of mixed.wat.
var mixedFunctions = []string{
	"collatz", "nested", "switch", "many results", "loop with a result", "indirect", "indirect in a loop",
	"return in a loop", "divide in a loop", "globals", "bulk", "grow", "tables", "vectors", "dead code", "straight then loop",
	"loops with parameters", "far labels",
}

// TestMeteredCodeBehavesAsPlainCode calls every function with the same arguments on
// the plain and the metered module, compiled and interpreted, and compares
// results, traps, memory and, between the engines, the fuel.
func TestMeteredCodeBehavesAsPlainCode(t *testing.T) {
	t.Parallel()
	w, err := wasmbin.Rewrite(mixed, wasmbin.Options{Meter: true, Strip: true, MergeData: true, MaxMemoryPages: 8, MaxTableElements: 16})
	if err != nil {
		t.Fatal(err)
	}
	var instances []api.Module
	var budgets []*budget
	for _, wasm := range [][]byte{mixed, w.Wasm} {
		for _, config := range engines() {
			b := &budget{left: 1 << 60, quantum: int64(1 + 5000*len(budgets))} // the quantum must not matter
			r := newRuntime(t, config, b.refuel)
			instances, budgets = append(instances, instantiate(t, r, wasm)), append(budgets, b)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 6_000 {
		name := mixedFunctions[i%len(mixedFunctions)]
		x, y := arbitrary(random), arbitrary(random)
		want := outcome(instances[0], name, x, y)
		for _, m := range instances[1:] {
			if got := outcome(m, name, x, y); got != want {
				t.Fatalf("call %d, %s(%d, %d): %s, want %s", i, name, x, y, got, want)
			}
		}
		if a, b := budgets[2].used(instances[2]), budgets[3].used(instances[3]); a != b {
			t.Fatalf("call %d, %s(%d, %d): fuel %d and %d", i, name, x, y, a, b)
		}
	}
	if budgets[2].refuels == 0 {
		t.Error("the fuel never ran out")
	}
}

// arbitrary returns a number of any size.
func arbitrary(r *rand.Rand) uint64 { return uint64(r.Uint32() >> r.IntN(32)) }

func outcome(m api.Module, name string, args ...uint64) string {
	results, err := m.ExportedFunction(name).Call(context.Background(), args...)
	memory, _ := m.Memory().Read(0, 16<<10)
	hash := uint64(0)
	for _, b := range memory {
		hash = hash*31 + uint64(b)
	}
	if err != nil {
		return fmt.Sprint(firstLine(err), hash)
	}
	return fmt.Sprint(results, hash, m.Memory().Size())
}

func TestSpentFuelStopsEverything(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"loop", "loop of loops", "loop with a parameter", "table of branches", "recursion", "mutual recursion",
		"recursion by table", "bulk", "copy", "grow",
	} {
		for engine, config := range engines() {
			t.Run(name+" "+engine, func(t *testing.T) {
				t.Parallel()
				b := &budget{left: 10 * quantum}
				m := instantiate(t, newRuntime(t, config, b.refuel), metered(t, bombs))
				if _, err := m.ExportedFunction(name).Call(t.Context()); !errors.Is(err, errSpent) {
					t.Errorf("error %v", err)
				}
				if used := b.used(m); used < 10*quantum || used > 11*quantum {
					t.Errorf("used %d", used)
				}
			})
		}
	}
}

func TestSpentFuelStopsAStartFunction(t *testing.T) {
	t.Parallel()
	b := &budget{left: quantum}
	r := newRuntime(t, compilerConfig(), b.refuel)
	if _, err := r.Instantiate(t.Context(), metered(t, startLoop)); !errors.Is(err, errSpent) {
		t.Errorf("error %v", err)
	}
	w, err := wasmbin.Rewrite(startLoop, wasmbin.Options{Meter: true, ExportStart: true})
	if err != nil || !w.Facts.Start {
		t.Fatalf("facts %+v, error %v", w, err)
	}
	m := instantiate(t, r, w.Wasm)
	if _, err := m.ExportedFunction(wasmbin.StartExport).Call(t.Context()); !errors.Is(err, errSpent) {
		t.Errorf("error %v", err)
	}
}

// TestFuelIsTheInstructionsOfThePath holds the price list.
// TestLabelsThatPayDoNotHideLoopsFromTheMeter runs for ever through code whose
// every instruction a label pays for: only heads of loops and functions check.
func TestLabelsThatPayDoNotHideLoopsFromTheMeter(t *testing.T) {
	t.Parallel()
	far := bytes.Repeat([]byte{0x41, 0, 0x1a}, 1000) // i32.const 0, drop
	block := append([]byte{0x02, 0x40, 0x0b}, far...)
	for name, bodies := range map[string][][]byte{
		"a loop":                     {join([]byte{0, 0x03, 0x40}, block, []byte{0x0c, 0, 0x0b, 0x0b})},
		"a loop that calls":          {join([]byte{0, 0x03, 0x40}, block, []byte{0x10, 1, 0x0c, 0, 0x0b, 0x0b}), {0, 0x0b}},
		"a loop in a loop":           {join([]byte{0, 0x03, 0x40, 0x03, 0x40}, block, []byte{0x0c, 1, 0x0b, 0x0b, 0x0b})},
		"a function that calls":      {join([]byte{0}, block, []byte{0x10, 0, 0x0b})},
		"two that call one another":  {join([]byte{0}, block, []byte{0x10, 1, 0x0b}), join([]byte{0}, block, []byte{0x10, 0, 0x0b})},
		"a loop of nothing":          {{0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b}},
		"a loop around a far branch": {join([]byte{0, 0x03, 0x40, 0x02, 0x40, 0x0c, 0, 0x0b}, far, []byte{0x0c, 0, 0x0b, 0x0b})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spent, refuels := errors.New("spent"), 0
			r := newRuntime(t, wazero.NewRuntimeConfig(), func(fuel api.MutableGlobal) {
				if refuels++; refuels > 3 {
					panic(spent)
				}
				fuel.Set(fuel.Get() + 5000)
			})
			m := instantiate(t, r, metered(t, assembleExported(bodies...)))
			if _, err := m.ExportedFunction("f").Call(t.Context()); !errors.Is(err, spent) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestFuelIsTheInstructionsOfThePath(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		n    uint64
		fuel int64
	}{
		{"hash", 1, 2 + 36 + 1},
		{"hash", 1000, 2 + 36*1000 + 1},
		{"memory loop", 10, 27*10 + 1},
		{"fib", 1, 13},
		{"fib", 3, 5 * 13}, // each call pays for the dearer branch
	} {
		b := &budget{left: 1 << 60}
		m := instantiate(t, newRuntime(t, compilerConfig(), b.refuel), metered(t, loops))
		call(t, m.ExportedFunction(tt.name), tt.n)
		if used := b.used(m); used != tt.fuel {
			t.Errorf("%s(%d) used %d, want %d", tt.name, tt.n, used, tt.fuel)
		}
	}
}

func TestMeteredSamplesBehaveAlike(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		w, err := wasmbin.Rewrite(s.wasm, wasmbin.Options{Meter: true, Strip: true, MergeData: true, MaxMemoryPages: 1000, MaxTableElements: 100_000})
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		plain, with := newGuest(t, s, compilerConfig(), s.wasm), newGuest(t, s, compilerConfig(), w.Wasm)
		for range 3 {
			if want, got := plain.run(t), with.run(t); got != want {
				t.Errorf("%s: %q, want %q", s.name, got, want)
			}
		}
	}
}

func TestRewriteRefusesReservedNames(t *testing.T) {
	t.Parallel()
	again := metered(t, loops)
	if _, err := wasmbin.Rewrite(again, wasmbin.Options{Meter: true}); err == nil || !strings.Contains(err.Error(), "reserved") {
		t.Errorf("error %v", err)
	}
	exports := []byte("\x00asm\x01\x00\x00\x00\x05\x03\x01\x00\x01\x07\x0e\x01\x0ausher:fuel\x02\x00")
	if _, err := wasmbin.Rewrite(exports, wasmbin.Options{Meter: true}); err == nil || !strings.Contains(err.Error(), "reserved") {
		t.Errorf("error %v", err)
	}
}

// TestCodeCanNotReachTheMeter uses the indexes that the rewriter will give to
// what it adds.
func TestCodeCanNotReachTheMeter(t *testing.T) {
	t.Parallel()
	for name, code := range map[string][]byte{
		"the fuel": {0, 0x42, 0, 0x24, 8, 0x0b}, "the refuel": {0, 0x10, 1, 0x0b}, "a type": {0, 0x02, 1, 0x0b, 0x0b},
		"a reference": {0, 0xd2, 1, 0x1a, 0x0b},
	} {
		_, err := wasmbin.Rewrite(assemble(code), wasmbin.Options{Meter: true})
		if err == nil || !strings.Contains(err.Error(), "function 0 at byte") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	for _, name := range []string{"echo", "script", "unknownimport", "table", "startloop"} {
		f.Add(guests.Wasm(name))
	}
	for _, wasm := range [][]byte{mixed, bombs, loops, spectest, assemble(ifs(20)), assemble(nest(3, 4)), assemble(table(5))} {
		f.Add(wasm)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		problems := wasmbin.Check(wasm, wasmbin.DefaultBudgets())
		for _, o := range []wasmbin.Options{{}, {Meter: true}, {Meter: true, Strip: true, MergeData: true, ExportStart: true, ExportGlobals: true}} {
			w, err := wasmbin.Rewrite(wasm, o)
			switch {
			case err != nil && len(problems) == 0:
				t.Errorf("the check finds nothing, and the rewriter: %v", err)
			case err != nil || len(problems) > 0: // the engine must not see it
			default:
				if plain, with := compiles(r, wasm), compiles(r, w.Wasm); plain == nil && with != nil {
					t.Errorf("the engine takes it plain, and rewritten says: %v", with)
				}
			}
		}
	})
}

func compiles(r wazero.Runtime, wasm []byte) error {
	compiled, err := r.CompileModule(context.Background(), wasm)
	if err == nil {
		err = compiled.Close(context.Background())
	}
	return err
}
