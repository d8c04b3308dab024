package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"

	"github.com/usherhost/usher/host/sandbox/cachefile"
)

// base is what images of the same code have in common: one of them, whole. The
// others are what differs from it, in memory and on disk.
type base struct {
	*sheet
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
		if p := newPatch(a.Image, other.bytes()); a.Base == "" || len(p.ranges) < len(a.patch.ranges) {
			a.Base, a.patch = key, p
		}
	}
	whole := newPatch(a.Image, nil)
	if a.Base != "" && (len(a.patch.ranges) <= len(whole.ranges)/2 || len(bases) >= maxBases) {
		return
	}
	a.Base, a.patch, a.whole = a.Kept.Key+"/"+baseName(whole.encode()), newPatch(a.Image, a.Image), whole
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
func (s *Sandbox) storedBase(key string) (patch, error) {
	pieces, err := cachefile.Read(s.basePath(key))
	if err != nil || len(pieces) != 1 || path.Base(key) != baseName(pieces[0]) {
		return patch{}, errArtifact
	}
	p, ok := decodePatch(pieces[0])
	if !ok {
		return patch{}, errArtifact
	}
	return p, nil
}

// base returns the base of an artifact. The caller must release it.
func (s *Sandbox) base(a *artifact) (*base, error) {
	if b := s.knownBase(a.Base); b != nil {
		return b, nil
	}
	whole := a.whole
	if whole.starts == nil {
		var err error
		if whole, err = s.storedBase(a.Base); err != nil {
			return nil, err
		}
	}
	made, err := newSheet(whole.size(), func(memory []byte) { whole.apply(memory, 0) })
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bases[a.Base]; b != nil { // somebody was quicker: theirs is the same
		b.users++
		return b, made.close()
	}
	b := &base{sheet: made, key: a.Base, users: 1}
	s.bases[a.Base] = b
	s.loadBytes.Add(b.held)
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
		s.loadBytes.Add(-b.held)
		_ = b.close() // it only frees memory
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
	if m.frozen.image, err = newImage(m.base.sheet, a.patch); err != nil {
		return err
	}
	m.bytes = m.frozen.image.held()
	a.patch, a.whole, a.Image = patch{}, patch{}, nil // it is in the image now
	return nil
}
