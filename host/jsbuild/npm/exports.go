package npm

import (
	"bytes"
	"encoding/json"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Entry returns the file, relative to the package ("./lib/a.js"), that an import of
// the package gets under the given conditions, besides "default". Sub is "" for the
// package itself, or "/sub". It is for a package with "exports"; without them, or
// when they have nothing for sub, it returns "".
func (m *Manifest) Entry(sub string, conditions []string) string {
	return mapped(m.Exports, "."+sub, conditions)
}

// Import returns what the package's "imports" have for one of its own names ("#a")
// under the given conditions: a file relative to the package, or the name of another
// package. It is "" when they have nothing.
func (m *Manifest) Import(name string, conditions []string) string {
	return mapped(m.Imports, name, conditions)
}

// mapped looks a name up in "exports" or "imports".
func mapped(field json.RawMessage, name string, conditions []string) string {
	entries := members(field)
	if !slices.ContainsFunc(entries, func(e member) bool { return strings.HasPrefix(e.key, ".") || strings.HasPrefix(e.key, "#") }) {
		if name != "." {
			return ""
		}
		found, _ := target(field, "", conditions)
		return found
	}
	best, rest := member{}, ""
	for _, e := range entries {
		if e.key == name {
			found, _ := target(e.value, "", conditions)
			return found
		}
		before, after, pattern := strings.Cut(e.key, "*")
		if !pattern || !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) || len(name) < len(e.key) {
			continue
		}
		if bestBefore, _, _ := strings.Cut(best.key, "*"); best.key == "" || len(before) > len(bestBefore) {
			best, rest = e, name[len(before):len(name)-len(after)]
		}
	}
	found, _ := target(best.value, rest, conditions)
	return found
}

// target returns the first file that a value names under the conditions. Decided is
// true when the value has an answer, which may be null: none.
func target(value json.RawMessage, rest string, conditions []string) (file string, decided bool) {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return "", false
	}
	switch value[0] {
	case '"':
		if json.Unmarshal(value, &file) != nil {
			return "", false
		}
		return strings.ReplaceAll(file, "*", rest), true
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(value, &list) != nil {
			return "", false
		}
		for _, v := range list {
			if file, _ := target(v, rest, conditions); file != "" {
				return file, true
			}
		}
		return "", false
	case '{':
		for _, e := range members(value) {
			if e.key != "default" && !slices.Contains(conditions, e.key) {
				continue
			}
			if file, decided := target(e.value, rest, conditions); decided {
				return file, true
			}
		}
		return "", false
	default:
		return "", true
	}
}

// member is one member of a JSON object.
type member struct {
	key   string
	value json.RawMessage
}

// members returns an object's members in their order, which "exports" depend on. It
// returns none for any other value.
func members(object json.RawMessage) []member {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var list []member
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil
		}
		name, ok := key.(string)
		var value json.RawMessage
		if err := d.Decode(&value); !ok || err != nil {
			return nil
		}
		list = append(list, member{name, value})
	}
	return list
}

// Replacement returns what the "browser" map of a package has for one of its imports:
// the name of a module or a file ("./a.js"), or "" with ok for an empty module. Name
// is that of another package, or a file of this one, relative to it.
func (m *Manifest) Replacement(name string) (with string, ok bool) {
	names := []string{name}
	if file, own := strings.CutPrefix(name, "./"); own {
		bare := strings.TrimSuffix(file, path.Ext(file))
		names = []string{name, file, "./" + bare, bare}
		if dir, index := strings.CutSuffix(bare, "/index"); index {
			names = append(names, "./"+dir, dir)
		}
	}
	for _, e := range members(m.Browser) {
		key := e.key
		if strings.HasPrefix(key, ".") {
			key = "./" + path.Clean(key)
		}
		if !slices.Contains(names, key) {
			continue
		}
		if json.Unmarshal(e.value, &with) == nil {
			return with, true
		}
		return "", string(bytes.TrimSpace(e.value)) == "false"
	}
	return "", false
}

// BrowserMain returns the main file of a package without "exports" as it is for
// browsers: what the field "browser" names, or else the one of "module" and "main"
// whose files the "browser" map replaces.
func (m *Manifest) BrowserMain() string {
	var file string
	if json.Unmarshal(m.Browser, &file) == nil && file != "" {
		return "./" + path.Clean(file)
	}
	main := "./" + path.Clean(firstOf(m.Main, "index.js"))
	if m.Module == "" {
		return main
	}
	module, count := "./"+path.Clean(m.Module), 0
	for _, e := range members(m.Browser) {
		key := "./" + path.Clean(e.key)
		switch {
		case key == main:
			return main
		case strings.HasPrefix(key, "./"+path.Dir(module)+"/"):
			count++
		case strings.HasPrefix(key, "./"+path.Dir(main)+"/"):
			count--
		}
	}
	if count > 0 {
		return module
	}
	return main
}

func firstOf(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// HasOtherForm reports whether the package says what it is for browsers or workers.
func (m *Manifest) HasOtherForm() bool {
	var file string
	if len(members(m.Browser)) > 0 || json.Unmarshal(m.Browser, &file) == nil && file != "" {
		return true
	}
	for _, condition := range OtherConditions {
		if bytes.Contains(m.Exports, []byte(`"`+condition+`"`)) || bytes.Contains(m.Imports, []byte(`"`+condition+`"`)) {
			return true
		}
	}
	return false
}

// OtherConditions are those under which packages offer what is not for Node.
var OtherConditions = []string{"workerd", "worker", "browser"}

// Optional reports whether a package may be missing: the manifest lists it as an
// optional dependency or peer.
func (m *Manifest) Optional(name string) bool {
	_, dependency := m.OptionalDependencies[name]
	return dependency || m.PeerDependenciesMeta[name].Optional
}

// RealDir returns the folder of the manifest without links.
func (m *Manifest) RealDir() string {
	if dir, err := filepath.EvalSymlinks(m.Dir); err == nil {
		return dir
	}
	return m.Dir
}
