package bundle

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// survey describes the author's own files, before any package is installed.
type survey struct {
	esm       bool            // the entry is an ES module
	exports   []string        // the names of its exports, if it is an ES module
	files     []string        // the author's code, absolute
	targets   []target        // what it imports in a run
	versioned []npm.Specifier // imports that name a version
}

// target is a require() or import() that may happen in a run rather than when the
// action is loaded.
type target struct {
	path     string // as written
	importer string // the file that names it
	dynamic  bool   // import(), not require()
}

// look makes the survey. An error in the files is a [*host.BuildFailure].
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
	r, err := run(ctx, o, once)
	if err != nil {
		return err
	}
	if len(r.Errors) > 0 {
		return failure(j.messages(r.Errors)...)
	}
	return j.read(r.Metafile)
}

// scout finds the entry. It leaves other files to esbuild, and packages out.
func (j *job) scout(args api.OnResolveArgs) (api.OnResolveResult, error) {
	if args.Kind == api.ResolveEntryPoint {
		return api.OnResolveResult{Path: j.entry}, nil
	}
	if name, ok := strings.CutPrefix(args.Path, sharedPrefix); ok && j.src.SharedModules != nil {
		_, there := j.src.SharedModules[name]
		return api.OnResolveResult{Path: args.Path, External: there}, nil
	}
	if !j.closed() {
		return api.OnResolveResult{}, nil
	}
	if filepath.IsAbs(args.Path) {
		return j.refuse(args.Path), nil
	}
	if _, ok := npm.ParseSpecifier(args.Path); ok { // esbuild looks packages up in existing folders only
		return api.OnResolveResult{Path: args.Path, External: true}, nil
	}
	return api.OnResolveResult{}, nil
}

// read reads the survey from esbuild's metafile.
func (j *job) read(text string) error {
	var meta metafile
	if err := json.Unmarshal([]byte(text), &meta); err != nil {
		return err
	}
	for _, out := range meta.Outputs {
		j.survey.exports = append(j.survey.exports, out.Exports...)
	}
	seen := map[npm.Specifier]bool{}
	for _, name := range slices.Sorted(maps.Keys(meta.Inputs)) {
		in, file := meta.Inputs[name], filepath.Join(j.root, filepath.FromSlash(name))
		if !j.authored(file) {
			continue
		}
		j.survey.files = append(j.survey.files, file)
		j.survey.esm = j.survey.esm || file == j.entry && in.Format == "esm"
		for _, imp := range in.Imports {
			j.survey.add(imp, file)
			if s, ok := npm.ParseSpecifier(imp.Path); ok && imp.External && s.Version != "" && !seen[s] {
				seen[s] = true
				j.survey.versioned = append(j.survey.versioned, s)
			}
		}
	}
	return nil
}

// add adds the target of an import in a run. Modules of Node are none: the runtime
// has them. Nor are files that code reads: their importer loads them.
func (s *survey) add(imp metaImport, file string) {
	path := imp.Original
	if path == "" {
		path = imp.Path
	}
	if _, builtin := builtinOf(path); builtin || strings.HasPrefix(path, ownFilePrefix) || imp.Kind != "require-call" && imp.Kind != "dynamic-import" {
		return
	}
	t := target{path: path, importer: file, dynamic: imp.Kind == "dynamic-import"}
	if !slices.Contains(s.targets, t) {
		s.targets = append(s.targets, t)
	}
}

// authorsCode joins the code of the author's own files.
func (j *job) authorsCode() string {
	text := string(j.src.Code)
	for _, file := range j.survey.files {
		if file == j.entry {
			continue
		}
		if code, err := os.ReadFile(file); err == nil { // esbuild has read it, or the build has failed
			text += "\n" + string(code)
		}
	}
	return text
}

// metafile is esbuild's JSON description of a build.
type metafile struct {
	Inputs  map[string]metaInput  `json:"inputs"`
	Outputs map[string]metaOutput `json:"outputs"`
}

type metaInput struct {
	Imports []metaImport `json:"imports"`
	Format  string       `json:"format"` // cjs or esm; "" for other files than code
}

type metaImport struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"`
	Original string `json:"original"`
	External bool   `json:"external"`
}

type metaOutput struct {
	Exports []string             `json:"exports"`
	Inputs  map[string]metaShare `json:"inputs"`
}

type metaShare struct {
	Bytes int `json:"bytesInOutput"`
}
