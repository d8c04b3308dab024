package jsbuild

import (
	"context"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
)

// survey is what a look at the author's own files tells, before any package is
// there.
type survey struct {
	esm       bool        // the entry is an ES module
	exports   []string    // its exports' names; of an ES module only
	files     []string    // the author's code, absolute
	targets   []target    // what it asks for while it runs
	versioned []specifier // imports that name a version
}

// target is a require() or import() that may happen in a run rather than at
// the start.
type target struct {
	path     string // as written
	importer string // the file that names it
	dynamic  bool   // import(), not require()
}

// look surveys the author's files. What is wrong with them is a [*host.BuildFailure].
func (j *job) look(ctx context.Context) error {
	o := j.options()
	o.Format = api.FormatESModule
	o.Packages = api.PackagesExternal
	o.Platform = api.PlatformNode
	o.EntryPoints = []string{j.entry}
	o.Plugins = []api.Plugin{{Name: "usher-survey", Setup: func(build api.PluginBuild) {
		j.loadFiles(build)
		build.OnResolve(api.OnResolveOptions{Filter: ".*"}, j.scout)
	}}}
	r, err := run(ctx, o)
	if err != nil {
		return err
	}
	if len(r.Errors) > 0 {
		return &host.BuildFailure{Messages: j.messages(r.Errors)}
	}
	return j.note(r.Metafile)
}

// scout finds the entry; everything else esbuild finds, packages aside.
func (j *job) scout(args api.OnResolveArgs) (api.OnResolveResult, error) {
	if args.Kind == api.ResolveEntryPoint {
		return api.OnResolveResult{Path: j.entry}, nil
	}
	if name, ok := strings.CutPrefix(args.Path, sharedModulePrefix); ok && j.src.SharedModules != nil {
		_, there := j.src.SharedModules[name]
		return api.OnResolveResult{Path: args.Path, External: there}, nil
	}
	if !j.closed() {
		return api.OnResolveResult{}, nil
	}
	if filepath.IsAbs(args.Path) {
		return j.refuse(args.Path), nil
	}
	if _, ok := specifierOf(args.Path); ok { // esbuild looks for packages in folders that there are
		return api.OnResolveResult{Path: args.Path, External: true}, nil
	}
	return api.OnResolveResult{}, nil
}

// note reads the survey from esbuild's account of the files.
func (j *job) note(account string) error {
	var meta metafile
	if err := json.Unmarshal([]byte(account), &meta); err != nil {
		return err
	}
	for _, out := range meta.Outputs {
		j.survey.exports = append(j.survey.exports, out.Exports...)
	}
	seen := map[specifier]bool{}
	for _, name := range slices.Sorted(maps.Keys(meta.Inputs)) {
		in, file := meta.Inputs[name], filepath.Join(j.root, filepath.FromSlash(name))
		if !j.authored(file) {
			continue
		}
		j.survey.files = append(j.survey.files, file)
		j.survey.esm = j.survey.esm || file == j.entry && in.Format == "esm"
		for _, imp := range in.Imports {
			j.survey.add(imp, file)
			if s, ok := specifierOf(imp.Path); ok && imp.External && s.version != "" && !seen[s] {
				seen[s] = true
				j.survey.versioned = append(j.survey.versioned, s)
			}
		}
	}
	return nil
}

// add notes what an import asks for in a run. Node's modules are always there.
func (s *survey) add(imp metaImport, file string) {
	path := imp.Original
	if path == "" {
		path = imp.Path
	}
	if _, builtin := builtinOf(path); builtin || imp.Kind != "require-call" && imp.Kind != "dynamic-import" {
		return
	}
	t := target{path: path, importer: file, dynamic: imp.Kind == "dynamic-import"}
	if !slices.Contains(s.targets, t) {
		s.targets = append(s.targets, t)
	}
}
