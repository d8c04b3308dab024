package admission

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"

	"github.com/usherhost/usher/host/sandbox/cachefile"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// A base is an image that other images of the same code are stored as deltas from.
// It is stored whole, as a delta from nothing.

// maxBases is how many bases a code has: images that differ in much, such as those
// of engines with other data of their own.
const maxBases = 8

func (c *Cache) basePath(key string) string { return c.path("base", filepath.FromSlash(key)) }

// share replaces the artifact's image by its delta from the nearest base. The
// image becomes a base itself when more than half of it differs from each, or
// bases can't be stored.
func (c *Cache) share(a *Artifact) {
	if len(a.image) == 0 {
		return
	}
	bases := c.storedBases(a.Reset.Key)
	for _, key := range bases {
		other, err := c.storedBase(key)
		if err != nil {
			_ = os.Remove(c.basePath(key)) // a base that can't be read is replaced in any case
			continue
		}
		if d := snapshot.Diff(a.image, other.Bytes()); a.Base == "" || d.ChangedBytes() < a.delta.ChangedBytes() {
			a.Base, a.delta = key, d
		}
	}
	whole := snapshot.Diff(a.image, nil)
	if a.Base != "" && (a.delta.ChangedBytes() <= whole.ChangedBytes()/2 || len(bases) >= maxBases) {
		return
	}
	a.Base, a.delta, a.whole = a.Reset.Key+"/"+baseName(whole.Encode()), snapshot.Diff(a.image, a.image), whole
}

// baseName names a base by the content of its file: a reader gets exactly the bytes
// that an image was compared with, or an error.
func baseName(encoded []byte) string {
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// storedBases returns the key of each base of a code that is on disk.
func (c *Cache) storedBases(code string) (keys []string) {
	if c.Dir == "" {
		return nil
	}
	files, _ := os.ReadDir(c.basePath(code)) // without the folder there are no bases
	for _, f := range files {
		if len(f.Name()) == 2*sha256.Size { // other files are being written, also by other processes
			keys = append(keys, code+"/"+f.Name())
		}
	}
	return keys
}

// storedBase reads a base from disk.
func (c *Cache) storedBase(key string) (snapshot.Delta, error) {
	pieces, err := cachefile.Read(c.basePath(key))
	if err != nil || len(pieces) != 1 || path.Base(key) != baseName(pieces[0]) {
		return snapshot.Delta{}, ErrDamaged
	}
	p, ok := snapshot.Decode(pieces[0])
	if !ok {
		return snapshot.Delta{}, ErrDamaged
	}
	return p, nil
}

// Base returns the base of an artifact, as a delta from nothing.
func (c *Cache) Base(a *Artifact) (snapshot.Delta, error) {
	if !a.whole.IsZero() {
		return a.whole, nil
	}
	return c.storedBase(a.Base)
}
