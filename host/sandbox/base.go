package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"

	"github.com/usherhost/usher/host/sandbox/cachefile"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// base is what images of the same code have in common: one of them, whole. The
// others are what differs from it, in memory and on disk.
type base struct {
	*snapshot.Pages
	key   string // of the code, and its own
	users int    // guarded by the sandbox
}

// maxBases is how many images of the same code are kept whole: engines whose
// own data changed, or that carry much besides.
const maxBases = 8

func (s *Sandbox) basePath(key string) string { return s.keptPath("base", filepath.FromSlash(key)) }

// share makes the artifact's image what differs from the nearest base. It
// becomes a base itself when more than half of it does, or there is no disk to
// keep bases on.
func (s *Sandbox) share(a *artifact) {
	if len(a.Image) == 0 {
		return
	}
	bases := s.storedBases(a.Kept.Key)
	for _, key := range bases {
		other, err := s.storedBase(key)
		if err != nil {
			_ = os.Remove(s.basePath(key)) // what can't be read is made anew in any case
			continue
		}
		if d := snapshot.Diff(a.Image, other.Bytes()); a.Base == "" || d.ChangedBytes() < a.delta.ChangedBytes() {
			a.Base, a.delta = key, d
		}
	}
	whole := snapshot.Diff(a.Image, nil)
	if a.Base != "" && (a.delta.ChangedBytes() <= whole.ChangedBytes()/2 || len(bases) >= maxBases) {
		return
	}
	a.Base, a.delta, a.whole = a.Kept.Key+"/"+baseName(whole.Encode()), snapshot.Diff(a.Image, a.Image), whole
}

// baseName names a base by what its file holds: whoever refers to a base gets
// the very bytes that an image was compared with, or an error.
func baseName(encoded []byte) string {
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// storedBases returns the key of each base of a code that is on disk.
func (s *Sandbox) storedBases(code string) (keys []string) {
	if s.config.CacheDir == "" {
		return nil
	}
	files, _ := os.ReadDir(s.basePath(code)) // without any there are no bases
	for _, f := range files {
		if len(f.Name()) == 2*sha256.Size { // others are being written, by other processes too
			keys = append(keys, code+"/"+f.Name())
		}
	}
	return keys
}

// storedBase reads a base from disk, as what differs from nothing.
func (s *Sandbox) storedBase(key string) (snapshot.Delta, error) {
	pieces, err := cachefile.Read(s.basePath(key))
	if err != nil || len(pieces) != 1 || path.Base(key) != baseName(pieces[0]) {
		return snapshot.Delta{}, errArtifact
	}
	p, ok := snapshot.Decode(pieces[0])
	if !ok {
		return snapshot.Delta{}, errArtifact
	}
	return p, nil
}

// base returns the base of an artifact. The caller must release it.
func (s *Sandbox) base(a *artifact) (*base, error) {
	if b := s.knownBase(a.Base); b != nil {
		return b, nil
	}
	whole := a.whole
	if whole.IsZero() {
		var err error
		if whole, err = s.storedBase(a.Base); err != nil {
			return nil, err
		}
	}
	made, err := snapshot.NewPages(whole.Size(), func(memory []byte) { whole.Apply(memory, 0) })
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bases[a.Base]; b != nil { // somebody was quicker: theirs is the same
		b.users++
		return b, made.Close()
	}
	b := &base{Pages: made, key: a.Base, users: 1}
	s.bases[a.Base] = b
	s.loadBytes.Add(b.HeldBytes())
	return b, nil
}

// knownBase returns a base that some module has, nil when none has it.
func (s *Sandbox) knownBase(key string) *base {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bases[key]
	if b != nil {
		b.users++
	}
	return b
}

// unlinkBase takes a user from a base. The caller holds the lock.
func (s *Sandbox) unlinkBase(b *base) {
	if b == nil {
		return
	}
	if b.users--; b.users == 0 {
		delete(s.bases, b.key)
		s.loadBytes.Add(-b.HeldBytes())
		_ = b.Close() // it only frees memory
	}
}

// loadImage makes the image that the module's instances begin with.
func (m *Module) loadImage() (err error) {
	a := m.artifact
	if a.Base == "" {
		return nil
	}
	if m.base, err = m.sandbox.base(a); err != nil {
		return err
	}
	if m.frozen.image, err = snapshot.NewImage(m.base.Pages, a.delta); err != nil {
		return err
	}
	m.bytes = m.frozen.image.HeldBytes()
	a.delta, a.whole, a.Image = snapshot.Delta{}, snapshot.Delta{}, nil // it is in the image now
	return nil
}
