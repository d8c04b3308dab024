package wasmbin_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/wasmbin"
)

func TestCheckRefusesModulesThatTakeTheEngineLong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		wasm []byte
		says string
	}{
		{"forks", assemble(stores(1), diamonds(18_000)), "(function 1 alone 6.5s); the limit is 5s"},
		{"forks, often", assemble(repeat(diamonds(9_000), 70)...), "can take the engine 1m55"},
		{"forks inside one another", assemble(nested(15_000)), "can take the engine 6.9"},
		{"stores", assemble(stores(150_000)), "has 1050002 bytes of code; the limit is 1048576"},
		{"nested loops with 3000 locals", assemble(nest(250, 3000)), "can take the engine 9s"},
		{"nested loops, often", assemble(repeat(nest(60, 100), 200)...), "can take the engine 14.4"},
		{"very many locals", assemble(slices.Concat(locals(50_001), []byte{0x0b})), "50001 locals; the limit is 50000"},
		{"very deep loops", assemble(nest(1000, 1)), "1000 loops inside one another; the limit is 256"},
		{"ifs with a local each", assemble(ifs(2000)), "can take the engine 6.0"},
		{"ifs with a local each, often", assemble(repeat(ifs(600), 50)...), "can take the engine 27"},
		{"a large br_table", assemble(table(100_000)), "100001 targets in one br_table; the limit is 10000"},
		{"a large module", append(assemble(), make([]byte, 64<<20)...), "the module has 67108889 bytes; the limit is 67108864"},
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
			t.Errorf("problems %+v", problems)
		})
	}
}

func repeat(body []byte, n int) (all [][]byte) {
	for range n {
		all = append(all, body)
	}
	return all
}

// TestOutputOfCompilersIsEstimatedCheap estimates functions as debug builds and
// lexers have them: thousands of locals that each live briefly, and a switch
// with thousands of cases.
func TestOutputOfCompilersIsEstimatedCheap(t *testing.T) {
	t.Parallel()
	limits := wasmbin.DefaultBudgets()
	limits.CompileTime = time.Second
	for name, wasm := range map[string][]byte{
		"a debug build": assemble(debug(4_729, 3_000)), "a lexer": assemble(lexer(4_000)), "lexers": assemble(repeat(lexer(2_000), 20)...),
	} {
		if problems := wasmbin.Check(wasm, limits); len(problems) > 0 {
			t.Errorf("%s: %+v", name, problems)
		}
		if name == "lexers" {
			continue
		}
		if _, err := newRuntime(t, compilerConfig(), endless).CompileModule(t.Context(), metered(t, wasm)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
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
		"forks": diamonds(12_000), "forks inside": nested(10_000), "stores": stores(60_000), "loops": nest(60, 2000),
		"wide loops": nest(3, 20_000), "ifs": ifs(1200), "a table": table(9_999),
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
