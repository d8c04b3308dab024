// Package templates holds the starter actions that `usher init` copies, one
// folder for each language. Each is complete: it carries its language's
// library, so that it builds without this repository and without a network,
// as far as its compiler is there.
package templates

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

// FS holds the folders "assemblyscript", "c" and "go". A file's ".tmpl" is no
// part of its name, and "{{name}}" in it stands for the action's name.
//
//go:embed all:assemblyscript all:c all:go
var FS embed.FS

// suffix keeps files of Go modules from being taken for a part of this one.
const suffix = ".tmpl"

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// Languages lists the languages that have a starter action.
func Languages() []string { return []string{"go", "assemblyscript", "c"} }

// Files returns a starter action for name, which is made of small letters,
// digits, dots, hyphens and underscores: contents by path, with slashes.
func Files(language, name string) (map[string][]byte, error) {
	if !validName.MatchString(name) {
		return nil, fmt.Errorf("begin action %q: a name has small letters, digits, '.', '-' and '_', and begins with a letter or digit", name)
	}
	sub, err := fs.Sub(FS, language)
	if err != nil {
		return nil, fmt.Errorf("begin action %s: %w", name, err)
	}
	files := map[string][]byte{}
	err = fs.WalkDir(sub, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(sub, path)
		files[strings.TrimSuffix(path, suffix)] = []byte(strings.ReplaceAll(string(content), "{{name}}", name))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin action %s in %q (there are %s): %w", name, language, strings.Join(Languages(), ", "), err)
	}
	return files, nil
}
