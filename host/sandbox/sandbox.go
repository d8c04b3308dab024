// Package sandbox runs WebAssembly modules under limits, each run in an instance of
// its own. It knows bytes, not events: what they mean is package guest's business.
//
// # Types
//
//   - [Sandbox] holds the one runtime that all modules share, and its memory.
//   - [Module] is a module that was admitted: checked, rewritten, compiled, and
//     usually initialised once. [Sandbox.Module] loads it, [Module.Release] gives
//     it back.
//   - [Request] and [Outcome] are the input and the result of [Module.Run].
//   - [Call] is a run as host functions see it: a [Function] reads the guest's
//     blocks of memory with it, charges fuel and memory, and ends the run with a
//     [Fault].
//   - [Snapshotter] and [Session] make modules from the state of an instance.
//
// # Isolation
//
// How a run gets its instance is its isolation. No run finds anything of another.
//
//   - plain: a new instance, which initialises itself.
//   - fresh: a new instance, which begins with the module's snapshot.
//   - reset: a pooled instance, which was restored to the snapshot after each run.
//
// A module whose initialisation calls the host or depends on the time has no
// snapshot: all its runs are plain. The states of an instance are
//
//	plain:   new ── initialise ──▶ in use ──▶ closed
//	fresh:   new ── snapshot ────▶ in use ──▶ closed
//	reset:   new ── snapshot ────▶ in use ── restored ──▶ idle ──▶ in use …
//	                                 │                     │
//	                                 ▼                     ▼
//	                               closed                closed
//
// An instance in use is closed instead of restored when it trapped, exceeded a
// limit, or grew its memory or its buffer beyond a bound. An idle one is closed when
// memory is needed.
//
// # Limits
//
// Rewritten code counts fuel, and returns to the host when a quantum is used up:
// there the deadline and the fuel limit hold (fuel.go). Linear memories, tables,
// call stacks, and what host functions hold for a run are counted in one account
// (memory.go), and covered by the memory of the host that all runs share (package
// budget).
//
// # Packages below
//
//	admission   checks, rewrites and stores modules, in a subprocess
//	snapshot    images of memories, and restoring instances to them
//	extism      the buffer between guest and host, as Extism's ABI defines it, and
//	            Extism's manifests
//	wasi        WASI preview 1
//	callstack   bounds the engine's call stacks
//	budget      shares the host's memory among runs
//	cachefile   the format of files in the cache
package sandbox

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/sandbox/budget"
	"github.com/usherhost/usher/host/sandbox/extism"
)

// Config configures a Sandbox.
type Config struct {
	// CacheDir is where compiled code and images are stored over restarts. Its
	// files are trusted machine code: no other user may write there. Empty stores
	// nothing.
	CacheDir string
	// Functions are the host functions that guests may import besides the
	// Extism kernel and WASI.
	Functions []Function
	// Child is the command line of a program that calls [child.Main] with
	// [Admission]: it compiles uploaded modules in a subprocess under limits. It
	// needs CacheDir. Empty compiles in this process, which a hostile module can
	// then keep busy.
	Child []string
	// MaxModuleBytes is the largest module that [Sandbox.Inspect] accepts; 0 is
	// [host.DefaultModuleBytes]. Modules that were accepted before run also when
	// they are larger.
	MaxModuleBytes int
	// Interpreter runs guests on the interpreter, which takes some fifty times as long: a
	// second engine, to compare the first one with. It stores no code in CacheDir.
	Interpreter bool
	// IdleBytes is about how much memory unused modules and idle instances may
	// take; 0 is 512 MiB.
	IdleBytes int64
	// MemoryBytes is how much memory runs, modules, idle instances and the
	// processes that compile and build may take together. What does not fit waits:
	// see [Sandbox.Memory]. 0 does not bound it. Idle instances and unused modules
	// take half of it at most.
	MemoryBytes int64
}

const defaultIdleBytes = 512 << 20

// Sandbox holds the one runtime that all modules share. It is safe for
// concurrent use.
type Sandbox struct {
	config    Config
	runtime   wazero.Runtime
	cache     wazero.CompilationCache // of machine code
	artifacts *admission.Cache
	admitter  *admission.Admitter
	functions []Function // everything that guests and kernels import
	kernel    wazero.CompiledModule
	runs      *runs
	budget    *budget.Budget // nil: the memory is not bounded

	mu        sync.Mutex // guards the following
	modules   map[string]*loading
	codes     map[string]*code
	compiling map[string]chan struct{} // by key: closed when a caller's compiling has ended
	bases     map[string]*base
	idle      *list.List // of *instance, the last used first
	idleBytes int64
	loaded    *list.List   // of *Module, the last used first
	loadBytes atomic.Int64 // of the modules' images, and of all code and bases
}

// Open makes a sandbox. The caller must close it.
func Open(ctx context.Context, c Config) (*Sandbox, error) {
	cache := wazero.NewCompilationCache()
	if c.CacheDir != "" {
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(c.CacheDir); err != nil {
			return nil, fmt.Errorf("open compilation cache %s: %w", c.CacheDir, err)
		}
	}
	if c.IdleBytes == 0 {
		c.IdleBytes = defaultIdleBytes
	}
	if c.MaxModuleBytes == 0 {
		c.MaxModuleBytes = host.DefaultModuleBytes
	}
	newConfig := wazero.NewRuntimeConfig
	if c.Interpreter {
		newConfig = wazero.NewRuntimeConfigInterpreter
	}
	config := newConfig().
		WithCoreFeatures(api.CoreFeaturesV2).
		WithDebugInfoEnabled(false).
		WithCompilationCache(cache)
	s := &Sandbox{
		config: c, runtime: wazero.NewRuntimeWithConfig(ctx, config), cache: cache, artifacts: &admission.Cache{Dir: c.CacheDir},
		modules: map[string]*loading{}, codes: map[string]*code{}, compiling: map[string]chan struct{}{}, bases: map[string]*base{},
		idle: list.New(), loaded: list.New(), runs: newRuns(),
	}
	if c.MemoryBytes > 0 {
		s.config.IdleBytes = min(c.IdleBytes, c.MemoryBytes/2)
		s.budget = &budget.Budget{Total: c.MemoryBytes, Loaded: s.loadBytes.Load, Evict: s.evictTo}
	}
	s.artifacts.Sweep()
	guests := guestFunctions(c.Functions)
	s.functions = append(guests, ownFunctions()...)
	s.admitter = admission.New(admission.Admitter{
		Cache: s.artifacts, Engine: engine{s}, Served: typesOf(guests),
		Child: c.Child, MemoryBytes: c.MemoryBytes, Reserve: s.Reserve,
	})
	if err := s.serve(ctx, s.runtime); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	var err error
	if s.kernel, err = s.runtime.CompileModule(ctx, extism.KernelWasm); err != nil {
		return nil, errors.Join(fmt.Errorf("compile the kernel: %w", err), s.Close(ctx))
	}
	return s, nil
}

// closeWait is how long a sandbox that closes waits for host functions to return.
const closeWait = 5 * time.Second

// Close ends every run, waits until all have ended, and frees every module. When
// runs outlast ctx, or five seconds in a host function, it frees nothing and
// returns an error, and can be called again. Later runs and loads fail.
func (s *Sandbox) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeWait)
	defer cancel()
	if s.budget != nil {
		s.budget.Close()
	}
	if err := s.runs.close(ctx); err != nil {
		return fmt.Errorf("close sandbox: %w", err)
	}
	s.mu.Lock()
	for e := s.idle.Front(); e != nil; e = e.Next() {
		e.Value.(*instance).close()
	}
	s.idle.Init()
	for e := s.loaded.Front(); e != nil; e = e.Next() {
		e.Value.(*Module).snapshot.close()
	}
	s.loaded.Init()
	for key, b := range s.bases {
		delete(s.bases, key)
		_ = b.Close() // it only frees memory
	}
	s.mu.Unlock()
	return errors.Join(s.runtime.Close(ctx), s.cache.Close(ctx))
}

// CacheDir returns where compiled code is stored, "" when it is not.
func (s *Sandbox) CacheDir() string { return s.config.CacheDir }

// MaxModuleBytes returns the largest size of a new module.
func (s *Sandbox) MaxModuleBytes() int { return s.config.MaxModuleBytes }

// Admission is the task of the subprocess that admits modules: see [Config].
func Admission(functions []Function) child.Task {
	return admission.Task(func(ctx context.Context, dir string) (*admission.Admitter, error) {
		s, err := Open(ctx, Config{CacheDir: dir, Functions: functions})
		if err != nil {
			return nil, err
		}
		return s.admitter, nil // the process ends with its task
	})
}

// Inspect describes a module: why it can't run here, if it can't, and which of
// entries it exports as a function that can be entered; it needs one. It admits a
// module without problems, so that its first run finds it compiled. The error is
// the host's own failure.
func (s *Sandbox) Inspect(ctx context.Context, wasm []byte, entries ...string) (in host.Inspection, found []string, err error) {
	i := s.admitter.Inspect(wasm, s.config.MaxModuleBytes, entries)
	if len(i.Problems) > 0 {
		return i.Inspection, i.Entries, nil
	}
	m, err := s.Module(ctx, i.Digest, func() ([]byte, error) { return wasm, nil })
	switch {
	case err != nil && ctx.Err() != nil:
		return i.Inspection, i.Entries, ctx.Err()
	case err != nil && admission.IsHostFault(err):
		return i.Inspection, i.Entries, err
	case err != nil:
		i.Refused(err)
		return i.Inspection, i.Entries, nil
	}
	defer m.Release()
	i.Isolation, i.ImageBytes = m.best(""), m.snapshot.imageSize()
	i.Admitted(m.artifact)
	return i.Inspection, i.Entries, nil
}
