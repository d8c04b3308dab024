// Package locked takes the npm packages that a package-lock.json pins from a registry or
// a folder, checks them, and unpacks them, without npm.
package locked

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Package is one package of a lockfile.
type Package struct {
	Path      string // its folder: "node_modules/a" or "node_modules/a/node_modules/b"
	Name      string // in the registry, which an alias's folder has not
	Version   string
	Integrity string // the digests of its tarball, as npm writes them: "sha512-…"
	Address   string // of its tarball; "" follows from the registry, name and version
	License   string // as its package.json names it; "" when the lockfile does not say
}

// TarballName is what `npm pack` calls the package's tarball.
func (p Package) TarballName() string {
	return strings.NewReplacer("@", "", "/", "-").Replace(p.Name) + "-" + p.Version + ".tgz"
}

// String returns NAME@VERSION.
func (p Package) String() string { return p.Name + "@" + p.Version }

// Parse reads a package-lock.json of version 2 or 3 and returns its packages that are
// neither for development nor optional, by path. Each must have an integrity with SHA-512,
// and its folder must be below node_modules.
func Parse(lockfile []byte) ([]Package, error) {
	var lock struct {
		Version  int `json:"lockfileVersion"`
		Packages map[string]struct {
			Name, Version, Integrity   string
			License                    any
			Dev, Optional, DevOptional bool
			Link                       bool
		}
	}
	if err := json.Unmarshal(lockfile, &lock); err != nil {
		return nil, fmt.Errorf("read a package-lock.json: %w", err)
	}
	if lock.Version < 2 || lock.Version > 3 {
		return nil, fmt.Errorf("a package-lock.json of version %d; it must be 2 or 3: run 'npm install' of npm 7 or newer", lock.Version)
	}
	var list []Package
	for folder, p := range lock.Packages {
		if folder == "" || p.Dev || p.Optional || p.DevOptional {
			continue
		}
		at := strings.LastIndex(folder, "node_modules/")
		if at < 0 || p.Link || path.Clean(folder) != folder || !strings.HasPrefix(folder, "node_modules/") {
			return nil, fmt.Errorf("the package-lock.json has %q, which is not in a registry", folder)
		}
		found := Package{Path: folder, Name: p.Name, Version: p.Version, Integrity: p.Integrity}
		if found.License, _ = p.License.(string); found.Name == "" {
			found.Name = folder[at+len("node_modules/"):]
		}
		if _, err := found.sha512(); err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	slices.SortFunc(list, func(a, b Package) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

// errNoDigest is the error of a package whose integrity has no digest that holds.
var errNoDigest = errors.New("has no SHA-512 in the package-lock.json: make it again with 'npm install'")
