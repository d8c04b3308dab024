package wasmbin_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/wasmbin"
)

// mover is (module (memory 80) (export "memory" (memory 0)) with the exports
// "copy" and "fill": (param i32 i32 i32), memory.copy and memory.fill.
const mover = "\x00asm\x01\x00\x00\x00" +
	"\x01\x07\x01\x60\x03\x7f\x7f\x7f\x00" + // the type
	"\x03\x03\x02\x00\x00" + // two functions
	"\x05\x04\x01\x00\xd0\x00" + // memory of 80 pages
	"\x07\x18\x03\x06memory\x02\x00\x04copy\x00\x00\x04fill\x00\x01" +
	"\x0a\x1a\x02" +
	"\x0c\x00\x20\x00\x20\x01\x20\x02\xfc\x0a\x00\x00\x0b" +
	"\x0b\x00\x20\x00\x20\x01\x20\x02\xfc\x0b\x00\x0b"

// TestPiecesBehaveAsTheWholeOperation copies and fills at random, in a memory of five
// pieces, over itself, beyond the end and at the edges.
func TestPiecesBehaveAsTheWholeOperation(t *testing.T) {
	t.Parallel()
	w, err := wasmbin.Rewrite([]byte(mover), wasmbin.Options{Meter: true})
	if err != nil {
		t.Fatal(err)
	}
	r := wazero.NewRuntime(t.Context())
	defer func() { _ = r.Close(t.Context()) }()
	refuels := 0
	_, err = r.NewHostModuleBuilder(wasmbin.MeterModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, m api.Module, _ []uint64) {
			refuels++
			m.ExportedGlobal(wasmbin.FuelExport).(api.MutableGlobal).Set(100_000)
		}), nil, nil).Export(wasmbin.MeterRefuel).Instantiate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(t.Context(), w.Wasm)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	memory, _ := m.Memory().Read(0, m.Memory().Size())
	for i := range memory {
		memory[i] = byte(random.Uint32())
	}
	want := bytes.Clone(memory)
	edges := []uint32{0, 1, 15, wasmbin.PieceBytes - 1, wasmbin.PieceBytes, wasmbin.PieceBytes + 1, 2 * wasmbin.PieceBytes, uint32(len(memory)) - 1, uint32(len(memory)), 1 << 31, 1<<32 - 1}
	number := func() uint32 {
		if random.IntN(3) == 0 {
			return edges[random.IntN(len(edges))]
		}
		return random.Uint32N(uint32(len(memory)))
	}
	for n := range 400 {
		to, from, count := number(), number(), number()
		name, fits := "copy", uint64(to)+uint64(count) <= uint64(len(memory))
		if n%2 == 0 {
			name = "fill"
			if fits {
				copy(want[to:to+count], bytes.Repeat([]byte{byte(from)}, int(count)))
			}
		} else if fits = fits && uint64(from)+uint64(count) <= uint64(len(memory)); fits {
			copy(want[to:to+count], want[from:from+count])
		}
		_, err := m.ExportedFunction(name).Call(t.Context(), uint64(to), uint64(from), uint64(count))
		if (err == nil) != fits || !bytes.Equal(memory, want) {
			t.Fatalf("%s %d %d %d: error %v, the memory is as it should be: %t", name, to, from, count, err, bytes.Equal(memory, want))
		}
	}
	if refuels < 100 {
		t.Errorf("%d refuels", refuels)
	}
}
