package engine

import (
	"context"

	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

// Maker makes what package dist embeds, from the linked engine. Its owner must
// close it.
type Maker struct {
	snapshotter *sandbox.Snapshotter
}

// NewMaker compiles the linked engine. The sandbox must serve the functions
// that it imports.
func NewMaker(ctx context.Context, s *sandbox.Sandbox, linked []byte) (*Maker, error) {
	w, err := s.Snapshotter(ctx, linked)
	if err != nil {
		return nil, err
	}
	return &Maker{snapshotter: w}, nil
}

// Close frees the engine's code.
func (m *Maker) Close() { m.snapshotter.Close() }

// Compile returns the bytecode of one of the runtime's scripts.
func (m *Maker) Compile(ctx context.Context, script []byte) ([]byte, error) {
	e, err := initialized(ctx, m.snapshotter)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.compile(script, "usher-runtime.js", false)
}

// Engine evaluates the runtime's scripts in the engine and returns its module,
// with them in its memory.
func (m *Maker) Engine(ctx context.Context, scripts [][]byte) ([]byte, error) {
	e, err := initialized(ctx, m.snapshotter)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	for _, script := range scripts {
		bytecode, err := m.Compile(ctx, script)
		if err != nil {
			return nil, err
		}
		if err := e.Evaluate(bytecode); err != nil {
			return nil, err
		}
	}
	if _, err := e.session.Call("usher_collect"); err != nil {
		return nil, err
	}
	wasm, err := e.module()
	if err != nil {
		return nil, err
	}
	// It is initialised, which must not happen twice.
	made, err := wasmbin.Rewrite(wasm, wasmbin.Options{KeepExport: func(name string) bool {
		return name != "_initialize" && name != "usher_open"
	}})
	if err != nil {
		return nil, err
	}
	return made.Wasm, nil
}

// initialized returns an instance of the linked engine with a JavaScript context
// and the glue's functions, before the runtime.
func initialized(ctx context.Context, w *sandbox.Snapshotter) (*Instance, error) {
	e, err := Open(ctx, w)
	if err != nil {
		return nil, err
	}
	_, err = e.session.Call("_initialize")
	if err == nil {
		_, err = e.call("usher_open", nil)
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}
