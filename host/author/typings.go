package author

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/sdk"
)

// typingsFile is the file in which `usher types` declares what one action has.
const typingsFile = "usher-env.d.ts"

// typings are the names that only one action has, for its editor and for tsc.
type typings struct {
	trigger    host.Trigger
	secrets    []string // sorted
	config     []string // sorted
	undeclared []string // secrets that the code reads, and neither action.yaml nor .env has
	javascript bool     // comments of the code may call the types as Auth0's do
	library    bool     // the types themselves are not installed, and go into the file
}

// typingsOf finds the names of a script's action: those that its action.yaml and its .env
// have; without an action.yaml that declares secrets, also those that its code reads.
func typingsOf(t target) (typings, error) {
	found := scanScript(t.path)
	names := typings{trigger: triggerOf(t.path), javascript: !isTypeScript(t.path), library: !hasTypes(t.dir)}
	secrets := map[string]bool{}
	if file := t.beside(".env"); file != "" {
		values, err := readSecretsFile(file)
		if err != nil {
			return names, err
		}
		for name := range values {
			secrets[name] = true
		}
	}
	if t.action != nil {
		names.config = slices.Sorted(maps.Keys(t.action.Settings.Config))
		if t.action.NamesTrigger {
			names.trigger = t.action.Trigger
		}
		for _, name := range t.action.Manifest().Secrets {
			secrets[name] = true
		}
	}
	for _, name := range found.Secrets {
		switch {
		case secrets[name]:
		case t.action == nil:
			secrets[name] = true
		default:
			names.undeclared = append(names.undeclared, name)
		}
	}
	names.secrets = slices.Sorted(maps.Keys(secrets))
	return names, nil
}

func isTypeScript(path string) bool { return strings.Contains(filepath.Ext(path), "ts") }

// hasTypes reports whether code in a folder can import the types: they are in the folder's
// usher/, or installed there or above it.
func hasTypes(dir string) bool {
	if isFile(filepath.Join(dir, "usher", "index.d.ts")) {
		return true
	}
	dir, err := filepath.Abs(dir)
	for err == nil {
		if exists(filepath.Join(dir, "node_modules", "usher-actions")) {
			return true
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	return false
}

// write writes the file, unless it is there already as it would be, and reports whether it
// did.
func (n typings) write(dir string) (bool, error) {
	text, err := n.text()
	if err != nil {
		return false, err
	}
	path := filepath.Join(dir, typingsFile)
	old, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(old, text):
		return false, nil
	case err == nil && !bytes.HasPrefix(old, []byte(typingsHead[:strings.Index(typingsHead, " from")])):
		return false, &host.Error{Code: host.Conflict, Text: path + " was not written by usher types", Hint: "rename it: the command would replace what it declares"}
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return false, fmt.Errorf("write the types: %w", err)
	}
	return true, nil
}

const typingsHead = `// Written by "usher types" from action.yaml, .env and the code: the names that this action
// has. "usher dev" keeps it current. Declare in another file what you add yourself.
`

// text is the content of the file.
func (n typings) text() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(typingsHead + "declare namespace Usher {\n")
	writeNames(&b, "Secrets", n.secrets)
	writeNames(&b, "Configuration", n.config)
	api := n.trigger.Entry()[len("onExecute"):]
	if n.javascript {
		fmt.Fprintf(&b, "  type ActionEvent = import(\"usher-actions\").%sEvent;\n", api)
	}
	b.WriteString("}\n")
	if n.javascript {
		fmt.Fprintf(&b, `
// The names that comments of Auth0's actions use: @param {Event} event, @param {%[1]sAPI} api.
interface Event extends Usher.ActionEvent {}
type %[1]sAPI = import("usher-actions").%[1]sAPI;
`, api)
	}
	var err error
	if n.library {
		err = writeLibrary(&b)
	}
	return b.Bytes(), err
}

// property is what needs no quotes as the name of a property.
var property = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

func writeNames(b *bytes.Buffer, of string, names []string) {
	if len(names) == 0 {
		fmt.Fprintf(b, "  interface %s {}\n", of)
		return
	}
	fmt.Fprintf(b, "  interface %s {\n", of)
	for _, name := range names {
		if !property.MatchString(name) {
			name = strconv.Quote(name)
		}
		fmt.Fprintf(b, "    %s: string;\n", name)
	}
	b.WriteString("  }\n")
}

// writeLibrary declares the types of the library as a module, for a folder in which they
// are not installed.
func writeLibrary(b *bytes.Buffer) error {
	library, err := sdk.Library("js")
	if err != nil {
		return fmt.Errorf("read the types of the library: %w", err)
	}
	for _, module := range []struct{ name, file string }{
		{"usher-actions/types/post-user-registration.js", "types/post-user-registration.d.ts"},
		{"usher-actions/types/pre-user-registration.js", "types/pre-user-registration.d.ts"},
		{"usher-actions", "index.d.ts"},
	} {
		text, err := fs.ReadFile(library, module.file)
		if err != nil {
			return fmt.Errorf("read the types of the library: %w", err)
		}
		code := strings.NewReplacer(`from "./types/`, `from "usher-actions/types/`, "\ndeclare global {", "\nglobal {").Replace(string(text))
		fmt.Fprintf(b, "\ndeclare module %q {\n%s}\n", module.name, code)
	}
	return nil
}

// typesIn writes the types of the action in a folder, and reports whether they are new.
func typesIn(dir string) (bool, error) {
	t, err := findTarget(dir)
	if err != nil {
		return false, err
	}
	names, err := typingsOf(t)
	if err != nil {
		return false, err
	}
	return names.write(dir)
}

// keepTypings brings the types of an action's folder up to date, if they are there.
func keepTypings(t target) error {
	if !isScript(t.path) || t.beside(typingsFile) == "" {
		return nil
	}
	names, err := typingsOf(t)
	if err != nil {
		return err
	}
	_, err = names.write(t.dir)
	return err
}
