// Package sandbox compiles WebAssembly modules and runs them under limits: it
// admits a module once, and then gives every run an instance of its own that is
// as the module was when it had initialised itself. It serves the memory part
// of the Extism ABI and WASI preview 1 without files, sockets or environment.
// It knows bytes, not events: what they mean is package guest's business.
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
	"github.com/usherhost/usher/host/fair"
	"github.com/usherhost/usher/host/wasmbin"
)

// Config says what a Sandbox serves.
type Config struct {
	// CacheDir keeps compiled code and images over restarts. What is in it is
	// trusted machine code: nobody else may write there. Empty keeps nothing.
	CacheDir string
	// Functions are the host functions that guests may import besides the
	// Extism kernel and WASI.
	Functions []Function
	// Child is the command line of a program that calls [child.Main] with
	// [Admission]: it compiles uploaded modules under limits. It needs CacheDir.
	// Empty compiles in this process, which a hostile module can then keep busy.
	Child []string
	// MaxModuleBytes is the largest module that [Sandbox.Inspect] finds no fault
	// with; 0 is [host.DefaultModuleBytes]. What was taken before runs also when it
	// is larger.
	MaxModuleBytes int
	// IdleBytes is about how much memory modules and instances that nothing
	// uses may keep; 0 is 512 MiB.
	IdleBytes int64
	// MemoryBytes is what runs, modules, idle instances and the processes that
	// compile and build may have together. Who finds no room waits: see
	// [Sandbox.Memory]. 0 does not bound it. Idle memory is half of it at most.
	MemoryBytes int64
}

const defaultIdleBytes = 512 << 20

// ValueType is the type of a host function's parameter or result.
type ValueType = api.ValueType

// The types that host functions use: an I64 is an offset in the call's
// exchange memory, or a length.
const (
	I32 = api.ValueTypeI32
	I64 = api.ValueTypeI64
)

// Function is one host function. Run reads its parameters from stack and
// writes its results there; it belongs to the run's goroutine.
type Function struct {
	Module, Name    string
	Params, Results []ValueType
	Run             func(call *Call, stack []uint64)
}

// Sandbox holds the one runtime that all modules share. It is safe for
// concurrent use.
type Sandbox struct {
	config    Config
	runtime   wazero.Runtime
	cache     wazero.CompilationCache
	served    map[string]map[string]Function // to guests
	functions []Function
	kernel    wazero.CompiledModule

	admitting *fair.Places // in which modules are compiled in processes of their own, by uploader
	runs      *runs
	budget    *budget // nil: the memory is not bounded

	mu        sync.Mutex // guards the following
	modules   map[string]*loading
	codes     map[string]*code
	compiling map[string]chan struct{} // by key: closed when somebody's compiling has ended
	bases     map[string]*base
	idle      *list.List // of *instance that nobody uses, the last used first
	idleBytes int64
	loaded    *list.List   // of *Module, the last used first
	loadBytes atomic.Int64 // of the modules' images, and of all code and bases
}

// loading is a module that somebody loads, or has loaded.
type loading struct {
	done   chan struct{} // closed when module or err is set
	module *Module
	err    error
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
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2).
		WithDebugInfoEnabled(false).
		WithCompilationCache(cache)
	s := &Sandbox{
		config: c, runtime: wazero.NewRuntimeWithConfig(ctx, config), cache: cache,
		served:  map[string]map[string]Function{},
		modules: map[string]*loading{}, codes: map[string]*code{}, compiling: map[string]chan struct{}{}, bases: map[string]*base{},
		idle: list.New(), loaded: list.New(), runs: newRuns(), admitting: fair.New(compilePlaces),
	}
	if c.MemoryBytes > 0 {
		s.config.IdleBytes = min(c.IdleBytes, c.MemoryBytes/2)
		s.budget = &budget{total: c.MemoryBytes, loaded: s.loadedBytes, evict: s.evictTo}
	}
	s.sweep()
	s.functions = s.everyFunction()
	if err := s.serve(ctx, s.runtime); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	var err error
	if s.kernel, err = s.runtime.CompileModule(ctx, kernelWasm); err != nil {
		return nil, errors.Join(fmt.Errorf("compile the kernel: %w", err), s.Close(ctx))
	}
	return s, nil
}

// everyFunction returns what guests, rewritten code and kernels call.
func (s *Sandbox) everyFunction() []Function {
	functions := append(wasiFunctions(), emscriptenFunctions()...)
	for _, f := range KernelFunctions() {
		functions = append(functions, f.outsideImages(harmless[f.Name]))
	}
	for _, f := range s.config.Functions {
		functions = append(functions, f.outsideImages(false))
	}
	for _, f := range functions {
		if s.served[f.Module] == nil {
			s.served[f.Module] = map[string]Function{}
		}
		s.served[f.Module][f.Name] = f
	}
	refill := Function{Module: wasmbin.MeterModule, Name: wasmbin.MeterRefill, Run: func(c *Call, _ []uint64) { c.refill() }}
	table := Function{
		Module: wasmbin.MeterModule, Name: wasmbin.MeterTable, Params: []ValueType{I32}, Results: []ValueType{I32},
		Run: func(c *Call, s []uint64) { c.growTable(s) },
	}
	return append(functions, refill, table, kernelFault())
}

// serve instantiates the host modules in a runtime.
func (s *Sandbox) serve(ctx context.Context, runtime wazero.Runtime) error {
	builders := map[string]wazero.HostModuleBuilder{}
	for _, f := range s.functions {
		if builders[f.Module] == nil {
			builders[f.Module] = runtime.NewHostModuleBuilder(f.Module)
		}
		builders[f.Module].NewFunctionBuilder().
			WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, caller api.Module, stack []uint64) {
				c := ctx.(*Call)
				c.caller = caller
				c.holdStack()
				f.Run(c, stack)
				if c.charged > 0 {
					c.uncharge()
				}
			}), f.Params, f.Results).
			Export(f.Name)
	}
	for name, b := range builders {
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("serve host module %s: %w", name, err)
		}
	}
	return nil
}

// harmless are the kernel's functions that only move bytes on their way to
// another function of the host: it is that one which spoils what a [Session]
// makes.
var harmless = map[string]bool{
	"alloc": true, "free": true, "length": true, "length_unsafe": true,
	"load_u8": true, "load_u64": true, "store_u8": true, "store_u64": true,
}

// outsideImages returns f as it is served: a guest that calls the host while
// it initialises itself gets no image, unless that is harmless on a bench.
func (f Function) outsideImages(harmless bool) Function {
	run := f.Run
	f.Run = func(c *Call, stack []uint64) {
		if c.freezing != nil {
			c.callsHost(f.Name, harmless)
		}
		run(c, stack)
	}
	return f
}

// closeWait is how long a sandbox that closes waits for host functions to return.
const closeWait = 5 * time.Second

// Close ends every run, waits for all to have ended, and frees every module.
// Runs that outlast ctx, or five seconds in a host function, keep all memory:
// Close is then an error, and can be called again. Later runs and loads fail.
func (s *Sandbox) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeWait)
	defer cancel()
	if s.budget != nil {
		s.budget.close()
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
		e.Value.(*Module).frozen.close()
	}
	s.loaded.Init()
	for key, b := range s.bases {
		delete(s.bases, key)
		_ = b.Close() // it only frees memory
	}
	s.mu.Unlock()
	return errors.Join(s.runtime.Close(ctx), s.cache.Close(ctx))
}
