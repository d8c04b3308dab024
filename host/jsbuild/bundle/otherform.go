package bundle

import (
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// A package's other form
//
// A package is bundled as Node would load it, or else as a whole in its other form:
// what it offers for workers and browsers, by conditions in "exports" and "imports"
// or by the field "browser". form.go decides. esbuild has one set of conditions for
// all packages, so the imports of and in such a package are resolved here.

// packageOf returns the manifest of the package that an import names: the importer's
// own, or the nearest in node_modules above dir. It is nil when there is none.
func (r *resolver) packageOf(name, dir, importer string) *npm.Manifest {
	if own := r.pkgs.In(npm.PackageDir(importer)); own != nil && own.Name == name && own.Exports != nil {
		return own
	}
	return r.pkgs.Of(name, dir)
}

// inOtherForm reports whether a package is bundled in its other form.
func (j *job) inOtherForm(m *npm.Manifest) bool { return m != nil && j.form(m).other }

// conditionsFor are those of an import of a package in its other form.
func conditionsFor(kind api.ResolveKind) []string {
	form := "require"
	if kind == api.ResolveJSImportStatement || kind == api.ResolveJSDynamicImport {
		form = "import"
	}
	return append([]string{form}, npm.OtherConditions...)
}

// otherEntry finds what an import of a package in its other form gets.
func (r *resolver) otherEntry(m *npm.Manifest, sub string, args api.OnResolveArgs) api.OnResolveResult {
	file := "." + sub
	switch {
	case m.Exports != nil:
		if file = otherExport(m, sub, args.Kind); file == "" {
			return none
		}
	case sub == "":
		file = m.BrowserMain()
	}
	return r.otherFile(m, file, args)
}

// otherExport returns the file that "exports" have for an import of a package in its
// other form. Some offer that form for import alone: then require gets it, too.
func otherExport(m *npm.Manifest, sub string, kind api.ResolveKind) string {
	conditions := conditionsFor(kind)
	file := m.Entry(sub, conditions)
	if conditions[0] == "require" && file == m.Entry(sub, []string{"node", "module-sync", "require"}) {
		if other := m.Entry(sub, conditionsFor(api.ResolveJSImportStatement)); other != "" && other != m.Entry(sub, []string{"node", "module-sync", "import"}) {
			return other
		}
	}
	return file
}

// otherFile finds a file of a package in its other form, relative to the package.
func (r *resolver) otherFile(m *npm.Manifest, file string, args api.OnResolveArgs) api.OnResolveResult {
	dir := m.RealDir()
	found := r.lookup(file, dir, args)
	if found.Path == "" {
		if with, ok := m.Replacement(file); ok {
			return r.replacement(m, with, args)
		}
		return none
	}
	name, err := filepath.Rel(dir, found.Path)
	if err != nil {
		return found
	}
	if with, ok := m.Replacement("./" + filepath.ToSlash(name)); ok {
		return r.replacement(m, with, args)
	}
	return found
}

// replacement is what a "browser" map has for an import: a file of the package,
// another package, or nothing.
func (r *resolver) replacement(m *npm.Manifest, with string, args api.OnResolveArgs) api.OnResolveResult {
	if with == "" {
		return api.OnResolveResult{Path: args.Path, Namespace: emptySpace}
	}
	if _, builtin := builtinOf(with); builtin {
		return api.OnResolveResult{Path: with, External: true}
	}
	if found := r.lookup(with, m.RealDir(), args); found.Path != "" {
		return found
	}
	return r.lookup("./"+strings.TrimPrefix(with, "./"), m.RealDir(), args)
}

// replaced answers an import by a file of a package in its other form.
func (r *resolver) replaced(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	dir := npm.PackageDir(args.Importer)
	if dir == "" || args.Namespace != "file" {
		return none, false
	}
	m := r.pkgs.In(dir)
	if !r.inOtherForm(m) {
		return none, false
	}
	if strings.HasPrefix(args.Path, "#") {
		switch found := m.Import(args.Path, conditionsFor(args.Kind)); {
		case found == "":
			return none, false
		case strings.HasPrefix(found, "."):
			return r.otherFile(m, found, args), true
		default:
			args.Path = found
			return r.resolveNow(args), true
		}
	}
	if strings.HasPrefix(args.Path, ".") {
		file, err := filepath.Rel(m.RealDir(), filepath.Join(args.ResolveDir, filepath.FromSlash(args.Path)))
		if err != nil || strings.HasPrefix(file, "..") {
			return none, false
		}
		return r.otherFile(m, "./"+filepath.ToSlash(file), args), true
	}
	with, ok := m.Replacement(args.Path)
	if builtin, node := builtinOf(args.Path); !ok || node && with == "" && unable[builtin] == "" {
		return none, false // the runtime has this module
	}
	return r.replacement(m, with, args), true
}

// resolveNow resolves an import under another name, by all steps.
func (r *resolver) resolveNow(args api.OnResolveArgs) api.OnResolveResult {
	found := r.build.Resolve(args.Path, api.ResolveOptions{
		Importer: args.Importer, ResolveDir: args.ResolveDir, Kind: args.Kind, Namespace: args.Namespace, With: args.With,
	})
	if len(found.Errors) > 0 {
		return none
	}
	return api.OnResolveResult{Path: found.Path, Namespace: found.Namespace, External: found.External, PluginData: found.PluginData}
}
