package admission

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/snapshot"
	"github.com/usherhost/usher/host/wasmbin"
)

// Artifact is the result of admitting a module. The cache stores it under the
// module's digest and the versions of the programs that made it.
type Artifact struct {
	Made    string   `json:"made"`    // by which versions: see [Version]
	Exports []string `json:"exports"` // functions that can be entered

	MinMemoryBytes int64    `json:"min_memory_bytes"`
	Snapshot       bool     `json:"snapshot"`             // instances begin with one
	Reasons        []string `json:"reasons,omitempty"`    // why they don't
	InitRandom     bool     `json:"init_random"`          // random bytes were taken before the snapshot
	WarmedUp       bool     `json:"warmed_up"`            // the module's warm-up export ran before the snapshot
	InitFault      string   `json:"init_fault,omitempty"` // why every run fails in the module's initialisation
	Globals        []uint64 `json:"globals,omitempty"`    // the values of its mutable globals in the snapshot
	GlobalNames    []string `json:"global_names,omitempty"`
	LinkNames      []string `json:"link_names,omitempty"`

	Plain Unit   `json:"plain"` // the module as rewritten
	Fresh Unit   `json:"fresh"` // the same without data, for instances that begin with the snapshot
	Reset Unit   `json:"reset"` // the same, with the memory functions of a pooled instance's kernel
	Links []Unit `json:"links"` // the modules that it links, as rewritten

	Base string `json:"base,omitempty"` // the key of the image's base; "" without memory

	image []byte         // until it is stored as a delta
	delta snapshot.Delta // the image's, from the base
	whole snapshot.Delta // the base's, from nothing, when it is this image and new
}

// Unit is a rewritten module, which is compiled. It is named by its content:
// artifacts that differ only in their images share their units.
type Unit struct {
	Key           string `json:"key,omitempty"`            // SHA-256 in hexadecimal
	InstanceBytes uint64 `json:"instance_bytes,omitempty"` // see [wasmbin.Facts]

	wasm []byte // nil when it is on disk

	compressed string                 // the folder of its compressed file; "": it is not compressed
	dictionary func() ([]byte, error) // what it is compressed with
}

// NewUnit returns the unit of a rewritten module.
func NewUnit(w *wasmbin.Rewritten) Unit {
	sum := sha256.Sum256(w.Wasm)
	return Unit{Key: hex.EncodeToString(sum[:]), InstanceBytes: w.Facts.InstanceBytes, wasm: w.Wasm}
}

// Unit returns the rewritten module for instances of an isolation.
func (a *Artifact) Unit(isolation host.Isolation) Unit {
	switch isolation {
	case host.IsolationFresh:
		return a.Fresh
	case host.IsolationReset:
		return a.Reset
	}
	return a.Plain
}

// units returns every unit of the artifact.
func (a *Artifact) units() (all []*Unit) {
	for _, u := range []*Unit{&a.Plain, &a.Fresh, &a.Reset} {
		if u.Key != "" {
			all = append(all, u)
		}
	}
	for i := range a.Links {
		all = append(all, &a.Links[i])
	}
	return all
}

// Image returns the delta of the artifact's image from its base.
func (a *Artifact) Image() snapshot.Delta { return a.delta }

// DropImage frees the image, when its delta is no longer needed.
func (a *Artifact) DropImage() { a.delta, a.whole, a.image = snapshot.Delta{}, snapshot.Delta{}, nil }

// SetDictionaries says with what the units are compressed that few runs use, if
// there is a snapshot: their code is that of pooled instances, and their data the
// image, which the function returns.
func (a *Artifact) SetDictionaries(c *Cache, image func() []byte) {
	if !a.Snapshot {
		return
	}
	reset := a.Reset
	a.Fresh.compressed, a.Plain.compressed = "fresh", "plain"
	a.Fresh.dictionary = func() ([]byte, error) { return c.Wasm(reset) }
	a.Plain.dictionary = func() ([]byte, error) {
		code, err := c.Wasm(reset)
		if err != nil {
			return nil, err
		}
		return slices.Concat(code, image()), nil
	}
}

func (a *Artifact) hasExport(name string) bool { return slices.Contains(a.Exports, name) }
