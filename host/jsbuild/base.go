package jsbuild

import (
	"context"

	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

// WithRuntime evaluates the runtime's script in the linked engine and returns
// the engine with that in its memory: what [Engine] returns has been made so.
// The sandbox must serve the functions that the engine imports.
func WithRuntime(ctx context.Context, s *sandbox.Sandbox, linked, script []byte) ([]byte, error) {
	w, err := s.Workshop(ctx, linked)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	scratch, err := newborn(ctx, w)
	if err != nil {
		return nil, err
	}
	bytecode, err := scratch.compile(script, "usher-runtime.js", 0)
	scratch.bench.Close()
	if err != nil {
		return nil, err
	}
	e, err := newborn(ctx, w)
	if err != nil {
		return nil, err
	}
	defer e.bench.Close()
	if _, err := e.call("usher_evaluate", bytecode); err != nil {
		return nil, err
	}
	if _, err := e.bench.Call("usher_collect"); err != nil {
		return nil, err
	}
	first, err := e.bench.Call("usher_heap")
	if err != nil {
		return nil, err
	}
	wipe(e.bench.Memory(), uint32(first))
	wasm, err := e.bench.Module()
	if err != nil {
		return nil, err
	}
	// It is initialised: nobody may do that again.
	made, err := wasmbin.Rewrite(wasm, wasmbin.Options{KeepExport: func(name string) bool {
		return name != "_initialize" && name != "usher_open" && name != "usher_evaluate"
	}})
	if err != nil {
		return nil, err
	}
	return made.Wasm, nil
}

// newborn returns an instance of the linked engine with a context and the
// primitives, before the runtime.
func newborn(ctx context.Context, w *sandbox.Workshop) (*engine, error) {
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
