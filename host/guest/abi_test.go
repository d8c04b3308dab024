package guest_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	extism "github.com/extism/go-sdk"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
)

// TestProgramsThatFreeEarlyEndAsInExtism runs random programs over the memory
// functions of the ABI that free blocks at any time, also those that are their
// output or error, in every isolation and with Extism's own SDK. A freed error
// is the one difference: the SDK drops it, and Usher reports it.
func TestProgramsThatFreeEarlyEndAsInExtism(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for seed := range uint64(60) {
		p := newProgram(seed)
		wasm := p.module()
		want := extismRun(t, wasm)
		if p.failed {
			want.errorText = p.errorCopy(&want)
		}
		for _, isolation := range []host.Isolation{host.IsolationPlain, host.IsolationFresh, host.IsolationReset, host.IsolationReset} {
			got := w.runABI(t, wasm, isolation)
			if got.errorText != want.errorText || want.errorText == "" && got.output != want.output || !slices.Equal(got.logs, want.logs) {
				t.Fatalf("seed %d in %s:\n%+v\nwant %+v\nprogram:\n%s", seed, isolation, got, want, strings.Join(p.text, "\n"))
			}
		}
	}
}

// abiOutcome is what a program leaves.
type abiOutcome struct {
	output, errorText string
	logs              []string
}

func extismRun(t *testing.T, wasm []byte) (o abiOutcome) {
	t.Helper()
	extism.SetLogLevel(extism.LogLevelInfo)
	plugin, err := extism.NewPlugin(t.Context(), extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: wasm}}, Memory: &extism.ManifestMemory{MaxVarBytes: 1 << 20},
	}, extism.PluginConfig{EnableWasi: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plugin.Close(context.Background()) }()
	plugin.SetLogger(func(level extism.LogLevel, message string) {
		if level == extism.LogLevelInfo {
			o.logs = append(o.logs, message)
		}
	})
	_, output, err := plugin.Call("onExecutePostUserRegistration", []byte("{}"))
	o.output = string(output)
	if err != nil {
		o.errorText = err.Error()
	}
	return o
}

// modules are modules by their digests.
type modules map[string][]byte

func (m modules) Module(_ context.Context, digest string) ([]byte, error) { return m[digest], nil }

func (w *world) runABI(t *testing.T, wasm []byte, isolation host.Isolation) (o abiOutcome) {
	t.Helper()
	r := *w.Runner
	r.Modules = modules{host.Digest(wasm): wasm}
	settings := w.settings
	settings.Isolation = isolation
	result, _, err := r.Run(t.Context(), guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Step:  host.Step{BindingID: "bnd_1", ActionID: "act_1", Action: "abi", Digest: host.Digest(wasm), Settings: settings, Declared: settings},
		Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(`{}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if result.Stats.Isolation != isolation {
		t.Fatalf("it ran in %q, not %q", result.Stats.Isolation, isolation)
	}
	o.output = string(result.Output)
	if result.Error != nil {
		o.errorText = result.Error.Message
	}
	for _, l := range result.Logs {
		o.logs = append(o.logs, l.Message)
	}
	return o
}

// program is a random program. Its variables name blocks: 0 to 7.
type program struct {
	random *rand.Rand
	code   []byte
	text   []string
	slots  [8]slot
	vars   map[string]int // lengths by name
	used   int            // bytes
	failed bool           // it set an error

	errorLength int
}

type slot struct {
	there  bool
	length int
}

// The functions of a program, in the order of their imports.
const (
	fAlloc = iota
	fFree
	fLength
	fLoad8
	fLoad64
	fStore8
	fStore64
	fOutput
	fError
	fVarSet
	fVarGet
	fLog
	fInputLoad
	fInputLength
	fInputOffset
	fFill // the program's own: offset, length, first byte
	fEntry
)

// The locals of a program beyond its blocks.
const (
	sum  = 8  // of what it read
	name = 9  // the block of a name
	kept = 10 // the block of the error
)

func newProgram(seed uint64) *program {
	p := &program{random: rand.New(rand.NewPCG(seed, 1)), vars: map[string]int{}}
	steps := []func(){p.alloc, p.alloc, p.alloc, p.free, p.free, p.store, p.load, p.load, p.length, p.output, p.output, p.varSet, p.varGet, p.log, p.input}
	if seed%3 == 0 {
		steps = append(steps, p.fail)
	}
	for range 40 {
		steps[p.random.IntN(len(steps))]()
	}
	if p.failed {
		p.copyError()
	}
	p.report()
	return p
}

func (p *program) say(format string, args ...any) {
	p.text = append(p.text, fmt.Sprintf(format, args...))
}

func (p *program) get(local int)      { p.code = append(p.code, 0x20, byte(local)) }
func (p *program) set(local int)      { p.code = append(p.code, 0x21, byte(local)) }
func (p *program) call(f int)         { p.code = append(p.code, 0x10, byte(f)) }
func (p *program) int64(n int64)      { p.code = sleb(append(p.code, 0x42), n) }
func (p *program) int32(n int64)      { p.code = sleb(append(p.code, 0x41), n) }
func (p *program) op(codes ...byte)   { p.code = append(p.code, codes...) }
func (p *program) at(local, plus int) { p.get(local); p.int64(int64(plus)); p.op(0x7c) }
func (p *program) mix(value func()) {
	p.get(sum)
	p.int64(31)
	p.op(0x7e)
	value()
	p.op(0x7c)
	p.set(sum)
}
func (p *program) any(n int) int       { return p.random.IntN(n) }
func (p *program) block() (int, *slot) { i := p.any(8); return i, &p.slots[i] }

// sleb appends a number as the format has it.
func sleb(out []byte, n int64) []byte {
	for {
		b := byte(n & 0x7f)
		n >>= 7
		if n == 0 && b&0x40 == 0 || n == -1 && b&0x40 != 0 {
			return append(out, b)
		}
		out = append(out, b|0x80)
	}
}

// allocInto makes a block of printable bytes.
func (p *program) allocInto(local, length int) {
	p.int64(int64(length))
	p.call(fAlloc)
	p.set(local)
	p.get(local)
	p.int64(int64(length))
	p.int32(int64(0x21 + p.any(64)))
	p.call(fFill)
	p.used += length
}

func (p *program) alloc() {
	length := 1 + p.any([]int{8, 40, 300}[p.any(3)])
	if p.used += length; p.used > 20_000 {
		return
	}
	i, s := p.block()
	p.allocInto(i, length)
	*s = slot{true, length}
	p.say("%d = alloc(%d)", i, length)
}

func (p *program) free() {
	i, s := p.block()
	if s.there {
		p.get(i)
		p.call(fFree)
		p.say("free(%d)", i)
	}
}

func (p *program) store() {
	i, s := p.block()
	if !s.there || s.length == 0 {
		return
	}
	if s.length >= 8 && p.any(2) == 0 {
		p.at(i, p.any(s.length-7))
		p.int64(0x4142434445464748 + int64(p.any(16)))
		p.call(fStore64)
		p.say("store_u64(%d)", i)
		return
	}
	p.at(i, p.any(s.length))
	p.int32(int64(0x30 + p.any(10)))
	p.call(fStore8)
	p.say("store_u8(%d)", i)
}

func (p *program) load() {
	i, s := p.block()
	if !s.there || s.length == 0 {
		return
	}
	p.say("load(%d)", i)
	if s.length >= 8 && p.any(2) == 0 {
		at := p.any(s.length - 7)
		p.mix(func() { p.at(i, at); p.call(fLoad64) })
		return
	}
	at := p.any(s.length)
	p.mix(func() { p.at(i, at); p.call(fLoad8); p.op(0xad) })
}

func (p *program) length() {
	i, s := p.block()
	if s.there {
		p.mix(func() { p.get(i); p.call(fLength) })
		p.say("length(%d)", i)
	}
}

func (p *program) output() {
	i, s := p.block()
	if !s.there || s.length == 0 {
		return
	}
	at := p.any(s.length)
	length := 1 + p.any(s.length-at)
	p.at(i, at)
	p.int64(int64(length))
	p.call(fOutput)
	p.say("output_set(%d + %d, %d)", i, at, length)
	if p.any(2) == 0 {
		p.get(i)
		p.call(fFree)
		p.say("free(%d)", i)
	}
}

func (p *program) varSet() {
	i, s := p.block()
	if !s.there {
		return
	}
	n := p.any(3)
	p.nameInto(n)
	p.get(name)
	p.get(i)
	p.call(fVarSet)
	p.say("var_set(%d, %d)", n, i)
	if p.any(2) == 0 { // what the host has freed
		p.get(name)
		p.call(fFree)
	}
}

func (p *program) nameInto(n int) {
	p.allocInto(name, 3)
	for at := range 3 {
		p.at(name, at)
		p.int32(int64('a' + n))
		p.call(fStore8)
	}
}

func (p *program) varGet() {
	n := p.any(3)
	i, s := p.block()
	p.nameInto(n)
	p.get(name)
	p.call(fVarGet)
	p.set(i)
	p.mix(func() { p.get(i); p.call(fLength) })
	*s = slot{there: true} // its length is not known here: only what asks for it uses it
	p.say("%d = var_get(%d)", i, n)
}

func (p *program) log() {
	i, s := p.block()
	if s.there {
		p.get(i)
		p.call(fLog)
		p.say("log_info(%d)", i)
	}
}

func (p *program) input() {
	if p.any(3) == 0 {
		p.call(fInputOffset)
		p.call(fFree)
		p.mix(func() { p.call(fInputLength) })
		p.say("free(input)")
	}
	p.mix(func() { p.int64(0); p.call(fInputLoad); p.op(0xad) })
	p.say("input_load_u8")
}

func (p *program) fail() {
	i, s := p.block()
	if p.failed || !s.there || s.length == 0 {
		return
	}
	p.failed = true
	p.get(i)
	p.call(fLength)
	p.op(0x50, 0x04, 0x40) // a block that was freed before is no error: another is
	p.allocInto(i, s.length)
	p.op(0x0b)
	p.get(i)
	p.set(kept)
	p.get(i)
	p.call(fError)
	p.text = append(p.text, fmt.Sprintf("error_set(%d)", i))
	p.slots[i] = *s
	if p.any(2) == 0 {
		p.get(i)
		p.call(fFree)
		p.say("free(%d)", i)
	}
	p.errorLength = s.length
}

// copyError logs the bytes that the error has at the end.
func (p *program) copyError() {
	p.int64(int64(p.errorLength))
	p.call(fAlloc)
	p.set(name)
	for at := range p.errorLength {
		p.at(name, at)
		p.at(kept, at)
		p.call(fLoad8)
		p.call(fStore8)
	}
	p.get(name)
	p.call(fLog)
}

// errorCopy takes from the logs what copyError logged.
func (p *program) errorCopy(o *abiOutcome) string { return o.logs[len(o.logs)-2] }

// report logs the sum, in printable bytes.
func (p *program) report() {
	p.int64(8)
	p.call(fAlloc)
	p.set(name)
	p.get(name)
	p.get(sum)
	p.int64(0x1f1f1f1f1f1f1f1f)
	p.op(0x83)
	p.int64(0x4040404040404040)
	p.op(0x84)
	p.call(fStore64)
	p.get(name)
	p.call(fLog)
	p.int32(0)
}

// module writes the program as a module.
func (p *program) module() []byte {
	const i32, i64 = 0x7f, 0x7e
	types := [][]byte{
		{0x60, 1, i64, 1, i64},
		{0x60, 1, i64, 0},
		{0x60, 1, i64, 1, i32},
		{0x60, 2, i64, i32, 0},
		{0x60, 2, i64, i64, 0},
		{0x60, 0, 1, i64},
		{0x60, 3, i64, i64, i32, 0},
		{0x60, 0, 1, i32},
	}
	imports := []struct {
		name string
		kind byte
	}{
		{"alloc", 0},
		{"free", 1},
		{"length", 0},
		{"load_u8", 2},
		{"load_u64", 0},
		{"store_u8", 3},
		{"store_u64", 4},
		{"output_set", 4},
		{"error_set", 1},
		{"var_set", 4},
		{"var_get", 0},
		{"log_info", 1},
		{"input_load_u8", 2},
		{"input_length", 5},
		{"input_offset", 5},
	}
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, count int, content []byte) {
		content = append(binary.AppendUvarint(nil, uint64(count)), content...)
		out = append(binary.AppendUvarint(append(out, id), uint64(len(content))), content...)
	}
	text := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	section(1, len(types), slices.Concat(types...))
	var list []byte
	for _, i := range imports {
		list = append(slices.Concat(list, text("extism:host/env"), text(i.name)), 0, i.kind)
	}
	section(2, len(imports), list)
	section(3, 2, []byte{6, 7})
	section(5, 1, []byte{0, 1})
	section(7, 1, append(text("onExecutePostUserRegistration"), 0, fEntry))
	fill := []byte{
		0, 0x03, 0x40, 0x20, 0, 0x20, 2, 0x10, fStore8, // loop: store
		0x20, 0, 0x42, 1, 0x7c, 0x21, 0, 0x20, 1, 0x42, 1, 0x7d, 0x21, 1, // one on
		0x20, 2, 0x41, 1, 0x6a, 0x41, 0x3f, 0x71, 0x41, 0x21, 0x6a, 0x21, 2, // another byte
		0x20, 1, 0x42, 0, 0x55, 0x0d, 0, 0x0b, 0x0b, // until all
	}
	entry := slices.Concat([]byte{1, 11, i64}, p.code, []byte{0x0b})
	var bodies []byte
	for _, b := range [][]byte{fill, entry} {
		bodies = append(binary.AppendUvarint(bodies, uint64(len(b))), b...)
	}
	section(10, 2, bodies)
	return out
}
