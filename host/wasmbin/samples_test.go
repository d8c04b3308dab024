package wasmbin_test

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/wasmbin"
)

// sample is one of the sample actions, as far as they are built.
type sample struct {
	name  string
	wasm  []byte
	input []byte
}

func samples(t testing.TB) (all []sample) {
	t.Helper()
	files, err := filepath.Glob("../../plugins/*/*.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		wasm, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		event, err := os.ReadFile(filepath.Join(filepath.Dir(f), "event.json"))
		if err != nil {
			t.Fatal(err)
		}
		input := `{"event":` + string(event) + `,"execution":{"id":"exe_1","action":"a","version":"1","binding_id":"b","attempt":1}}`
		all = append(all, sample{filepath.Base(filepath.Dir(f)), wasm, []byte(input)})
	}
	return all
}

// kernel is the smallest host that the samples run on: blocks of memory that
// are never freed, one secret, one HTTP answer.
type kernel struct {
	memory []byte
	blocks map[uint64]uint64
	input  []byte
	output [2]uint64
}

func (k *kernel) reset() {
	k.memory, k.blocks, k.output = k.memory[:64], map[uint64]uint64{}, [2]uint64{}
}

func (k *kernel) alloc(n uint64) uint64 {
	at := uint64(len(k.memory))
	k.memory = append(k.memory, make([]byte, n+8)...)
	k.blocks[at] = n
	return at
}

func (k *kernel) text(s string) uint64 {
	at := k.alloc(uint64(len(s)))
	copy(k.memory[at:], s)
	return at
}

// call serves the function name.
func (k *kernel) call(name string, stack []uint64) {
	switch name {
	case "alloc":
		stack[0] = k.alloc(stack[0])
	case "length", "length_unsafe":
		stack[0] = k.blocks[stack[0]]
	case "load_u8":
		stack[0] = uint64(k.memory[stack[0]])
	case "load_u64":
		stack[0] = binary.LittleEndian.Uint64(k.memory[stack[0]:])
	case "store_u8":
		k.memory[stack[0]] = byte(stack[1])
	case "store_u64":
		binary.LittleEndian.PutUint64(k.memory[stack[0]:], stack[1])
	case "input_length":
		stack[0] = uint64(len(k.input))
	case "input_load_u8":
		stack[0] = uint64(k.input[stack[0]])
	case "input_load_u64":
		stack[0] = binary.LittleEndian.Uint64(k.input[stack[0]:])
	case "output_set":
		k.output = [2]uint64{stack[0], stack[1]}
	case "secret_get", "config_get":
		stack[0] = k.text("https://example.com/hook")
	case "http_send":
		stack[0] = k.text(`{"status":200,"headers":{},"body":"{}"}`)
	case "http_request":
		stack[0] = k.text("{}")
	case "http_status_code":
		stack[0] = 200
	default:
		clear(stack)
	}
}

// serve instantiates host modules for everything that wasm imports.
func (k *kernel) serve(t testing.TB, r wazero.Runtime, wasm []byte) {
	t.Helper()
	ctx := context.Background()
	m, err := wasmbin.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	builders := map[string]wazero.HostModuleBuilder{}
	for _, i := range m.Imports {
		if i.Module == wasi_snapshot_preview1.ModuleName || i.Kind != wasmbin.KindFunction {
			continue
		}
		if builders[i.Module] == nil {
			builders[i.Module] = r.NewHostModuleBuilder(i.Module)
		}
		builders[i.Module].NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) {
			k.call(i.Name, stack)
		}), i.Type.Params, i.Type.Results).Export(i.Name)
	}
	for _, b := range builders {
		if _, err := b.Instantiate(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// guest is a sample that is ready to run.
type guest struct {
	kernel *kernel
	module api.Module
	entry  api.Function
}

func newGuest(t testing.TB, s sample, config wazero.RuntimeConfig, wasm []byte) *guest {
	t.Helper()
	r := newRuntime(t, config, endless)
	g := &guest{kernel: &kernel{memory: make([]byte, 64, 1<<20), input: append(s.input, make([]byte, 8)...)[:len(s.input)]}}
	g.kernel.input = g.kernel.input[: len(s.input) : len(s.input)+8]
	g.kernel.serve(t, r, s.wasm)
	m, err := r.InstantiateWithConfig(t.Context(), wasm, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range host.Entries() {
		if f := m.ExportedFunction(name); f != nil {
			g.module, g.entry = m, f
		}
	}
	return g
}

// run returns the output.
func (g *guest) run(t testing.TB) string {
	t.Helper()
	g.kernel.reset()
	call(t, g.entry)
	return string(g.kernel.memory[g.kernel.output[0]:][:g.kernel.output[1]])
}
