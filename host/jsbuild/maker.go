package jsbuild

import (
	"context"

	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

// Maker makes what this package embeds, from the linked engine. Its owner must
// close it.
type Maker struct {
	workshop *sandbox.Snapshotter
}

// NewMaker compiles the linked engine. The sandbox must serve the functions
// that it imports.
func NewMaker(ctx context.Context, s *sandbox.Sandbox, linked []byte) (*Maker, error) {
	w, err := s.Snapshotter(ctx, linked)
	if err != nil {
		return nil, err
	}
	return &Maker{workshop: w}, nil
}

// Close frees the engine's code.
func (m *Maker) Close() { m.workshop.Close() }

// Compile compiles one of the runtime's scripts to bytecode.
func (m *Maker) Compile(ctx context.Context, script []byte) ([]byte, error) {
	e, err := newborn(ctx, m.workshop)
	if err != nil {
		return nil, err
	}
	defer e.bench.Close()
	return e.compile(script, "usher-runtime.js", 0)
}

// Engine evaluates the runtime's scripts in the engine and returns it with
// them in its memory.
func (m *Maker) Engine(ctx context.Context, scripts [][]byte) ([]byte, error) {
	e, err := newborn(ctx, m.workshop)
	if err != nil {
		return nil, err
	}
	defer e.bench.Close()
	for _, script := range scripts {
		bytecode, err := m.Compile(ctx, script)
		if err != nil {
			return nil, err
		}
		if _, err := e.call("usher_evaluate", bytecode); err != nil {
			return nil, err
		}
	}
	if _, err := e.bench.Call("usher_collect"); err != nil {
		return nil, err
	}
	wasm, err := e.module()
	if err != nil {
		return nil, err
	}
	// It is initialised: nobody may do that again.
	made, err := wasmbin.Rewrite(wasm, wasmbin.Options{KeepExport: func(name string) bool {
		return name != "_initialize" && name != "usher_open"
	}})
	if err != nil {
		return nil, err
	}
	return made.Wasm, nil
}

// newborn returns an instance of the linked engine with a context and the
// primitives, before the runtime.
func newborn(ctx context.Context, w *sandbox.Snapshotter) (*engine, error) {
	e, err := open(ctx, w)
	if err != nil {
		return nil, err
	}
	_, err = e.bench.Call("_initialize")
	if err == nil {
		_, err = e.call("usher_open", nil)
	}
	if err != nil {
		e.bench.Close()
		return nil, err
	}
	return e, nil
}
