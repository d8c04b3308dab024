// Package sandbox compiles WebAssembly modules and runs them under limits. It
// serves the memory part of the Extism ABI and WASI preview 1 without files,
// sockets or environment. It knows bytes, not events: what they mean is package
// guest's business.
package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// Config says what a Sandbox serves.
type Config struct {
	// CacheDir keeps compiled code over restarts. What is in it is trusted
	// machine code: nobody else may write there. Empty keeps it in memory.
	CacheDir string
	// Functions are the host functions that guests may import besides the
	// Extism kernel and WASI.
	Functions []Function
}

// ValueType is the type of a host function's parameter or result.
type ValueType = api.ValueType

// The types that host functions use: an I64 is an offset in the call's kernel
// memory, or a length.
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
	runtime wazero.Runtime
	cache   wazero.CompilationCache
	served  map[string]map[string]Function

	mu      sync.Mutex
	modules map[string]*loading // by digest; guarded by mu
}

// loading is a module that somebody compiles, or has.
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
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2).
		WithCloseOnContextDone(true).
		WithDebugInfoEnabled(false).
		WithCompilationCache(cache)
	s := &Sandbox{
		runtime: wazero.NewRuntimeWithConfig(ctx, config),
		cache:   cache,
		served:  map[string]map[string]Function{},
		modules: map[string]*loading{},
	}
	if err := s.serve(ctx, append(KernelFunctions(), c.Functions...)); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// serve instantiates the host modules that guests import from.
func (s *Sandbox) serve(ctx context.Context, functions []Function) error {
	builders := map[string]wazero.HostModuleBuilder{}
	for _, f := range functions {
		if s.served[f.Module] == nil {
			s.served[f.Module] = map[string]Function{}
			builders[f.Module] = s.runtime.NewHostModuleBuilder(f.Module)
		}
		s.served[f.Module][f.Name] = f
		builders[f.Module].NewFunctionBuilder().
			WithGoFunction(api.GoFunc(func(ctx context.Context, stack []uint64) {
				f.Run(ctx.(*Call), stack)
			}), f.Params, f.Results).
			Export(f.Name)
	}
	for name, b := range builders {
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("serve host module %s: %w", name, err)
		}
	}
	return s.serveWASI(ctx)
}

func (s *Sandbox) serveWASI(ctx context.Context) error {
	compiled, err := wasi_snapshot_preview1.NewBuilder(s.runtime).Compile(ctx)
	if err != nil {
		return fmt.Errorf("compile WASI: %w", err)
	}
	s.served[wasiModule] = map[string]Function{}
	for name, d := range compiled.ExportedFunctions() {
		s.served[wasiModule][name] = Function{
			Module: wasiModule, Name: name, Params: d.ParamTypes(), Results: d.ResultTypes(),
		}
	}
	if _, err = s.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig()); err != nil {
		return fmt.Errorf("serve WASI: %w", err)
	}
	return nil
}

const wasiModule = "wasi_snapshot_preview1"

// Close frees every module and ends every run.
func (s *Sandbox) Close(ctx context.Context) error {
	return errors.Join(s.runtime.Close(ctx), s.cache.Close(ctx))
}

// Module returns the compiled module with digest, from memory or else by
// compiling what load returns. Concurrent callers share one compilation.
func (s *Sandbox) Module(ctx context.Context, digest string, load func() ([]byte, error)) (*Module, error) {
	s.mu.Lock()
	l, found := s.modules[digest]
	if !found {
		l = &loading{done: make(chan struct{})}
		s.modules[digest] = l
	}
	s.mu.Unlock()
	if found {
		select {
		case <-l.done:
			return l.module, l.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	l.module, l.err = s.load(ctx, digest, load)
	if l.err != nil {
		s.mu.Lock()
		delete(s.modules, digest)
		s.mu.Unlock()
	}
	close(l.done)
	return l.module, l.err
}

func (s *Sandbox) load(ctx context.Context, digest string, load func() ([]byte, error)) (*Module, error) {
	wasm, err := load()
	if err != nil {
		return nil, err
	}
	if got := Digest(wasm); got != digest {
		return nil, fmt.Errorf("load module: its digest is %s, not %s", got, digest)
	}
	return s.compile(context.WithoutCancel(ctx), wasm)
}

// Digest names a module: "sha256:" and the hash in hexadecimal.
func Digest(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return "sha256:" + hex.EncodeToString(sum[:])
}
