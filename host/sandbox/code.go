package sandbox

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
)

// The engine makes a module that it reads from its cache on disk known to
// others before it can be used: who compiles the same bytes at that moment gets
// a module that panics when it is entered. So whatever compiles does it in
// [Sandbox.compiled], one caller at a time for a key, and the others wait until
// what they share is whole.

// code is compiled code that modules share which are equal but for their data.
type code struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	key      string // of its part
	users    int    // guarded by the sandbox
	bytes    int64

	instanceBytes uint64 // what each instance has besides its memory: see [wasmbin.Facts]
}

// nativeFactor is about how many bytes of machine code one of WebAssembly
// becomes.
const nativeFactor = 4

// compilePart returns the code of a rewritten module, which may be on disk: it
// is read only when nobody has it compiled. The caller must release it. Who waits for another caller's compiling, and sees it fail,
// tries for itself: its own way to the bytes may be another one.
func (s *Sandbox) compilePart(ctx context.Context, p part) (*code, error) {
	for {
		c, done, wait := s.join(p.Key)
		switch {
		case c != nil:
			return c, nil
		case wait == nil:
			return s.compileAlone(ctx, p, done)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// join returns the code of a key that is compiled, with one more user; or what
// to wait for while another caller compiles it; or else done, which must be
// called when this caller has compiled it.
func (s *Sandbox) join(key string) (c *code, done func(), wait <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.codes[key]; c != nil {
		c.users++
		return c, nil, nil
	}
	if wait := s.compiling[key]; wait != nil {
		return nil, nil, wait
	}
	ended := make(chan struct{})
	s.compiling[key] = ended
	return nil, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.compiling, key)
		close(ended)
	}, nil
}

// compileAlone compiles a part that nobody else compiles meanwhile.
func (s *Sandbox) compileAlone(ctx context.Context, p part, done func()) (*code, error) {
	defer done()
	wasm, err := s.wasm(p)
	if err != nil {
		return nil, err
	}
	compiled, err := s.runtime.CompileModule(context.WithoutCancel(ctx), wasm)
	if err != nil {
		return nil, fmt.Errorf("compile module: %w", err)
	}
	c := &code{runtime: s.runtime, compiled: compiled, key: p.Key, users: 1, bytes: nativeFactor * int64(len(wasm)), instanceBytes: p.InstanceBytes}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[p.Key] = c
	s.loadBytes.Add(c.bytes)
	return c, nil
}

// release gives back what compile returned.
func (s *Sandbox) release(c *code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlink(c)
}
