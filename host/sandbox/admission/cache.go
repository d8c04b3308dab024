package admission

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host/sandbox/cachefile"
	"github.com/usherhost/usher/host/sandbox/snapshot"
)

// rewriterVersion is raised with every change of artifacts, or of how modules are
// rewritten.
const rewriterVersion = "12"

// Version names the programs that make artifacts: this rewriter and wazero.
var Version = sync.OnceValue(func() string {
	wazero := "unknown"
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, d := range build.Deps {
			if d.Path == "github.com/tetratelabs/wazero" {
				wazero = d.Version
			}
		}
	}
	return rewriterVersion + "-" + wazero
})

// ErrDamaged says that a file in the cache can't be used.
var ErrDamaged = errors.New("the cached files of the module are damaged or incomplete: the next run makes them again")

// Cache stores artifacts, and the units and bases that they refer to, on disk.
type Cache struct {
	// Dir is the cache's folder. "" stores nothing: artifacts and units are then
	// in memory alone.
	Dir string
}

// path returns the path of a file: of kind "module" for artifacts, by digest;
// "code", "fresh" and "plain" for units, and "base" for bases, by key.
func (c *Cache) path(kind, name string) string {
	return filepath.Join(c.Dir, "artifacts", Version(), kind, name)
}

func (c *Cache) artifactPath(digest string) string {
	return c.path("module", strings.TrimPrefix(digest, "sha256:"))
}

func (c *Cache) unitPath(u Unit) string { return c.path(cmp.Or(u.compressed, "code"), u.Key) }

// Artifact returns the artifact of a digest without its units, nil when none is
// stored that can be used.
func (c *Cache) Artifact(digest string) *Artifact {
	if c.Dir == "" {
		return nil
	}
	pieces, err := cachefile.Read(c.artifactPath(digest))
	a := &Artifact{}
	if err != nil || len(pieces) != 2 || json.Unmarshal(pieces[0], a) != nil || a.Made != Version() || len(a.Links) != len(a.LinkNames) {
		return nil
	}
	if a.Base != "" {
		encoded, err := cachefile.Decompress(pieces[1], nil)
		if err != nil {
			return nil
		}
		var ok bool
		if a.delta, ok = snapshot.Decode(encoded); !ok {
			return nil
		}
	}
	return a
}

// Remove deletes the artifact of a digest. If that fails, the next use of the
// artifact fails in the same way as this one.
func (c *Cache) Remove(digest string) {
	if c.Dir != "" {
		_ = os.Remove(c.artifactPath(digest))
	}
}

// Sweep deletes the files of other versions, and those of processes that were
// ended while they wrote. Files that can't be deleted stay.
func (c *Cache) Sweep() {
	if c.Dir == "" {
		return
	}
	root := filepath.Join(c.Dir, "artifacts")
	versions, _ := os.ReadDir(root)
	for _, e := range versions {
		if e.Name() != Version() {
			_ = os.RemoveAll(filepath.Join(root, e.Name()))
		}
	}
	for _, pattern := range []string{"*/*/new-*", "*/base/*/new-*"} {
		found, _ := fs.Glob(os.DirFS(root), pattern) // the pattern is valid
		for _, name := range found {
			path := filepath.Join(root, filepath.FromSlash(name))
			if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > halfWrittenAge {
				_ = os.Remove(path)
			}
		}
	}
}

// halfWrittenAge is the age of a temporary file that no process writes any more.
const halfWrittenAge = time.Hour

// Store writes an artifact, after its units and its base. The artifact no longer
// holds its units afterwards.
func (c *Cache) Store(digest string, a *Artifact) error {
	if c.Dir == "" {
		return nil
	}
	if err := c.storeUnits(a); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	if !a.whole.IsZero() {
		if err := cachefile.Write(c.basePath(a.Base), a.whole.Encode()); err != nil {
			return fmt.Errorf("store artifact: %w", err)
		}
	}
	header, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode artifact: %w", err)
	}
	delta, err := cachefile.Compress(a.delta.Encode(), nil)
	if err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	if err := cachefile.Write(c.artifactPath(digest), header, delta); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	return nil
}

// storeUnits writes the units that are not on disk yet.
func (c *Cache) storeUnits(a *Artifact) error {
	a.SetDictionaries(c, func() []byte { return a.image })
	for _, u := range a.units() {
		if _, err := cachefile.Read(c.unitPath(*u)); err == nil {
			continue
		}
		wasm := u.wasm
		if u.compressed != "" {
			dictionary, err := u.dictionary()
			if err != nil {
				return err
			}
			if wasm, err = cachefile.Compress(wasm, dictionary); err != nil {
				return err
			}
		}
		if err := cachefile.Write(c.unitPath(*u), wasm); err != nil {
			return err
		}
	}
	for _, u := range a.units() {
		u.wasm = nil
	}
	return nil
}

// Wasm returns the module of a unit, from disk when it is not in memory.
func (c *Cache) Wasm(u Unit) ([]byte, error) {
	if u.wasm != nil {
		return u.wasm, nil
	}
	pieces, err := cachefile.Read(c.unitPath(u))
	if err != nil || len(pieces) != 1 {
		return nil, ErrDamaged
	}
	if u.compressed == "" {
		return pieces[0], nil
	}
	dictionary, err := u.dictionary()
	if err != nil {
		return nil, err
	}
	wasm, err := cachefile.Decompress(pieces[0], dictionary)
	if err != nil {
		return nil, ErrDamaged
	}
	return wasm, nil
}
