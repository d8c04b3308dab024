package wasmbin_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/usherhost/usher/host/wasmbin"
)

// The two modules of these tests, in the binary format.
//
// first: (import "env" "log" (func (param i32))) (import "second" "twice" (func (param i32) (result i32)))
// (memory 1) (table 2 funcref) (elem (i32.const 0) $unused-but-in-the-table)
// "run" calls twice, "add" adds, "dead" calls log.
var first = module(
	section(1, vec([]byte{0x60, 1, 0x7f, 0}, []byte{0x60, 1, 0x7f, 1, 0x7f}, []byte{0x60, 2, 0x7f, 0x7f, 1, 0x7f})),
	section(2, vec(imp("env", "log", 0), imp("second", "twice", 1))),
	section(3, vec([]byte{1}, []byte{2}, []byte{0}, []byte{1})),
	section(4, []byte{1, 0x70, 0, 1}),
	section(5, []byte{1, 0, 1}),
	section(6, vec([]byte{0x7f, 1, 0x41, 7, 0x0b}, []byte{0x7f, 1, 0x41, 9, 0x0b})),
	section(7, vec(exp("run", 0, 2), exp("add", 0, 3), exp("dead", 0, 4), exp("memory", 2, 0))),
	section(9, vec([]byte{0, 0x41, 0, 0x0b, 1, 5})),
	section(10, vec(
		fn(0x20, 0, 0x10, 1, 0x41, 0, 0x11, 1, 0, 0x0b), // run: table[0](twice(x))
		fn(0x20, 0, 0x20, 1, 0x6a, 0x0b),                // add: x + y
		fn(0x20, 0, 0x10, 0, 0x0b),                      // dead: log(x)
		fn(0x23, 1, 0x20, 0, 0x6a, 0x0b),                // in the table: the second global + x
	)),
	section(11, vec([]byte{0, 0x41, 16, 0x0b, 2, 'h', 'i'})),
)

// second: imports "add" and the memory of first; "twice" adds a number to itself, and its
// own global, and what is in memory at 16.
var second = module(
	section(1, vec([]byte{0x60, 2, 0x7f, 0x7f, 1, 0x7f}, []byte{0x60, 1, 0x7f, 1, 0x7f})),
	section(2, vec(imp("first", "add", 0), append(names("first", "memory"), 2, 0, 1))),
	section(3, vec([]byte{1})),
	section(6, vec([]byte{0x7f, 1, 0x41, 3, 0x0b})),
	section(7, vec(exp("twice", 0, 1))),
	section(10, vec(fn(0x20, 0, 0x20, 0, 0x10, 0, 0x23, 0, 0x6a, 0x41, 16, 0x2d, 0, 0, 0x6a, 0x0b))),
)

func TestLinkedModulesCallEachOther(t *testing.T) {
	t.Parallel()
	linked, err := wasmbin.Link([]wasmbin.Input{{Name: "first", Wasm: first}, {Name: "second", Wasm: second}}, []string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	r := wazero.NewRuntime(ctx)
	defer func() { _ = r.Close(ctx) }()
	m, err := r.Instantiate(ctx, linked)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.ExportedFunction("run").Call(ctx, 10)
	if want := uint64(10 + 10 + 3 + 'h' + 9); err != nil || got[0] != want {
		t.Errorf("run(10) = %v, %v; want %d", got, err, want)
	}
}

func TestALinkedModuleHasWhatIsReachedAlone(t *testing.T) {
	t.Parallel()
	linked, err := wasmbin.Link([]wasmbin.Input{{Name: "first", Wasm: first}, {Name: "second", Wasm: second}}, []string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := wasmbin.Parse(linked)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Imports) > 0 || len(m.Exports) != 1 || m.Exports[0].Name != "run" {
		t.Errorf("imports %+v, exports %+v", m.Imports, m.Exports)
	}
	for _, s := range m.Sections {
		if s.ID == wasmbin.SectionCode && s.Body[0] != 4 { // run, twice, add, and what is in the table
			t.Errorf("%d functions", s.Body[0])
		}
		if s.ID == wasmbin.SectionGlobal && s.Body[0] != 2 {
			t.Errorf("%d globals", s.Body[0])
		}
	}
	again, err := wasmbin.Link([]wasmbin.Input{{Name: "first", Wasm: first}, {Name: "second", Wasm: second}}, []string{"run", "dead"})
	if err != nil {
		t.Fatal(err)
	}
	if m, err = wasmbin.Parse(again); err != nil || len(m.Imports) != 1 || m.Imports[0].Name != "log" {
		t.Errorf("with dead: %v, imports %+v", err, m.Imports)
	}
}

func TestLinkRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	other := bytes.Replace(second, []byte("add"), []byte("odd"), 1)
	wrongType := bytes.Replace(second, []byte("add"), []byte("run"), 1)
	for _, tt := range []struct {
		name    string
		inputs  []wasmbin.Input
		exports []string
		want    string
	}{
		{"a missing export", []wasmbin.Input{{"first", first}, {"second", other}}, []string{"run"}, `first exports no function "odd"`},
		{"another type", []wasmbin.Input{{"first", first}, {"second", wrongType}}, []string{"run"}, "another type"},
		{"an unknown export", []wasmbin.Input{{"first", first}, {"second", second}}, []string{"walk"}, `no module exports "walk"`},
		{"no module", []wasmbin.Input{{"first", first}, {"second", nil}}, []string{"run"}, "link second"},
	} {
		if _, err := wasmbin.Link(tt.inputs, tt.exports); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestPatchesChangeFunctions(t *testing.T) {
	t.Parallel()
	hook := wasmbin.Import{Module: "host", Name: "hook", Kind: wasmbin.KindFunction, Type: wasmbin.FuncType{Params: []byte{wasmbin.TypeI32}, Results: []byte{wasmbin.TypeI32}}}
	p := wasmbin.Patches{Imports: []wasmbin.Import{hook}, Patches: []wasmbin.Patch{
		{Function: 3, Why: "add asks the hook first", Locals: []string{"kept"}, Edits: []wasmbin.Edit{
			{With: "local.get 0 call hook local.set kept"},
			{Find: "local.get 0 local.get 1 i32.add", With: "local.get kept local.get 1 i32.add", Times: 1},
		}},
		{Function: 2, Why: "run calls twice twice", Edits: []wasmbin.Edit{{Find: "call 1", With: "call 1 call 1", Times: 1}}},
	}}
	patched, err := p.Apply(first)
	if err != nil {
		t.Fatal(err)
	}
	linked, err := wasmbin.Link([]wasmbin.Input{{Name: "first", Wasm: patched}, {Name: "second", Wasm: second}}, []string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	r := wazero.NewRuntime(ctx)
	defer func() { _ = r.Close(ctx) }()
	if _, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func(x uint32) uint32 { return x + 1000 }).Export("hook").Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, linked)
	if err != nil {
		t.Fatal(err)
	}
	twice := func(x uint64) uint64 { return x + 1000 + x + 3 + 'h' }
	if got, err := m.ExportedFunction("run").Call(ctx, 10); err != nil || got[0] != twice(twice(10))+9 {
		t.Errorf("run(10) = %v, %v; want %d", got, err, twice(twice(10))+9)
	}
}

func TestAPatchSaysWhatItDoesNotFind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		patch wasmbin.Patch
		want  string
	}{
		{wasmbin.Patch{Function: 3, Why: "why", Edits: []wasmbin.Edit{{Find: "i32.add", With: "i32.and", Times: 2}}}, `patch function 3 (why): it has "i32.add" 1 times, not 2`},
		{wasmbin.Patch{Function: 0}, "no code of it"},
		{wasmbin.Patch{Function: 3, Edits: []wasmbin.Edit{{Find: "i32.mul", Times: 1}}}, `"i32.mul" is not an instruction that patches may use`},
		{wasmbin.Patch{Function: 3, Edits: []wasmbin.Edit{{Find: "call", Times: 1}}}, "call has no operand"},
		{wasmbin.Patch{Function: 3, Edits: []wasmbin.Edit{{Find: "call other", Times: 1}}}, `"other" is neither a number nor a name`},
		{wasmbin.Patch{Function: 3, Edits: []wasmbin.Edit{{Find: "i32.add", With: "br_if *", Times: 1}}}, "it has 1 labels"},
	} {
		_, err := wasmbin.Patches{Patches: []wasmbin.Patch{tt.patch}}.Apply(first)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.patch, err)
		}
	}
}

// The parts of a module in the binary format; all sizes are below 128.

func module(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"), slices.Concat(sections...)...)
}

func section(id byte, content []byte) []byte {
	return append([]byte{id, byte(len(content))}, content...)
}

func vec(entries ...[]byte) []byte {
	return append([]byte{byte(len(entries))}, slices.Concat(entries...)...)
}

func names(a, b string) []byte {
	return slices.Concat([]byte{byte(len(a))}, []byte(a), []byte{byte(len(b))}, []byte(b))
}

func imp(from, name string, typ byte) []byte { return append(names(from, name), 0, typ) }

func exp(name string, kind, index byte) []byte {
	return append(append([]byte{byte(len(name))}, name...), kind, index)
}

func fn(code ...byte) []byte { return append([]byte{byte(len(code) + 1), 0}, code...) }
