package jsbuild

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// manifest is what a package.json says of its package.
type manifest struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Main                 string            `json:"main"`
	Browser              json.RawMessage   `json:"browser"`
	Exports              json.RawMessage   `json:"exports"`
	Dependencies         map[string]string `json:"dependencies"`
	DevDependencies      map[string]string `json:"devDependencies"`
	OptionalDependencies map[string]string `json:"optionalDependencies"`
	dir                  string
}

// manifests reads package.json files, each once. Its zero value is ready, and
// it is safe for concurrent use: esbuild asks from many goroutines.
type manifests struct {
	mu   sync.Mutex
	read map[string]*manifest // by folder; nil: it has none
}

// in returns the manifest in a folder, nil when there is none to be read.
func (m *manifests) in(dir string) *manifest {
	m.mu.Lock()
	defer m.mu.Unlock()
	if found, ok := m.read[dir]; ok {
		return found
	}
	if m.read == nil {
		m.read = map[string]*manifest{}
	}
	m.read[dir] = readManifest(dir)
	return m.read[dir]
}

func readManifest(dir string) *manifest {
	text, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return nil
	}
	found := manifest{dir: dir}
	var odd *json.UnmarshalTypeError // packages get away with oddities such as "main": false
	if err := json.Unmarshal(text, &found); err != nil && !errors.As(err, &odd) {
		return nil
	}
	return &found
}

// mainFile returns the file that "main" names, "" when it names none.
func (m *manifest) mainFile() string {
	if m == nil || m.Main == "" {
		return ""
	}
	file, err := filepath.EvalSymlinks(filepath.Join(m.dir, filepath.FromSlash(m.Main)))
	if err != nil {
		return ""
	}
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return file
}

// name returns the name of the package in a folder, which an alias may hide.
func (m *manifests) name(dir string) string {
	if found := m.in(dir); found != nil && found.Name != "" {
		return found.Name
	}
	return packageName(dir)
}

// of returns the manifest of the package that a file in dir finds by its name,
// nil when it finds none.
func (m *manifests) of(name, dir string) *manifest {
	for ; ; dir = filepath.Dir(dir) {
		if filepath.Base(dir) != "node_modules" {
			if found := m.in(filepath.Join(dir, "node_modules", filepath.FromSlash(name))); found != nil {
				return found
			}
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// above returns the nearest manifest in dir or over it.
func (m *manifests) above(dir string) *manifest {
	for ; ; dir = filepath.Dir(dir) {
		if found := m.in(dir); found != nil {
			return found
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// declares reports whether the package's author lists name.
func (m *manifest) declares(name string) bool {
	for _, list := range []map[string]string{m.Dependencies, m.DevDependencies, m.OptionalDependencies} {
		if _, ok := list[name]; ok {
			return true
		}
	}
	return false
}

// packageDir returns the folder of the package that a file belongs to, "" for
// a file of no package.
func packageDir(path string) string {
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

// packageName returns the name by which a package's folder is found.
func packageName(dir string) string {
	dir = filepath.ToSlash(dir)
	return dir[strings.LastIndex(dir, "/node_modules/")+len("/node_modules/"):]
}
