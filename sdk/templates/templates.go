// Package templates holds the starter actions that `usher init` copies, one
// folder for each language, and for another trigger the files that differ. What [Files]
// returns is complete: it has its language's library, so that it builds without this
// repository and without a network, as far as its compiler is there.
package templates

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/sdk"
)

// FS holds the folders "assemblyscript", "c", "go", "js" and "ts", for the first of
// [Triggers]. The folder of another trigger has such folders again, with the files that
// differ, and "every" with those of all languages. A file's ".tmpl" is not part of its
// name; "{{name}}" in it stands for the action's name, "{{trigger}}" for its trigger.
//
//go:embed all:assemblyscript all:c all:go all:js all:ts all:pre-user-registration
var FS embed.FS

// suffix marks files of other Go modules, which must not be compiled here.
const suffix = ".tmpl"

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// Languages lists the languages that have a starter action.
func Languages() []string { return []string{"js", "ts", "go", "assemblyscript", "c"} }

// Triggers lists the triggers that have a starter action in every language.
func Triggers() []string { return []string{"post-user-registration", "pre-user-registration"} }

// Files returns a starter action of a trigger for name, which is made of lower-case
// letters, digits, dots, hyphens and underscores: contents by path, with slashes.
func Files(language, trigger, name string) (map[string][]byte, error) {
	if !validName.MatchString(name) {
		return nil, fmt.Errorf("begin action %q: a name has lower-case letters, digits, '.', '-' and '_', and begins with a letter or digit", name)
	}
	if !slices.Contains(Languages(), language) {
		return nil, fmt.Errorf("begin action %s in %q: the languages are %s", name, language, strings.Join(Languages(), ", "))
	}
	if !slices.Contains(Triggers(), trigger) {
		return nil, fmt.Errorf("begin action %s for %q: the triggers are %s", name, trigger, strings.Join(Triggers(), ", "))
	}
	folders := []string{language}
	if trigger != Triggers()[0] {
		folders = append(folders, trigger+"/every", trigger+"/"+language)
	}
	files := map[string][]byte{}
	values := strings.NewReplacer("{{name}}", name, "{{trigger}}", trigger)
	for _, folder := range folders {
		sub, err := fs.Sub(FS, folder)
		if err == nil {
			err = collect(sub, func(path string, content []byte) {
				files[strings.TrimSuffix(path, suffix)] = []byte(values.Replace(string(content)))
			})
		}
		if err != nil {
			return nil, fmt.Errorf("begin action %s from %s: %w", name, folder, err)
		}
	}
	files["usher/action.schema.json"] = sdk.ActionSchema()
	files["action.yaml"] = append([]byte(schemaLine), files["action.yaml"]...)
	return files, addLibrary(files, language)
}

// schemaLine names the schema of an action.yaml for editors: the one beside it.
const schemaLine = "# yaml-language-server: $schema=usher/action.schema.json\n"

// libraries says which library a starter action has, and in which folder. The
// one for Go lies in its template: see [sdk.Library].
var libraries = map[string]struct{ name, folder string }{
	"c":              {"c", ""},
	"assemblyscript": {"assemblyscript", "usher/"},
	"js":             {"js", "usher/"},
	"ts":             {"js", "usher/"},
}

func addLibrary(files map[string][]byte, language string) error {
	library, ok := libraries[language]
	if !ok {
		return nil
	}
	from, err := sdk.Library(library.name)
	if err != nil {
		return fmt.Errorf("add the library for %s: %w", language, err)
	}
	if err := collect(from, func(path string, content []byte) { files[library.folder+path] = content }); err != nil {
		return err
	}
	if library.name == "js" {
		return withoutTests(files, library.folder+"package.json")
	}
	return nil
}

// forTests are the parts of a library's package.json that only its own tests
// need. npm would install the packages with the library.
var forTests = regexp.MustCompile(`(?s)\n  "(scripts|devDependencies)": \{.*?\n  \},?`)

func withoutTests(files map[string][]byte, path string) error {
	content := forTests.ReplaceAll(files[path], nil)
	content = bytes.ReplaceAll(content, []byte(",\n}"), []byte("\n}"))
	if !json.Valid(content) {
		return fmt.Errorf("take the tests out of %s: the rest is not JSON", path)
	}
	files[path] = content
	return nil
}

// collect calls file for every file in from.
func collect(from fs.FS, file func(path string, content []byte)) error {
	return fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(from, path)
		file(path, content)
		return err
	})
}
