package main

import (
	"context"
	"encoding/binary"
	"runtime"

	extism "github.com/extism/go-sdk"

	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// benchIdle measures the Go heap and the memory mapped for code that one more
// registered module costs.
func benchIdle(ctx context.Context, e effort) ([]row, error) {
	ours, theirs, err := sideBySide(e.Rounds, func() (float64, error) {
		s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions()})
		if err != nil {
			return 0, err
		}
		defer func() { _ = s.Close(ctx) }()
		return kibEach(e, func(wasm []byte) error {
			_, err := s.Module(ctx, sandbox.Digest(wasm), func() ([]byte, error) { return wasm, nil })
			return err
		})
	}, func() (float64, error) {
		var kept []*extism.CompiledPlugin
		defer func() {
			for _, p := range kept {
				_ = p.Close(ctx)
			}
		}()
		return kibEach(e, func(wasm []byte) error {
			p, err := extism.NewCompiledPlugin(ctx, extism.Manifest{
				Wasm: []extism.Wasm{extism.WasmData{Data: wasm}}, Timeout: 20_000,
			}, extism.PluginConfig{EnableWasi: true}, nil)
			kept = append(kept, p)
			return err
		})
	})
	return []row{{"idle", "idle", ours, "KiB", "go-sdk", theirs / ours}}, err
}

// kibEach returns what each of e.Count distinct modules costs.
func kibEach(e effort, load func(wasm []byte) error) (float64, error) {
	before := heap()
	for i := range e.Count {
		if err := load(distinct(guests.Wasm("echo"), i)); err != nil {
			return 0, err
		}
	}
	return float64(heap()-before) / 1024 / float64(e.Count), nil
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// distinct returns the module with a custom section that makes it another.
func distinct(wasm []byte, i int) []byte {
	section := binary.BigEndian.AppendUint32([]byte{0, 6, 1, 'n'}, uint32(i))
	return append(append([]byte{}, wasm...), section...)
}
