package sandbox

import (
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

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
