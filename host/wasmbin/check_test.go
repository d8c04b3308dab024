package wasmbin_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/wasmbin"
)

func TestCheckRefusesWhatTakesTheEngineLong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		wasm []byte
		says string
	}{
		{"forks", assemble(stores(1), diamonds(18_000)), "function 1 has 252004 bytes of code; the limit is 131072"},
		{"forks below the limit, often", assemble(repeat(diamonds(9_000), 70)...), "can take the engine 1m35"},
		{"stores", assemble(stores(150_000)), "bytes of code"},
		{"nested loops with 1000 locals", assemble(nest(60, 1000)), "60000 as the product of 60 nested loops and 1000 locals; the limit is 6000"},
		{"nested loops with 3000 locals", assemble(nest(60, 3000)), "3000 locals; the limit is 2000"},
		{"nested loops below the limit, often", assemble(repeat(nest(60, 100), 200)...), "can take the engine 36s"},
		{"very deep loops", assemble(nest(1000, 1)), "1000 loops inside one another; the limit is 64"},
		{"ifs with a local each", assemble(ifs(2000)), "4000000 as the product of 2000 blocks and 2000 locals; the limit is 400000"},
		{"ifs with a local each below the limit, often", assemble(repeat(ifs(600), 50)...), "can take the engine 18s"},
		{"a large br_table", assemble(table(100_000)), "100001 targets in one br_table; the limit is 10000"},
		{"a large module", append(assemble(), make([]byte, 10<<20)...), "the module has 10485785 bytes; the limit is 10485760"},
		{"a large table", guests.Wasm("bigtable"), "elements; the limit is 100000"},
		{"many globals", manyGlobals(10_001), "10001 globals; the limit is 10000"},
		{"a count of imports that is not true", []byte("\x00asm\x01\x00\x00\x00\x02\x05\xff\xff\xff\xff\x0f"), "4294967295 imports; the limit is 2000"},
		{"an import of the meter", metered(t, loops), "reserved"},
		{"not a module", []byte("hello"), "not a WebAssembly module"},
		{"an unknown instruction", assemble([]byte{0, 0x12, 0, 0x0b}), "function 0 at byte 28: tail and reference calls are not supported: 0x12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			problems := wasmbin.Check(tt.wasm, wasmbin.DefaultBudgets())
			for _, p := range problems {
				if strings.Contains(p.Detail, tt.says) && p.Hint != "" {
					return
				}
			}
			t.Errorf("problems %.500q", problems)
		})
	}
}

func repeat(body []byte, n int) (all [][]byte) {
	for range n {
		all = append(all, body)
	}
	return all
}

func manyGlobals(n int) []byte {
	content := append(leb(nil, n), bytes.Repeat([]byte{0x7f, 0, 0x41, 0, 0x0b}, n)...)
	return append(leb([]byte("\x00asm\x01\x00\x00\x00\x06"), len(content)), content...)
}

func TestCheckNamesTheFunction(t *testing.T) {
	t.Parallel()
	problems := wasmbin.Check(loops, wasmbin.Budgets{Locals: 3})
	if len(problems) != 1 || !strings.HasPrefix(problems[0].Detail, "function 1 (exported as memory loop) has 4 locals; the limit is 3") {
		t.Errorf("problems %+v", problems)
	}
}

func TestCheckPassesTheSamples(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		if problems := wasmbin.Check(s.wasm, wasmbin.DefaultBudgets()); len(problems) > 0 {
			t.Errorf("%s: %+v", s.name, problems)
		}
	}
}

// TestTheWorstThatPassesCompilesSoon compiles modules that just fit the budgets
// of a function.
func TestTheWorstThatPassesCompilesSoon(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{
		"forks": diamonds(9_000), "stores": stores(18_000), "loops": nest(60, 100),
		"wide loops": nest(3, 2000), "ifs": ifs(600), "a table": table(9_999),
	} {
		wasm := assemble(body)
		if problems := wasmbin.Check(wasm, wasmbin.DefaultBudgets()); len(problems) > 0 {
			t.Errorf("%s: %+v", name, problems)
		}
		r := newRuntime(t, compilerConfig(), endless)
		start := time.Now()
		if _, err := r.CompileModule(t.Context(), metered(t, wasm)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 3*time.Minute {
			t.Errorf("%s took %v", name, took)
		}
	}
}
