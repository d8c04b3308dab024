// Package jsbuild makes Wasm modules from JavaScript and TypeScript actions:
// it bundles the source with its packages, evaluates the bundle once in the
// JavaScript engine, and makes the engine's memory the module's own. Such a
// module runs in any host of the Extism ABI.
package jsbuild

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

// Config says what a Builder works with.
type Config struct {
	Sandbox  *sandbox.Sandbox // evaluates the engine
	Packages *Packages        // installs dependencies; nil: from the public registry, into a folder of the user's cache

	// Child is the command line of a program that calls [child.Main] with
	// [Task]: it builds sources that have no folder, and runs npm, under
	// limits. It needs a sandbox with a cache directory. Empty builds in this
	// process, which hostile code can then end.
	Child []string
}

// Builder builds modules. It is safe for concurrent use.
type Builder struct {
	Packages *Packages // installs lists of dependencies

	sandbox   *sandbox.Sandbox
	engine    []byte
	child     []string
	limits    child.Limits
	compiled  atomic.Bool // the engine is, where child looks
	installer installer
	stage     func(string) error // told what happens next

	mu       sync.Mutex
	workshop *sandbox.Snapshotter // nil until the first build
}

// New returns a builder. The error is [ErrNoEngine] when there is no engine in
// this binary. The caller must close it before its sandbox.
func New(c Config) (*Builder, error) {
	wasm, err := Engine()
	if err != nil {
		return nil, err
	}
	if c.Packages == nil {
		c.Packages = &Packages{}
	}
	if c.Sandbox == nil || c.Sandbox.CacheDir() == "" {
		c.Child = nil
	}
	c.Packages.child = c.Child
	return &Builder{
		Packages: c.Packages, sandbox: c.Sandbox, engine: wasm, child: c.Child, limits: buildLimits,
		installer: c.Packages, stage: quiet,
	}, nil
}

func quiet(string) error { return nil }

// Close frees the engine's code.
func (b *Builder) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.workshop != nil {
		b.workshop.Close()
		b.workshop = nil
	}
}

// Built is a module made from an action.
type Built struct {
	Module       []byte
	Map          []byte // the source map of its bundle, which Module carries too
	FromBytecode bool   // its top-level code runs at the start of each run
	Reason       string // why it does
	Exports      []string
	Warnings     []host.BuildMessage
	Packages     []Package // bundled, with the versions found
}

// Build makes a module from a source: the same bytes from the same source and
// packages. What is wrong with the source is a [*host.BuildFailure].
func (b *Builder) Build(ctx context.Context, src Source) (*Built, error) {
	if len(b.child) > 0 && src.Dir == "" {
		return b.buildApart(ctx, src)
	}
	return b.build(ctx, src)
}

func (b *Builder) build(ctx context.Context, src Source) (*Built, error) {
	bundle, err := b.bundle(ctx, src)
	if err != nil {
		return nil, err
	}
	if err := b.stage("compiling the action and running its top-level code"); err != nil {
		return nil, err
	}
	w, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	bytecode, err := compile(ctx, w, bundle.Code, BundleName)
	if err != nil {
		return nil, told(err, src, bundle)
	}
	section := wasmbin.AppendCustom(nil, MapSection, sectionFor(bundle.Map))
	a := action{workshop: w, bytecode: bytecode, room: b.sandbox.MaxModuleBytes() - len(section)}
	if a.parts, err = partsFor(bundle); err != nil {
		return nil, err
	}
	if bundle.Intl != nil {
		part, err := compile(ctx, w, bundle.Intl, "usher-intl.js")
		if err != nil {
			return nil, fmt.Errorf("compile the action's languages: %w", err)
		}
		a.parts = append(a.parts, part)
	}
	built, err := a.evaluate(ctx)
	if err != nil {
		return nil, told(err, src, bundle)
	}
	built.Module = append(built.Module, section...)
	built.Map, built.Packages = bundle.Map, bundle.Packages
	built.Warnings = append(bundle.Warnings, built.Warnings...)
	return built, nil
}

// open returns the workshop of the engine, which compiles it once.
func (b *Builder) open(ctx context.Context) (*sandbox.Snapshotter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.workshop == nil {
		w, err := b.sandbox.Snapshotter(ctx, b.engine)
		if err != nil {
			return nil, fmt.Errorf("compile the JavaScript engine: %w", err)
		}
		b.workshop = w
	}
	return b.workshop, nil
}

// compile compiles a script in an instance of its own: what compiling leaves
// in memory is not for the image.
func compile(ctx context.Context, w *sandbox.Snapshotter, script []byte, name string) ([]byte, error) {
	e, err := open(ctx, w)
	if err != nil {
		return nil, err
	}
	defer e.bench.Close()
	return e.compile(script, name, 1)
}

// described is what the runtime tells of an action that it has evaluated.
type described struct {
	Exports []string `json:"exports"`
	Problem string   `json:"problem"` // why its entry can't be called; "" when it can
}

// action is what a module is made of.
type action struct {
	workshop *sandbox.Snapshotter
	parts    [][]byte // of the runtime, besides its core
	bytecode []byte   // of the bundle
	room     int      // bytes that its module may have
}

// open makes an instance of the engine with the parts of the runtime.
func (a *action) open(ctx context.Context) (*engine, error) {
	e, err := open(ctx, a.workshop)
	if err != nil {
		return nil, err
	}
	for _, part := range a.parts {
		if _, err := e.call("usher_evaluate", part); err != nil {
			e.bench.Close()
			return nil, fmt.Errorf("evaluate a part of the runtime: %w", err)
		}
	}
	return e, nil
}

// evaluate makes an image of the action when its top-level code allows one:
// with its packages loaded, or else as it is. Code that needs the time, random
// numbers or the host is kept as bytecode, and so is code whose image would be
// too large for a module.
func (a *action) evaluate(ctx context.Context) (*Built, error) {
	reason := ""
	for _, touch := range []uint64{1, 0} {
		built, why, err := a.image(ctx, touch)
		if err != nil || built != nil && len(built.Module) <= a.room {
			return built, err
		}
		if reason = why; built != nil {
			reason = "its image is too large for a module"
		}
	}
	e, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer e.bench.Close()
	at, err := e.put(a.bytecode)
	if err != nil {
		return nil, err
	}
	if _, err := e.bench.Call("usher_defer", at, uint64(len(a.bytecode))); err != nil {
		return nil, err
	}
	wasm, err := e.settle()
	return &Built{Module: wasm, FromBytecode: true, Reason: reason}, err
}

// image evaluates the action and takes its image; why tells why it can't.
func (a *action) image(ctx context.Context, touch uint64) (_ *Built, why string, err error) {
	e, err := a.open(ctx)
	if err != nil {
		return nil, "", err
	}
	defer e.bench.Close()
	e.bench.Strict()
	answer, err := e.call("usher_define", a.bytecode, touch)
	if why := e.bench.Taint(); why != "" {
		return nil, reasonOf(why), nil
	}
	if err != nil {
		return nil, "", err
	}
	var d described
	if err := json.Unmarshal(answer, &d); err != nil {
		return nil, "", fmt.Errorf("read what the runtime tells of the action: %w", err)
	}
	if d.Problem != "" {
		return nil, "", &unfit{problem: d.Problem, exports: d.Exports}
	}
	wasm, err := e.settle()
	return &Built{Module: wasm, Exports: slices.Clone(d.Exports)}, "", err
}

// settle readies the engine for runs and returns it as a module.
func (e *engine) settle() ([]byte, error) {
	if _, err := e.bench.Call("usher_settle"); err != nil {
		return nil, err
	}
	return e.module()
}

// module returns the engine as a module, with nothing in its memory but what
// is in use.
func (e *engine) module() ([]byte, error) {
	first, err := e.bench.Call("usher_heap")
	if err != nil {
		return nil, err
	}
	wipe(e.bench.Memory(), uint32(first))
	return e.bench.Module()
}
