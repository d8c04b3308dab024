package bootstrap

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/usherhost/usher/host/jsbuild/npm/locked"
)

// writeLicenses copies the licenses and the manifest of each package to the folder of its
// name below licenses.
func (m *maker) writeLicenses(packages []locked.Package) error {
	if err := os.RemoveAll(filepath.Join(m.dir, "licenses")); err != nil {
		return err
	}
	for _, p := range packages {
		from := filepath.Join(m.runtime, filepath.FromSlash(p.Path))
		to := filepath.Join("licenses", filepath.FromSlash(strings.TrimPrefix(p.Path, "node_modules/")))
		files, err := os.ReadDir(from)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(m.dir, to), 0o755); err != nil {
			return err
		}
		for _, f := range files {
			if f.IsDir() || !isLicense(f.Name()) && f.Name() != "package.json" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(from, f.Name()))
			if err != nil {
				return err
			}
			if err := m.write(filepath.Join(to, f.Name()), text); err != nil {
				return err
			}
		}
	}
	return nil
}

// isLicense reports whether a file of a package may be its license or a notice.
func isLicense(file string) bool {
	name := strings.ToUpper(file)
	for _, word := range []string{"LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "PATENTS", "UNLICENSE"} {
		if strings.HasPrefix(name, word) {
			return true
		}
	}
	return false
}
