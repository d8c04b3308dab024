// Package jsbuild makes Wasm modules from JavaScript and TypeScript actions. It
// bundles the source with its packages, evaluates the bundle once in the
// JavaScript engine, and makes a module of the engine's memory. Such a module
// runs in any host of the Extism ABI.
//
// # From source to module
//
// [Builder.Build] takes a [bundle.Source] and returns a [Built]:
//
//  1. Package bundle makes one script of the source and its packages, which
//     package npm installs, and a source map of it. Package intl adds the languages
//     and time zones that the code formats with.
//  2. Package engine compiles the script to bytecode and evaluates it, in an
//     instance of the JavaScript engine whose memory already holds the runtime.
//  3. The instance's memory becomes the module: a snapshot taken after the
//     top-level code, so that a run starts with the handler. If the top-level
//     code read the clock, took random numbers or called the host, or if the
//     snapshot is too large, then the module holds the bytecode, and each run
//     evaluates it ([Built.FromBytecode], [Built.Reason]).
//  4. The module carries the source map. Package sourcemap reads it there, and
//     maps stack traces of runs to the author's files.
//
// An error of the author's is a [*host.BuildFailure], with the place of each
// message; every other error is the host's.
//
// # In a subprocess
//
// Parsing and evaluating untrusted code may take all time and memory, or break the
// parser. So a Builder with [Config.Child] builds a source without a folder in a
// subprocess under limits, which reads nothing but packages and compiled code. See
// subprocess.go for the messages between the two.
//
// # What a binary needs
//
// The engine is made of npm's QuickJS-NG, our glue and the runtime, by package bootstrap:
// by `task engine`, for package dist to embed, or else by the first build, into the user's
// cache. A build that can't get it returns [dist.ErrNoEngine].
package jsbuild

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/sandbox"
)

// Config is what a Builder works with.
type Config struct {
	Sandbox  *sandbox.Sandbox // evaluates the engine
	Packages *npm.Packages    // installs dependencies; nil: from the public registry, into a folder of the user's cache
	Engine   bootstrap.Engine // where the engine is made, unless it is embedded

	// Child is the command line of a program that calls [child.Main] with
	// [Task]: it builds sources without a folder, and runs npm, under limits. It
	// needs a sandbox with a cache directory. Empty builds in this process, which
	// hostile code can then end.
	Child []string
}

// Builder builds modules. It is safe for concurrent use.
type Builder struct {
	packages *npm.Packages

	sandbox  *sandbox.Sandbox
	child    []string
	limits   child.Limits
	compiled atomic.Bool      // the engine's code is in the sandbox's cache directory, where subprocesses find it
	installs bundle.Installer // packages, or in a subprocess its parent
	stage    func(string) error

	bootstrap bootstrap.Engine
	life      context.Context //nolint:containedctx // of the builder: making the engine ends with it
	end       context.CancelFunc

	mu          sync.Mutex
	engine      []byte               // guarded by mu; nil until the first build
	engineDir   string               // guarded by mu; "" for the embedded one
	making      *making              // guarded by mu; nil unless it is being made
	snapshotter *sandbox.Snapshotter // guarded by mu; nil until the first build
}

// New returns a builder. The caller must close it before its sandbox.
func New(c Config) *Builder {
	if c.Packages == nil {
		c.Packages = &npm.Packages{}
	}
	if c.Sandbox == nil || c.Sandbox.CacheDir() == "" {
		c.Child = nil
	}
	c.Packages.Child = c.Child
	b := &Builder{
		packages: c.Packages, sandbox: c.Sandbox, child: c.Child, limits: buildLimits, bootstrap: c.Engine,
		installs: c.Packages, stage: func(string) error { return nil },
	}
	b.life, b.end = context.WithCancel(context.Background())
	return b
}

// Close frees the engine's code.
func (b *Builder) Close() {
	b.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.snapshotter != nil {
		b.snapshotter.Close()
		b.snapshotter = nil
	}
}

// Built is a module made from an action.
type Built struct {
	Module       []byte
	Map          []byte // the source map of its bundle, which Module carries too
	FromBytecode bool   // each run evaluates its top-level code
	Reason       string // why; "" when FromBytecode is false
	Exports      []string
	Warnings     []host.BuildMessage
	Packages     []bundle.Package // in the bundle, with their versions
	Forms        []bundle.PackageForm
}

// Build makes a module from a source: the same bytes from the same source and
// packages. An error in the source is a [*host.BuildFailure].
func (b *Builder) Build(ctx context.Context, src bundle.Source) (*Built, error) {
	if err := b.need(ctx); err != nil {
		return nil, err
	}
	if len(b.child) > 0 && src.Dir == "" {
		return b.buildInSubprocess(ctx, src)
	}
	return b.build(ctx, src)
}

func (b *Builder) build(ctx context.Context, src bundle.Source) (*Built, error) {
	made, err := bundle.Make(ctx, src, bundle.Options{Installer: b.installs, Stage: b.stage})
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
	built, err := evaluate(ctx, w, src, made, b.sandbox.MaxModuleBytes())
	if err != nil {
		return nil, err
	}
	built.Map, built.Packages, built.Forms = made.Map, made.Packages, made.Forms
	built.Warnings = append(made.Warnings, built.Warnings...)
	return built, nil
}

// open returns the snapshotter of the engine. The first call compiles the engine.
func (b *Builder) open(ctx context.Context) (*sandbox.Snapshotter, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.snapshotter == nil {
		w, err := b.sandbox.Snapshotter(ctx, b.engine)
		if err != nil {
			return nil, fmt.Errorf("compile the JavaScript engine: %w", err)
		}
		b.snapshotter = w
	}
	return b.snapshotter, nil
}
