package wasmbin_test

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/wasmbin"
)

//go:embed testdata/state.wasm
var state []byte

func rewrite(t testing.TB, wasm []byte, o wasmbin.Options) *wasmbin.Rewritten {
	t.Helper()
	w, err := wasmbin.Rewrite(wasm, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// sections returns the sections' ids, and the names of the custom ones.
func sections(t testing.TB, wasm []byte) (names []string) {
	t.Helper()
	m, err := wasmbin.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Sections {
		name := fmt.Sprint(s.ID)
		if s.ID == wasmbin.SectionCustom {
			name = string(s.Body[1 : 1+s.Body[0]])
		}
		names = append(names, name)
	}
	return names
}

func TestNothingChangesUnasked(t *testing.T) {
	t.Parallel()
	for name, wasm := range map[string][]byte{"mixed": mixed, "bombs": bombs, "state": state, "loops": loops} {
		if w := rewrite(t, wasm, wasmbin.Options{}); !bytes.Equal(w.Wasm, wasm) {
			t.Errorf("%s changed", name)
		}
	}
}

// custom is a custom section.
func custom(name, content string) []byte {
	body := append(append(leb(nil, len(name)), name...), content...)
	return append(leb([]byte{0}, len(body)), body...)
}

func TestStripKeepsNamesAndSourceMap(t *testing.T) {
	t.Parallel()
	full := slices.Concat(state[:8], custom("first", ""), state[8:], custom("producers", "x"), custom("sourceMappingURL", "\x03map"))
	if w := rewrite(t, full, wasmbin.Options{}); !bytes.Equal(w.Wasm, full) {
		t.Error("custom sections changed unasked")
	}
	for _, meter := range []bool{false, true} {
		w := rewrite(t, full, wasmbin.Options{Strip: true, Meter: meter})
		got := slices.DeleteFunc(sections(t, w.Wasm), func(s string) bool { return len(s) < 3 })
		slices.Sort(got)
		if !slices.Equal(got, []string{"name", "sourceMappingURL"}) {
			t.Errorf("custom sections %q", got)
		}
	}
}

func TestNamesFollowTheirFunctions(t *testing.T) {
	t.Parallel()
	for _, strip := range []bool{false, true} {
		r := newRuntime(t, compilerConfig(), func(api.MutableGlobal) { panic("stop") })
		w := rewrite(t, state, wasmbin.Options{Meter: true, Strip: strip})
		_, err := r.Instantiate(t.Context(), w.Wasm)
		if err == nil || !strings.Contains(err.Error(), ".begin()") {
			t.Errorf("strip %v: the trace names no function: %v", strip, err)
		}
	}
}

func TestBrokenNamesAreLeftOut(t *testing.T) {
	t.Parallel()
	r := newRuntime(t, compilerConfig(), endless)
	for name, content := range map[string]string{
		"a count without names":  "\x01\x05\xff\xff\xff\xff\x0f",
		"a part that is cut off": "\x01\x05\x01",
		"functions out of order": "\x01\x07\x02\x01\x01a\x00\x01b",
	} {
		for _, meter := range []bool{false, true} {
			w := rewrite(t, append(assemble(stores(1)), custom("name", content)...), wasmbin.Options{Meter: meter})
			if _, err := r.CompileModule(t.Context(), w.Wasm); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestLongNamesAreCut: the engine writes names into the trace of every trap, once
// a frame.
func TestLongNamesAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ö", 100_000)
	part := func(id byte, content []byte) string {
		return string(append(leb([]byte{id}, len(content)), content...))
	}
	module := part(0, append(leb(nil, len(long)), long...))
	function := part(1, append(leb([]byte{1, 0}, len(long)), long...))
	for _, options := range []wasmbin.Options{{}, {Meter: true}, {Strip: true}} {
		w := rewrite(t, append(assemble(stores(1)), custom("name", module+function)...), options)
		if n := bytes.Count(w.Wasm, []byte("ö")); n != 1024 {
			t.Errorf("%+v: %d characters are left, want 512 of each name", options, n)
		}
		if _, err := newRuntime(t, compilerConfig(), endless).CompileModule(t.Context(), w.Wasm); err != nil {
			t.Error(err)
		}
	}
}

func TestMergeDataKeepsTheMemory(t *testing.T) {
	t.Parallel()
	r := newRuntime(t, compilerConfig(), endless)
	plain := instantiate(t, r, state)
	w := rewrite(t, state, wasmbin.Options{MergeData: true})
	merged := instantiate(t, r, w.Wasm)
	if !bytes.Equal(contents(t, merged), contents(t, plain)) {
		t.Error("the memory differs")
	}
	if len(w.Wasm) >= len(state) {
		t.Errorf("%d bytes became %d", len(state), len(w.Wasm))
	}
}

func contents(t testing.TB, m api.Module) []byte {
	t.Helper()
	memory, ok := m.Memory().Read(0, m.Memory().Size())
	if !ok {
		t.Fatal("no memory")
	}
	return memory
}

// TestAModuleBeginsWithAState takes the state of one instance, and begins
// another with it.
func TestAModuleBeginsWithAState(t *testing.T) {
	t.Parallel()
	r := newRuntime(t, compilerConfig(), endless)
	first := rewrite(t, state, wasmbin.Options{Meter: true, ExportGlobals: true})
	ran := instantiate(t, r, first.Wasm)
	s := &wasmbin.State{Pages: ran.Memory().Size() / wasmbin.PageBytes, Memory: contents(t, ran), Globals: map[uint32]uint64{}}
	for _, g := range first.Facts.Globals {
		s.Globals[g.Index] = ran.ExportedGlobal(g.Export).Get()
	}
	if len(s.Globals) != 4 || s.Pages != 3 {
		t.Fatalf("%d globals, %d pages", len(s.Globals), s.Pages)
	}
	want := call(t, ran.ExportedFunction("globals"))
	again := instantiate(t, r, rewrite(t, state, wasmbin.Options{Meter: true, State: s}).Wasm)
	if !bytes.Equal(contents(t, again), s.Memory) {
		t.Error("the memory differs")
	}
	if got := call(t, again.ExportedFunction("globals")); !slices.Equal(got, want) {
		t.Errorf("globals %v, want %v", got, want)
	}
	s.Memory = nil
	empty := instantiate(t, r, rewrite(t, state, wasmbin.Options{State: s}).Wasm)
	if memory := contents(t, empty); !bytes.Equal(memory, make([]byte, len(memory))) || len(memory) != 3*wasmbin.PageBytes {
		t.Errorf("%d bytes that are not all zero", len(memory))
	}
}

func TestAStateMustFit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		wasm  []byte
		state wasmbin.State
		says  string
	}{
		{"fewer pages than the module asks for", state, wasmbin.State{Pages: 1}, "does not fit"},
		{"more bytes than pages", state, wasmbin.State{Pages: 2, Memory: make([]byte, 2*wasmbin.PageBytes+1)}, "does not fit"},
		{"a global that is fixed", state, wasmbin.State{Pages: 2, Globals: map[uint32]uint64{4: 1}}, "no own mutable global 4"},
		{"no memory", startLoop, wasmbin.State{Pages: 1}, "no memory"},
		{"a module that changes tables", mixed, wasmbin.State{Pages: 1}, "it changes tables"},
	} {
		if _, err := wasmbin.Rewrite(tt.wasm, wasmbin.Options{State: &tt.state}); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
}

func TestMaximaAreLowered(t *testing.T) {
	t.Parallel()
	r := newRuntime(t, compilerConfig(), endless)
	m := instantiate(t, r, rewrite(t, mixed, wasmbin.Options{MaxMemoryPages: 2, MaxTableElements: 4}).Wasm)
	if got := call(t, m.ExportedFunction("grow"), 3, 1); int32(got[0]) != -100+1 {
		t.Errorf("growing by three pages and by one gave %d", int32(got[0]))
	}
	for _, o := range []wasmbin.Options{{MaxMemoryPages: 1}, {MaxTableElements: 1}} {
		if _, err := wasmbin.Rewrite(append([]byte(nil), state...), o); o.MaxMemoryPages == 1 && (err == nil || !strings.Contains(err.Error(), "begins with 2")) {
			t.Errorf("error %v", err)
		}
	}
}

func TestFactsNameTheObstaclesToARestore(t *testing.T) {
	t.Parallel()
	facts := rewrite(t, mixed, wasmbin.Options{}).Facts
	if !facts.Start || !facts.MutatesTables || !facts.PassiveSegments || facts.MemoryGrows != 2 || len(facts.Globals) != 3 || facts.Memory.Max != 8 {
		t.Errorf("facts %+v", facts)
	}
	if why := facts.Obstacles(); len(why) != 2 {
		t.Errorf("obstacles %q", why)
	}
	if facts = rewrite(t, state, wasmbin.Options{}).Facts; len(facts.Obstacles()) != 0 {
		t.Errorf("obstacles %q", facts.Obstacles())
	}
}

// TestCodeCanNotReachTheLocalOfTheMeter sets the local behind the last one in
// a loop that calls nothing, where metering adds one that holds the fuel.
func TestCodeCanNotReachTheLocalOfTheMeter(t *testing.T) {
	t.Parallel()
	wasm := []byte("\x00asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x07\x05\x01\x01f\x00\x00" +
		"\x0a\x0d\x01\x0b\x00\x03\x40\x42\x01\x21\x00\x0c\x00\x0b\x0b")
	if _, err := wasmbin.Rewrite(wasm, wasmbin.Options{Meter: true}); err == nil || !strings.Contains(err.Error(), "there is no local 0") {
		t.Errorf("rewritten with error %v", err)
	}
	if problems := wasmbin.Check(wasm, wasmbin.DefaultBudgets()); len(problems) == 0 {
		t.Error("it passes the check")
	}
}
