package sandbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/cachefile"
	"github.com/usherhost/usher/host/sandbox/snapshot"
	"github.com/usherhost/usher/host/wasmbin"
)

// artifact is what admitting a module makes of it. It is kept by the module's
// digest and by the versions of what made it.
type artifact struct {
	Made    string   `json:"made"`    // by which versions: see [artifactVersion]
	Exports []string `json:"exports"` // functions that can be entered

	MinMemoryBytes int64    `json:"min_memory_bytes"`
	Frozen         bool     `json:"frozen"`            // there is an image
	Reasons        []string `json:"reasons,omitempty"` // why there is none
	InitRandom     bool     `json:"init_random"`       // it took random bytes before the image was made
	WarmedUp       bool     `json:"warmed_up"`
	InitFault      string   `json:"init_fault,omitempty"` // why no run gets past its initialisation
	Globals        []uint64 `json:"globals,omitempty"`    // the values of its mutable globals in the image
	GlobalNames    []string `json:"global_names,omitempty"`
	LinkNames      []string `json:"link_names,omitempty"`

	Plain part   `json:"plain"` // the module as rewritten
	Fresh part   `json:"fresh"` // the same without data, for instances over the image
	Kept  part   `json:"kept"`  // the same, with the memory functions of a kept kernel
	Links []part `json:"links"` // the modules that it links, as rewritten

	Base  string         `json:"base,omitempty"` // the key of its image's base; none without memory
	Image []byte         `json:"-"`              // until it is shared
	delta snapshot.Delta // how it differs from the base
	whole snapshot.Delta // the base, when it is this image and new
}

// part is a rewritten module, named by its content: artifacts that are equal
// but for their image share it.
type part struct {
	Key           string `json:"key,omitempty"`            // SHA-256 in hexadecimal
	InstanceBytes uint64 `json:"instance_bytes,omitempty"` // see [wasmbin.Facts]

	wasm []byte // nil when it is on disk

	packed string                 // on disk, as this kind; "": it is not packed
	like   func() ([]byte, error) // what it is packed with
}

func newPart(w *wasmbin.Rewritten) part {
	sum := sha256.Sum256(w.Wasm)
	return part{Key: hex.EncodeToString(sum[:]), InstanceBytes: w.Facts.InstanceBytes, wasm: w.Wasm}
}

// code returns the rewritten module for instances of an isolation.
func (a *artifact) code(isolation host.Isolation) part {
	switch isolation {
	case host.IsolationFresh:
		return a.Fresh
	case host.IsolationReset:
		return a.Kept
	}
	return a.Plain
}

// parts returns everything that is compiled for the artifact.
func (a *artifact) parts() (all []*part) {
	for _, p := range []*part{&a.Plain, &a.Fresh, &a.Kept} {
		if p.Key != "" {
			all = append(all, p)
		}
	}
	for i := range a.Links {
		all = append(all, &a.Links[i])
	}
	return all
}

// rewriterVersion is raised with every change of what is made of a module.
const rewriterVersion = "11"

// artifactVersion names what makes artifacts: this rewriter and wazero.
var artifactVersion = sync.OnceValue(func() string {
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

// errArtifact says that what is on disk can't be used.
var errArtifact = errors.New("what is kept of the module is damaged or incomplete: the next run makes it anew")

// keptPath returns where something of a kind is kept: "module" for artifacts, by
// digest; "code", "fresh" and "plain" for parts and "base" for bases, by key.
func (s *Sandbox) keptPath(kind, name string) string {
	return filepath.Join(s.config.CacheDir, "artifacts", artifactVersion(), kind, name)
}

func (s *Sandbox) artifactPath(digest string) string {
	return s.keptPath("module", strings.TrimPrefix(digest, "sha256:"))
}

func (s *Sandbox) partPath(p part) string { return s.keptPath(cmp.Or(p.packed, "code"), p.Key) }

// storedArtifact returns the artifact of a digest without its parts, nil when
// there is none that can be used.
func (s *Sandbox) storedArtifact(digest string) *artifact {
	if s.config.CacheDir == "" {
		return nil
	}
	pieces, err := cachefile.Read(s.artifactPath(digest))
	a := &artifact{}
	if err != nil || len(pieces) != 2 || json.Unmarshal(pieces[0], a) != nil || a.Made != artifactVersion() || len(a.Links) != len(a.LinkNames) {
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

// sweep removes what other versions of the host kept, and what processes left
// that were ended while they wrote. What it can't remove stays.
func (s *Sandbox) sweep() {
	if s.config.CacheDir == "" {
		return
	}
	root := filepath.Join(s.config.CacheDir, "artifacts")
	kept, _ := os.ReadDir(root)
	for _, e := range kept {
		if e.Name() != artifactVersion() {
			_ = os.RemoveAll(filepath.Join(root, e.Name()))
		}
	}
	for _, pattern := range []string{"*/*/new-*", "*/base/*/new-*"} {
		found, _ := fs.Glob(os.DirFS(root), pattern) // a good pattern
		for _, name := range found {
			path := filepath.Join(root, filepath.FromSlash(name))
			if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > halfWrittenAge {
				_ = os.Remove(path)
			}
		}
	}
}

// halfWrittenAge is when nobody is writing a file any more.
const halfWrittenAge = time.Hour

// storeArtifact writes an artifact, what it refers to first, and lets go of
// that.
func (s *Sandbox) storeArtifact(digest string, a *artifact) error {
	if s.config.CacheDir == "" {
		return nil
	}
	if err := s.storeParts(a); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	if !a.whole.IsZero() {
		if err := cachefile.Write(s.basePath(a.Base), a.whole.Encode()); err != nil {
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
	if err := cachefile.Write(s.artifactPath(digest), header, delta); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	return nil
}

// storeParts writes the parts that are not there yet.
func (s *Sandbox) storeParts(a *artifact) error {
	a.packParts(s, func() []byte { return a.Image })
	for _, p := range a.parts() {
		if _, err := cachefile.Read(s.partPath(*p)); err == nil {
			continue
		}
		wasm := p.wasm
		if p.packed != "" {
			like, err := p.like()
			if err != nil {
				return err
			}
			if wasm, err = cachefile.Compress(wasm, like); err != nil {
				return err
			}
		}
		if err := cachefile.Write(s.partPath(*p), wasm); err != nil {
			return err
		}
	}
	for _, p := range a.parts() {
		p.wasm = nil
	}
	return nil
}

// packParts says with what the parts are packed that few runs use, when there
// is an image: their code is that of kept instances, and their data the image.
func (a *artifact) packParts(s *Sandbox, image func() []byte) {
	if !a.Frozen {
		return
	}
	kept := a.Kept
	a.Fresh.packed, a.Plain.packed = "fresh", "plain"
	a.Fresh.like = func() ([]byte, error) { return s.wasm(kept) }
	a.Plain.like = func() ([]byte, error) {
		code, err := s.wasm(kept)
		if err != nil {
			return nil, err
		}
		return slices.Concat(code, image()), nil
	}
}

// wasm returns a part's module, from disk when it is kept there.
func (s *Sandbox) wasm(p part) ([]byte, error) {
	if p.wasm != nil {
		return p.wasm, nil
	}
	pieces, err := cachefile.Read(s.partPath(p))
	if err != nil || len(pieces) != 1 {
		return nil, errArtifact
	}
	if p.packed == "" {
		return pieces[0], nil
	}
	like, err := p.like()
	if err != nil {
		return nil, err
	}
	wasm, err := cachefile.Decompress(pieces[0], like)
	if err != nil {
		return nil, errArtifact
	}
	return wasm, nil
}
