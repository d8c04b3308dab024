package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/usherhost/usher/host"
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
	Globals        []uint64 `json:"globals,omitempty"` // the values of its mutable globals in the image
	GlobalNames    []string `json:"global_names,omitempty"`
	LinkNames      []string `json:"link_names,omitempty"`

	Plain part   `json:"plain"` // the module as rewritten
	Fresh part   `json:"fresh"` // the same without data, for instances over the image
	Kept  part   `json:"kept"`  // the same, with the memory functions of a kept kernel
	Links []part `json:"links"` // the modules that it links, as rewritten
	Image []byte `json:"-"`
}

// part is a rewritten module, named by its content: artifacts that are equal
// but for their image share it.
type part struct {
	Key  string `json:"key,omitempty"` // SHA-256 in hexadecimal
	wasm []byte // nil when it is on disk
}

func newPart(wasm []byte) part {
	sum := sha256.Sum256(wasm)
	return part{Key: hex.EncodeToString(sum[:]), wasm: wasm}
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
const rewriterVersion = "5"

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
var errArtifact = errors.New("what is kept of the module is damaged or incomplete: stop the host and delete its cache of compiled code")

// artifactPath returns where the artifact of a digest is kept.
func (s *Sandbox) artifactPath(digest string) string {
	return filepath.Join(s.config.CacheDir, "artifacts", strings.TrimPrefix(digest, "sha256:")+"-"+artifactVersion())
}

func (s *Sandbox) partPath(key string) string {
	return filepath.Join(s.config.CacheDir, "artifacts", "code", key)
}

// storedArtifact returns the artifact of a digest without its parts, nil when
// there is none that can be used.
func (s *Sandbox) storedArtifact(digest string) *artifact {
	if s.config.CacheDir == "" {
		return nil
	}
	pieces, err := readSealed(s.artifactPath(digest))
	a := &artifact{}
	if err != nil || len(pieces) != 2 || json.Unmarshal(pieces[0], a) != nil || a.Made != artifactVersion() || len(a.Links) != len(a.LinkNames) {
		return nil
	}
	a.Image = pieces[1]
	return a
}

// storeArtifact writes an artifact, its parts first, and lets go of these.
func (s *Sandbox) storeArtifact(digest string, a *artifact) error {
	if s.config.CacheDir == "" {
		return nil
	}
	for _, p := range a.parts() {
		if err := writeSealed(s.partPath(p.Key), p.wasm); err != nil {
			return fmt.Errorf("store artifact: %w", err)
		}
		p.wasm = nil
	}
	header, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode artifact: %w", err)
	}
	if err := writeSealed(s.artifactPath(digest), header, a.Image); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	return nil
}

// wasm returns a part's module, from disk when it is kept there.
func (s *Sandbox) wasm(p part) ([]byte, error) {
	if p.wasm != nil {
		return p.wasm, nil
	}
	pieces, err := readSealed(s.partPath(p.Key))
	if err != nil || len(pieces) != 1 {
		return nil, errArtifact
	}
	return pieces[0], nil
}
