package jsbuild

import (
	"context"
	"fmt"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

// action is what a module is made of.
type action struct {
	snapshotter *sandbox.Snapshotter
	parts       [][]byte // bytecode of the runtime's parts that it needs
	bytecode    []byte   // of the bundle
	maxBytes    int      // of its module
}

// evaluate makes a module of a source's bundle, with the source map.
func evaluate(ctx context.Context, w *sandbox.Snapshotter, src bundle.Source, made *bundle.Bundle, maxBytes int) (*Built, error) {
	bytecode, err := compile(ctx, w, made.Code, sourcemap.BundleName)
	if err != nil {
		return nil, explain(err, src, made)
	}
	section := sourcemap.Carry(made.Map)
	a := action{snapshotter: w, bytecode: bytecode, maxBytes: maxBytes - len(section)}
	if a.parts, err = engine.Parts(made.Code, made.Builtins); err != nil {
		return nil, err
	}
	if made.Intl != nil {
		part, err := compile(ctx, w, made.Intl, "usher-intl.js")
		if err != nil {
			return nil, fmt.Errorf("compile the action's languages: %w", err)
		}
		a.parts = append(a.parts, part)
	}
	built, err := a.module(ctx)
	if err != nil {
		return nil, explain(err, src, made)
	}
	exported := built.Exports
	if built.FromBytecode {
		exported = made.Handlers // what it exports is known in a run alone
	}
	if built.Module, err = withEntries(built.Module, exported); err != nil {
		return nil, fmt.Errorf("leave out entries: %w", err)
	}
	built.Module = append(built.Module, section...)
	return built, nil
}

// withEntries returns the engine's module without the entries of triggers that the
// action has no handler for; with all when it names none.
func withEntries(wasm []byte, exported []string) ([]byte, error) {
	served := host.TriggersOf(exported)
	if len(served) == 0 || len(served) == len(host.Triggers()) {
		return wasm, nil
	}
	made, err := wasmbin.Rewrite(wasm, wasmbin.Options{KeepExport: func(name string) bool {
		t := host.TriggerOf(name)
		return t == "" || slices.Contains(served, t)
	}})
	if err != nil {
		return nil, err
	}
	return made.Wasm, nil
}

// compile compiles a script in an instance of its own: memory that the compiler
// used should not be in the snapshot.
func compile(ctx context.Context, w *sandbox.Snapshotter, script []byte, name string) ([]byte, error) {
	e, err := engine.Open(ctx, w)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return e.Compile(script, name)
}

// module makes a module from a snapshot when the action's top-level code allows
// one: with its packages loaded, or else without. Otherwise, or when the snapshot
// is too large, it makes a module from the bytecode.
func (a *action) module(ctx context.Context) (*Built, error) {
	reason := ""
	for _, preload := range []bool{true, false} {
		built, tainted, err := a.snapshot(ctx, preload)
		if err != nil || built != nil && len(built.Module) <= a.maxBytes {
			return built, err
		}
		if reason = tainted; built != nil {
			reason = "its snapshot is too large for a module"
		}
	}
	e, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.Defer(a.bytecode); err != nil {
		return nil, err
	}
	wasm, err := e.Module()
	return &Built{Module: wasm, FromBytecode: true, Reason: reason}, err
}

// snapshot evaluates the action and makes a module of the memory. Tainted is the
// reason why it can't; there is no module then.
func (a *action) snapshot(ctx context.Context, preload bool) (_ *Built, tainted string, err error) {
	e, err := a.open(ctx)
	if err != nil {
		return nil, "", err
	}
	defer e.Close()
	d, tainted, err := e.Define(a.bytecode, preload)
	if err != nil || tainted != "" {
		return nil, tainted, err
	}
	if d.Problem != "" {
		return nil, "", &uncallableError{d}
	}
	wasm, err := e.Module()
	return &Built{Module: wasm, Exports: slices.Clone(d.Exports)}, "", err
}

// open returns an instance of the engine with the parts of the runtime.
func (a *action) open(ctx context.Context) (*engine.Instance, error) {
	e, err := engine.Open(ctx, a.snapshotter)
	if err != nil {
		return nil, err
	}
	for _, part := range a.parts {
		if err := e.Evaluate(part); err != nil {
			e.Close()
			return nil, fmt.Errorf("evaluate a part of the runtime: %w", err)
		}
	}
	return e, nil
}
