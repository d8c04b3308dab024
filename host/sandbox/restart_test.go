package sandbox_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

// TestRestartsUnderLoadNeverUseCodeThatIsHalfLoaded starts sandboxes over a
// cache that has everything, as a host does that is restarted with events
// waiting: several modules of the same code are run at once, at once. Their many
// types make the engine take its time before the code can be entered.
func TestRestartsUnderLoadNeverUseCodeThatIsHalfLoaded(t *testing.T) {
	t.Parallel()
	const restarts, modules, runs = 50, 5, 4
	dir := t.TempDir()
	for range restarts {
		s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: dir, Functions: functions()})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for n := range modules * runs {
			all.Go(func() { runTyped(t, s, n%modules) })
		}
		all.Wait()
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func runTyped(t *testing.T, s *sandbox.Sandbox, n int) {
	wasm := wasmbin.AppendCustom(manyTypes(400), "number", fmt.Append(nil, n))
	m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
	if err != nil {
		t.Error(err)
		return
	}
	defer m.Release()
	if out := m.Run(t.Context(), request("{}")); out.Fault != nil {
		t.Error(out.Fault)
	}
}

// manyTypes is a module whose entry does nothing, with n types besides its.
func manyTypes(n int) []byte {
	section := func(id byte, body ...byte) []byte {
		return append(binary.AppendUvarint([]byte{id}, uint64(len(body))), body...)
	}
	types := append(binary.AppendUvarint(nil, uint64(n+1)), 0x60, 0, 0)
	for i := range n {
		types = append(types, 0x60, 10)
		for bit := range 10 {
			types = append(types, wasmbin.TypeI32-byte(i>>bit&1))
		}
		types = append(types, 0)
	}
	export := append([]byte{1, byte(len(entry))}, entry...)
	wasm := []byte("\x00asm\x01\x00\x00\x00")
	wasm = append(wasm, section(wasmbin.SectionType, types...)...)
	wasm = append(wasm, section(wasmbin.SectionFunction, 1, 0)...)
	wasm = append(wasm, section(wasmbin.SectionExport, append(export, 0, 0)...)...)
	return append(wasm, section(wasmbin.SectionCode, 1, 2, 0, 0x0b)...)
}
