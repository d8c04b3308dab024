package bundle

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// missingSpace is the namespace of modules that fail when they are reached, as an
// import of what is not installed does in Node.
const missingSpace = "usher-missing"

// absent is an import of a package that finds nothing.
type absent struct {
	importer string // the file's name, as messages have it
	path     string
}

// missing answers an import of a package that an earlier pass found nothing for.
func (r *resolver) missing(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Namespace != "file" || npm.PackageDir(args.Importer) == "" {
		return none, false
	}
	a := absent{r.nameOf(api.OnLoadArgs{Path: args.Importer, Namespace: "file"}), args.Path}
	if _, ok := r.absent[a]; !ok && !strings.HasPrefix(a.path, "node:") {
		return none, false
	}
	return api.OnResolveResult{Path: a.path + " of " + a.importer, Namespace: missingSpace, PluginData: a}, true
}

// excuse takes notes of the imports of packages that found nothing, so that another
// pass leaves them to the run. It reports whether that is all that is wrong.
func (j *job) excuse(errors []api.Message) bool {
	for _, m := range errors {
		a, ok := j.absentOf(m)
		if !ok {
			return false
		}
		if _, known := j.absent[a]; known {
			return false
		}
	}
	for _, m := range errors {
		a, _ := j.absentOf(m)
		j.absent[a] = m
	}
	return true
}

// notFound is esbuild's message about an import that finds nothing.
var notFound = regexp.MustCompile(`^Could not resolve "(.*)"`)

func (j *job) absentOf(m api.Message) (absent, bool) {
	parts := notFound.FindStringSubmatch(m.Text)
	if parts == nil || m.Detail != nil || m.Location == nil || m.Location.Namespace != "file" && m.Location.Namespace != "" {
		return absent{}, false
	}
	if !strings.Contains("/"+m.Location.File, "/node_modules/") || strings.HasPrefix(parts[1], "node:") {
		return absent{}, false
	}
	return absent{m.Location.File, parts[1]}, true
}

// loadMissing serves a module that throws what Node throws.
func loadMissing(args api.OnLoadArgs) (api.OnLoadResult, error) {
	a, _ := args.PluginData.(absent) // as resolver.missing set it
	at := "/usher/" + a.importer
	text, code := fmt.Sprintf("Cannot find module '%s'\nRequire stack:\n- %s", a.path, at), "MODULE_NOT_FOUND"
	if strings.HasPrefix(a.path, "node:") {
		text, code = "No such built-in module: "+a.path, "ERR_UNKNOWN_BUILTIN_MODULE"
	}
	module := fmt.Sprintf(missingModule, text, code, at)
	return api.OnLoadResult{Contents: &module}, nil
}

// missingModule is the code of such a module. It is CommonJS, which runs when it is
// first required.
const missingModule = `
module.exports = Object.assign(new Error(%q), { code: %q, requireStack: [%q] });
throw module.exports;
`

// lacking warns about what packages in the bundle import and is not installed,
// unless they say that it is optional.
func (j *job) lacking(meta metafile) []host.BuildMessage {
	var list []host.BuildMessage
	for _, out := range meta.Outputs {
		for _, name := range slices.Sorted(maps.Keys(out.Inputs)) {
			of, ok := strings.CutPrefix(name, missingSpace+":")
			path, importer, _ := strings.Cut(of, " of ")
			m, known := j.absent[absent{importer, path}]
			if !ok || !known || out.Inputs[name].Bytes == 0 {
				continue
			}
			s, _ := npm.ParseSpecifier(path)
			if by := j.pkgs.In(npm.PackageDir(filepath.Join(j.root, filepath.FromSlash(importer)))); by != nil && by.Optional(s.Name) {
				continue
			}
			w := j.message(m)
			w.Text += ": it fails when it is loaded"
			list = append(list, w)
		}
	}
	return list
}
