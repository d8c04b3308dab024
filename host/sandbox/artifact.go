package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
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

	Plain []byte   `json:"-"` // the module as rewritten
	Fresh []byte   `json:"-"` // the same without data, for instances over the image
	Kept  []byte   `json:"-"` // the same, with the memory functions of a kept kernel
	Image []byte   `json:"-"`
	Links [][]byte `json:"-"` // the modules that it links, as rewritten
}

// rewriterVersion is raised with every change of what is made of a module.
const rewriterVersion = "2"

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

// artifactMagic begins the file of an artifact: a header in JSON, the parts,
// and the SHA-256 of it all.
const artifactMagic = "usher artifact\n"

func (a *artifact) encode() ([]byte, error) {
	header, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	b := []byte(artifactMagic)
	for _, part := range append([][]byte{header, a.Plain, a.Fresh, a.Kept, a.Image}, a.Links...) {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

var errArtifact = errors.New("the artifact is damaged")

func decodeArtifact(b []byte) (*artifact, error) {
	if len(b) < len(artifactMagic)+sha256.Size || !bytes.HasPrefix(b, []byte(artifactMagic)) {
		return nil, errArtifact
	}
	b, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(b); !bytes.Equal(got[:], sum) {
		return nil, errArtifact
	}
	b = b[len(artifactMagic):]
	var parts [][]byte
	for len(b) > 0 {
		if len(b) < 8 || binary.LittleEndian.Uint64(b) > uint64(len(b)-8) {
			return nil, errArtifact
		}
		n := binary.LittleEndian.Uint64(b)
		parts, b = append(parts, b[8:8+n:8+n]), b[8+n:]
	}
	const fixed = 5
	a := &artifact{}
	if len(parts) < fixed || json.Unmarshal(parts[0], a) != nil || len(a.LinkNames) != len(parts)-fixed {
		return nil, errArtifact
	}
	a.Plain, a.Fresh, a.Kept, a.Image, a.Links = parts[1], parts[2], parts[3], parts[4], parts[fixed:]
	return a, nil
}

// artifactPath returns where the artifact of a digest is kept, "" when
// nothing is.
func (s *Sandbox) artifactPath(digest string) string {
	if s.config.CacheDir == "" {
		return ""
	}
	return filepath.Join(s.config.CacheDir, "artifacts", strings.TrimPrefix(digest, "sha256:")+"-"+artifactVersion())
}

// storedArtifact returns the artifact of a digest, nil when there is none that
// can be used.
func (s *Sandbox) storedArtifact(digest string) *artifact {
	path := s.artifactPath(digest)
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	a, err := decodeArtifact(data)
	if err != nil || a.Made != artifactVersion() {
		return nil
	}
	return a
}

// storeArtifact writes an artifact in one step.
func (s *Sandbox) storeArtifact(digest string, a *artifact) error {
	path := s.artifactPath(digest)
	if path == "" {
		return nil
	}
	data, err := a.encode()
	if err != nil {
		return fmt.Errorf("encode artifact: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "artifact-*")
	if err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // it is gone when all went well
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("store artifact: %w", err)
	}
	return os.Rename(temp.Name(), path)
}
