package jsbuild

import (
	"regexp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// specifier is what an import of a package names: "@scope/name@1.2.3/sub".
type specifier struct {
	name    string // "@scope/name"
	version string // "1.2.3", "" when the import leaves it open
	sub     string // "/sub", "" for the package itself
}

var specifierForm = regexp.MustCompile(`^((?:@[^/@\s]+/)?[^/@\s]+)(?:@([^/\s]+))?(/.*)?$`)

// specifierOf reads an import's path. It is not ok for what names no package:
// paths, addresses and a package.json's own "#" names.
func specifierOf(path string) (s specifier, ok bool) {
	if path == "" || strings.ContainsAny(path[:1], "./#") || strings.Contains(path, ":") {
		return s, false
	}
	m := specifierForm.FindStringSubmatch(path)
	if m == nil {
		return s, false
	}
	return specifier{m[1], m[2], m[3]}, true
}

// alias is the folder in node_modules of a version that stands beside the one
// that owns the package's name.
func (s specifier) alias() string {
	return s.name + "__" + aliasUnsafe.ReplaceAllString(strings.ToLower(s.version), "_")
}

var aliasUnsafe = regexp.MustCompile(`[^a-z0-9.\-]+`)

// fits reports whether an installed version is one that an import asks for.
func fits(wanted, installed string) bool {
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
