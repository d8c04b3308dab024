package npm

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Manifest is the part of a package.json that bundling needs.
type Manifest struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Type                 string            `json:"type"`
	Main                 string            `json:"main"`
	Module               string            `json:"module"`
	Browser              json.RawMessage   `json:"browser"`
	Exports              json.RawMessage   `json:"exports"`
	Imports              json.RawMessage   `json:"imports"`
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	PeerDependenciesMeta map[string]Peer   `json:"peerDependenciesMeta"`

	Dir string `json:"-"` // the folder of the file
}

// Peer is what a package.json says of a peer dependency.
type Peer struct {
	Optional bool `json:"optional"`
}

// Manifests reads package.json files, each once. Its zero value is ready, and it
// is safe for concurrent use, as esbuild needs.
type Manifests struct {
	mu   sync.Mutex
	read map[string]*Manifest // guarded by mu, by folder; nil where there is none
}

// In returns the manifest in a folder, nil when there is none that can be read.
func (m *Manifests) In(dir string) *Manifest {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.read[dir]; ok {
		return found
	}
	if m.read == nil {
		m.read = map[string]*Manifest{}
	}
	m.read[dir] = readManifest(dir)
	return m.read[dir]
}

func readManifest(dir string) *Manifest {
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return nil
	}
	found := Manifest{Dir: dir}
	var odd *json.UnmarshalTypeError // packages get away with oddities such as "main": false
	if err := json.Unmarshal(text, &found); err != nil && !errors.As(err, &odd) {
		return nil
	}
	return &found
}

// Name returns the name of the package in a folder. The folder's own name may be
// an alias.
func (m *Manifests) Name(dir string) string {
	if found := m.In(dir); found != nil && found.Name != "" {
		return found.Name
	}
	return PackageName(dir)
}

// Of returns the manifest of the package that a file in dir gets when it imports
// name, nil when it gets none.
func (m *Manifests) Of(name, dir string) *Manifest {
	for ; ; dir = filepath.Dir(dir) {
		if filepath.Base(dir) != "node_modules" {
			if found := m.In(filepath.Join(dir, "node_modules", filepath.FromSlash(name))); found != nil {
				return found
			}
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// Above returns the nearest manifest in dir or above it, nil when there is none.
func (m *Manifests) Above(dir string) *Manifest {
	for ; ; dir = filepath.Dir(dir) {
		if found := m.In(dir); found != nil {
			return found
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// Declares reports whether the manifest lists a dependency of this name.
func (m *Manifest) Declares(name string) bool {
	for _, list := range []map[string]string{m.Dependencies, m.DevDependencies, m.OptionalDependencies} {
		if _, ok := list[name]; ok {
			return true
		}
	}
	return false
}

// ExportedPaths returns the paths that "exports" lists ("./part"), sorted. It is
// nil for a package whose files can all be imported.
func (m *Manifest) ExportedPaths() []string {
	var exports map[string]json.RawMessage
	if json.Unmarshal(m.Exports, &exports) != nil {
		return nil
	}
	var paths []string
	for path := range exports {
		if strings.HasPrefix(path, "./") && !strings.Contains(path, "*") && path != "./package.json" {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// PackageDir returns the folder of the package that a file belongs to, "" for a
// file outside of packages.
func PackageDir(path string) string {
	path = filepath.ToSlash(path)
	at := strings.LastIndex(path, "/node_modules/")
	if at < 0 {
		return ""
	}
	at += len("/node_modules/")
	parts := strings.SplitN(path[at:], "/", 3)
	if strings.HasPrefix(parts[0], "@") && len(parts) > 1 {
		return filepath.FromSlash(path[:at] + parts[0] + "/" + parts[1])
	}
	return filepath.FromSlash(path[:at] + parts[0])
}

// PackageName returns the name by which imports find a package's folder.
func PackageName(dir string) string {
	dir = filepath.ToSlash(dir)
	return dir[strings.LastIndex(dir, "/node_modules/")+len("/node_modules/"):]
}
