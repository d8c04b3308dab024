package npm

import (
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// Specifier is what an import of a package names: "@scope/name@1.2.3/sub".
type Specifier struct {
	Name    string // "@scope/name"
	Version string // "1.2.3", "" when the import names no version
	Sub     string // "/sub", "" for the package itself
}

var specifierForm = regexp.MustCompile(`^((?:@[^/@\s]+/)?[^/@\s]+)(?:@([^/\s]+))?(/.*)?$`)

// ParseSpecifier reads an import's path. It reports false for a path that names no
// package: a file, an address, or one of a package.json's own "#" names.
func ParseSpecifier(path string) (s Specifier, ok bool) {
	if path == "" || strings.ContainsAny(path[:1], "./#") || strings.Contains(path, ":") {
		return s, false
	}
	m := specifierForm.FindStringSubmatch(path)
	if m == nil {
		return s, false
	}
	return Specifier{m[1], m[2], m[3]}, true
}

// Alias returns the folder in node_modules for this version of a package, when
// another version has the folder of the package's name.
func (s Specifier) Alias() string {
	return s.Name + "__" + aliasUnsafe.ReplaceAllString(strings.ToLower(s.Version), "_")
}

var aliasUnsafe = regexp.MustCompile(`[^a-z0-9.\-]+`)

// Fits reports whether an installed version satisfies the version, range or tag
// that an import names.
func Fits(wanted, installed string) bool {
	if wanted == installed || wanted == "latest" || wanted == "" {
		return true
	}
	v, err := semver.NewVersion(installed)
	if err != nil {
		return false
	}
	if exact, err := semver.StrictNewVersion(wanted); err == nil {
		return exact.Equal(v)
	}
	c, err := semver.NewConstraint(wanted)
	return err == nil && c.Check(v)
}
