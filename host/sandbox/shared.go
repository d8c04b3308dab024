package sandbox

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// What modules share: the compiled code of their units, and base images.

// The engine publishes a module that it reads from its cache on disk before the
// module can be used: another caller that compiles the same bytes at that moment
// gets a module that panics when it is entered. So everything is compiled by
// [Sandbox.compile], one caller at a time for a key, and the others wait until the
// shared code is complete.

// code is the compiled code of a unit, which modules share that differ only in
// their data.
type code struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	key      string // of its unit
	users    int    // guarded by the sandbox's mu
	bytes    int64

	instanceBytes uint64 // what each instance has besides its memory: see [wasmbin.Facts]
}

// nativeFactor is about how many bytes of machine code one of WebAssembly
// becomes.
const nativeFactor = 4

// compile returns the code of a unit. Its module is read from disk only when no
// module has the code already. The caller must release the code. When another
// caller's compiling fails, those that waited for it try again: they may have the
// module in memory.
func (s *Sandbox) compile(ctx context.Context, u admission.Unit) (*code, error) {
	for {
		c, done, wait := s.join(u.Key)
		switch {
		case c != nil:
			return c, nil
		case wait == nil:
			return s.compileAlone(ctx, u, done)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// join returns the compiled code of a key, with one more user; or a channel to wait
// for while another caller compiles it; or else done, which this caller must call
// when it has compiled the code.
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

// compileAlone compiles a unit that no other caller compiles at the same time.
func (s *Sandbox) compileAlone(ctx context.Context, u admission.Unit, done func()) (*code, error) {
	defer done()
	wasm, err := s.artifacts.Wasm(u)
	if err != nil {
		return nil, err
	}
	compiled, err := s.runtime.CompileModule(context.WithoutCancel(ctx), wasm)
	if err != nil {
		return nil, fmt.Errorf("compile module: %w", err)
	}
	c := &code{runtime: s.runtime, compiled: compiled, key: u.Key, users: 1, bytes: nativeFactor * int64(len(wasm)), instanceBytes: u.InstanceBytes}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[u.Key] = c
	s.loadBytes.Add(c.bytes)
	return c, nil
}

// releaseCode gives up one use of code, which is freed with its last one.
func (s *Sandbox) releaseCode(c *code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.releaseCodeLocked(c)
}

func (s *Sandbox) releaseCodeLocked(c *code) {
	if c == nil {
		return
	}
	if c.users--; c.users == 0 {
		delete(s.codes, c.key)
		s.loadBytes.Add(-c.bytes)
		_ = c.compiled.Close(context.Background()) // it only frees memory
	}
}

// moduleSnapshot is what a module's instances begin with.
type moduleSnapshot struct {
	image       *snapshot.Image // nil: the module has no memory
	base        *base           // of the image
	globals     []uint64
	globalNames []string
}

func (m *moduleSnapshot) close() {
	if m != nil && m.image != nil {
		_ = m.image.Close() // it only frees memory
	}
}

// imageSize returns how large the image is, 0 without one.
func (m *moduleSnapshot) imageSize() int64 {
	if m == nil || m.image == nil {
		return 0
	}
	return int64(m.image.Size())
}

// imageBytes returns a copy of the image.
func (m *moduleSnapshot) imageBytes() []byte {
	if m.image == nil {
		return nil
	}
	return m.image.Bytes()
}

// base is a base image in memory, which the images of several modules share.
type base struct {
	*snapshot.Pages
	key   string // of the code, and its own
	users int    // guarded by the sandbox's mu
}

// base returns the base of an artifact. The caller must release it.
func (s *Sandbox) base(a *admission.Artifact) (*base, error) {
	if b := s.loadedBase(a.Base); b != nil {
		return b, nil
	}
	whole, err := s.artifacts.Base(a)
	if err != nil {
		return nil, err
	}
	made, err := snapshot.NewPages(whole.Size(), func(memory []byte) { whole.Apply(memory, 0) })
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bases[a.Base]; b != nil { // another caller was faster: its base is the same
		b.users++
		return b, made.Close()
	}
	b := &base{Pages: made, key: a.Base, users: 1}
	s.bases[a.Base] = b
	s.loadBytes.Add(b.HeldBytes())
	return b, nil
}

// loadedBase returns a base that a module uses, with one more user, nil when none
// does.
func (s *Sandbox) loadedBase(key string) *base {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bases[key]
	if b != nil {
		b.users++
	}
	return b
}

// releaseBaseLocked gives up one use of a base, which is freed with its last one.
func (s *Sandbox) releaseBaseLocked(b *base) {
	if b == nil {
		return
	}
	if b.users--; b.users == 0 {
		delete(s.bases, b.key)
		s.loadBytes.Add(-b.HeldBytes())
		_ = b.Close() // it only frees memory
	}
}

// loadSnapshot makes what the module's instances begin with.
func (m *Module) loadSnapshot() (err error) {
	a := m.artifact
	m.snapshot = &moduleSnapshot{globals: a.Globals, globalNames: a.GlobalNames}
	if a.Base == "" {
		return nil
	}
	if m.snapshot.base, err = m.sandbox.base(a); err != nil {
		return err
	}
	if m.snapshot.image, err = snapshot.NewImage(m.snapshot.base.Pages, a.Image()); err != nil {
		return err
	}
	m.bytes = m.snapshot.image.HeldBytes()
	a.DropImage()
	return nil
}
