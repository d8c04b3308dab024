package bundle

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// Which form a package is bundled in
//
// A package is bundled as Node loads it. Where that can't work in a sandbox, it is
// bundled as a whole in its other form, for workers or browsers: never half of each.
// The table of quirks decides for packages that it names. For others there is a
// rule, after each pass of esbuild: a package that loads what needs a connection or
// machine code at its top level, and that has another form, is tried in that one in
// the next pass. If the other form loads the same, it is Node's after all.

// form is the form of one package.
type form struct {
	other bool
	why   string // "" for Node's form without further ado
}

// form returns a package's form.
func (j *job) form(m *npm.Manifest) form {
	if q := quirkOf(m.Name); q.form != formByRule {
		if q.form == formOther && !m.HasOtherForm() {
			return form{}
		}
		return form{q.form == formOther, q.why}
	}
	if len(j.forms) == 0 {
		return form{}
	}
	return j.forms[m.RealDir()]
}

// reconsider decides again on the forms of packages, by what is in the bundle. It
// reports whether another pass is needed.
func (j *job) reconsider(meta metafile) bool {
	for dir, f := range j.forms {
		j.bundled[dir] = f.other
	}
	changed := j.refuseAMD(meta)
	needs := j.needs(meta)
	for _, dir := range slices.Sorted(maps.Keys(needs)) {
		m := j.pkgs.In(dir)
		if m == nil || quirkOf(m.Name).form != formByRule || !m.HasOtherForm() {
			continue
		}
		f, tried := j.forms[dir]
		switch {
		case !tried:
			j.forms[dir] = form{true, fmt.Sprintf("its build for Node loads %s", needs[dir])}
		case f.other:
			j.forms[dir] = form{false, fmt.Sprintf("its build for browsers loads %s, as the one for Node does", needs[dir])}
		default:
			continue
		}
		changed = true
	}
	return changed
}

// amd finds code for a loader of asynchronous modules, which neither Node nor a sandbox
// has.
var amd = regexp.MustCompile(`^(?:\s|//[^\n]*\n|/\*(?s:.*?)\*/|["']use strict["'];)*define\(`)

// refuseAMD goes back to Node's form for packages whose other form is for such a
// loader. It reports whether there are any.
func (j *job) refuseAMD(meta metafile) bool {
	changed := false
	for _, out := range meta.Outputs {
		for name := range out.Inputs {
			dir := npm.PackageDir(filepath.Join(j.root, filepath.FromSlash(name)))
			if f := j.forms[dir]; f.other && amd.MatchString(readText(filepath.Join(j.root, filepath.FromSlash(name)))) {
				j.forms[dir] = form{false, f.why + ", and its build for browsers is for AMD"}
				changed = true
			}
		}
	}
	return changed
}

// revert goes back to Node's form for the packages that the last pass had first in
// another, which failed. It reports whether there are any.
func (j *job) revert() bool {
	changed := false
	for dir, f := range j.forms {
		if f.other && !j.bundled[dir] {
			j.forms[dir] = form{false, f.why + ", and its build for browsers can't be bundled"}
			changed = true
		}
	}
	return changed
}

// needs returns what can't work of what packages load at their top level, by the
// package's folder.
func (j *job) needs(meta metafile) map[string]string {
	found := map[string]string{}
	for _, out := range meta.Outputs {
		for _, name := range slices.Sorted(maps.Keys(out.Inputs)) {
			file := filepath.Join(j.root, filepath.FromSlash(name))
			dir := npm.PackageDir(file)
			if dir == "" || out.Inputs[name].Bytes == 0 || found[dir] != "" {
				continue
			}
			for _, imp := range meta.Inputs[name].Imports {
				if what := j.unserved(file, dir, imp); what != "" {
					found[dir] = what
					break
				}
			}
		}
	}
	return found
}

// unserved says what a file's import at its top level is that can't work, "" when it
// works or happens later.
func (j *job) unserved(file, dir string, imp metaImport) string {
	what := j.unservedImport(dir, imp)
	if what == "" || imp.Kind != "import-statement" && imp.Kind != "require-call" {
		return ""
	}
	code, err := os.ReadFile(file)
	if err != nil || what == "node:net" && strings.Contains(string(code), "isIP") {
		return "" // addresses need no connection
	}
	if path := imp.Original; imp.Kind == "require-call" && !requiresFirst(string(code), path) && !requiresFirst(string(code), imp.Path) {
		return ""
	}
	return what
}

// unservedImport says what an import of a package in dir is that can't work, whenever
// it happens.
func (j *job) unservedImport(dir string, imp metaImport) string {
	if builtin, ok := builtinOf(imp.Path); ok {
		if unable[builtin] != "" && !tolerated[builtin] {
			return "node:" + builtin
		}
		return ""
	}
	other := npm.PackageDir(filepath.Join(j.root, filepath.FromSlash(imp.Path)))
	if other == "" || other == dir {
		return ""
	}
	name := j.pkgs.Name(other)
	if q := quirkOf(name); q.native != "" || q.connects != "" && !q.optionalSockets {
		return name
	}
	return ""
}

// packageForms lists the forms of the packages in a bundle.
func (j *job) packageForms(inv inventory) []PackageForm {
	list := make([]PackageForm, 0, len(inv.names))
	for dir, p := range inv.names {
		f := PackageForm{Package: p, Form: "node"}
		if m := j.pkgs.In(dir); m != nil {
			if form := j.form(m); form.other {
				f.Form, f.Why = "other", form.why
			} else {
				f.Why = form.why
			}
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b PackageForm) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version), strings.Compare(a.Form, b.Form))
	})
	return slices.Compact(list)
}
