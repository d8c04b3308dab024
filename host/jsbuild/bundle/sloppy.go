package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Sloppy code beside strict code
//
// ES modules are strict, and esbuild puts all modules of a bundle into one scope, in
// which strictness can't be taken back. So when an action is an ES module and some of
// its packages' CommonJS does not ask to be strict, the bundle is made of two scripts:
// the sloppy files with the CommonJS that they require, and the rest, which has all ES
// modules. Each file is in one of them. The second requires files of the first as
// "usher:sloppy/N", the first those of the second as "usher:strict/N".

const (
	sloppyPath  = "usher:sloppy/" // and the number of a file
	strictPath  = "usher:strict/" // and the number of a file
	sloppySpace = "usher-sloppy"  // of the entry of the first script
	giveSpace   = "usher-give"    // of the module by which the second offers files to the first
	givePath    = "usher:give"
)

// twoScripts says which files are in which script.
type twoScripts struct {
	sloppy  map[string]int            // the numbers of the first script's files, by their names in the metafile
	strict  map[string]int            // those of files of the second that the first requires
	first   bool                      // the first is being made
	imports map[int]api.OnResolveArgs // of the second script from the first, by number; guarded by the job's mu
}

// splitOff finds the files of the first script, nil when the bundle needs no two.
func (j *job) splitOff(meta metafile) *twoScripts {
	if !j.reexports() || j.strict(meta) {
		return nil
	}
	sloppy, strict := map[string]bool{}, map[string]bool{}
	var add func(name string)
	add = func(name string) {
		in, ok := meta.Inputs[name]
		switch {
		case !ok || sloppy[name]:
			return
		case in.Format == "esm" && !generated.MatchString(name):
			strict[name] = true
			return
		}
		sloppy[name] = true
		for _, imp := range in.Imports {
			if !imp.External {
				add(imp.Path)
			}
		}
	}
	for _, out := range meta.Outputs {
		for name, share := range out.Inputs {
			if share.Bytes > 0 && j.sloppy(meta, name) {
				add(name)
			}
		}
	}
	return &twoScripts{sloppy: numbered(sloppy), strict: numbered(strict), imports: map[int]api.OnResolveArgs{}}
}

func numbered(names map[string]bool) map[string]int {
	numbers := map[string]int{}
	for i, name := range slices.Sorted(maps.Keys(names)) {
		numbers[name] = i
	}
	return numbers
}

// around is what an import is resolved with to see whether it leads to the first
// script.
type around struct{ data any }

// ofOtherScript answers an import by a file that is in the other script.
func (r *resolver) ofOtherScript(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if r.split == nil || args.Kind == api.ResolveEntryPoint || args.Kind == api.ResolveJSRequireResolve || args.Namespace == sloppySpace || args.Namespace == giveSpace {
		return none, false
	}
	found := r.build.Resolve(args.Path, api.ResolveOptions{
		Importer: args.Importer, ResolveDir: args.ResolveDir, Kind: args.Kind, Namespace: args.Namespace, With: args.With, PluginData: around{args.PluginData},
	})
	if len(found.Errors) > 0 || found.External {
		return none, false
	}
	name := r.nameOf(api.OnLoadArgs{Path: found.Path + found.Suffix, Namespace: found.Namespace})
	if r.split.first {
		number, ok := r.split.strict[name]
		return api.OnResolveResult{Path: strictPath + fmt.Sprint(number), External: true}, ok
	}
	number, ok := r.split.sloppy[name]
	if !ok {
		return none, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if before, known := r.split.imports[number]; !known || args.Importer+"\n"+args.Path < before.Importer+"\n"+before.Path {
		r.split.imports[number] = args
	}
	return api.OnResolveResult{Path: sloppyPath + fmt.Sprint(number), External: true}, true
}

// given leaves the imports of the module that offers files to esbuild: they are paths.
func (r *resolver) given(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	return none, args.Namespace == giveSpace
}

// loadGiven writes the module that offers files of the second script to the first.
func (j *job) loadGiven(api.OnLoadArgs) (api.OnLoadResult, error) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(j.split.strict)) {
		fmt.Fprintf(&b, "require.usherGive(%q, () => require(%q));\n", strictPath+fmt.Sprint(j.split.strict[name]), filepath.Join(j.root, filepath.FromSlash(name)))
	}
	code := b.String() + "export {};"
	return api.OnLoadResult{Contents: &code, ResolveDir: j.root}, nil
}

// sloppyScript bundles the first script.
func (j *job) sloppyScript(ctx context.Context) (api.BuildResult, error) {
	split := j.split
	split.first = true
	o := j.joinOptions()
	o.Banner = map[string]string{"js": "(function (module, exports, require) {"}
	o.Plugins = []api.Plugin{{Name: "usher-sloppy", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: ".*"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if args.Kind == api.ResolveEntryPoint {
				return api.OnResolveResult{Path: "sloppy", Namespace: sloppySpace}, nil
			}
			text, ok := strings.CutPrefix(args.Path, sloppyPath)
			if !ok || args.Namespace != sloppySpace {
				return none, nil
			}
			number, err := strconv.Atoi(text)
			if err != nil {
				return none, err
			}
			first := split.imports[number]
			found := build.Resolve(first.Path, api.ResolveOptions{
				Importer: first.Importer, ResolveDir: first.ResolveDir, Kind: first.Kind, Namespace: first.Namespace, With: first.With, PluginData: first.PluginData,
			})
			return api.OnResolveResult{Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, PluginData: found.PluginData, Errors: found.Errors}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: sloppySpace}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
			var b strings.Builder
			for _, number := range slices.Sorted(maps.Keys(split.imports)) {
				fmt.Fprintf(&b, "exports[%q] = () => require(%[1]q);\n", sloppyPath+fmt.Sprint(number))
			}
			code := b.String()
			return api.OnLoadResult{Contents: &code}, nil
		})
	}}, j.plugin()}
	return run(ctx, o, once)
}

// The code around two scripts.
const (
	beforeSloppy = banner + "\nvar strict = {}, sloppy = { exports: {} };\n"
	afterSloppy  = ".call(sloppy.exports, sloppy, sloppy.exports, Object.assign((id) => Object.hasOwn(strict, id) ? strict[id]() : require(id), require));\n"
	beforeStrict = "return "
	afterStrict  = ".call(exports, module, exports, Object.assign((id) => Object.hasOwn(sloppy.exports, id) ? sloppy.exports[id]() : require(id), require," +
		" { usherGive: (id, give) => { strict[id] = give; } }), " + touchName + ");\n})\n"
)

// script is one output of esbuild.
type script struct{ code, sourceMap []byte }

// joinScripts makes one script of the two, and adds the first's part to the metafile
// of the second.
func joinScripts(first, second script, meta *metafile, ofFirst metafile) (script, error) {
	maps.Copy(meta.Inputs, ofFirst.Inputs)
	for name, out := range ofFirst.Outputs {
		meta.Outputs["sloppy "+name] = out
	}
	var a, b sourceMapJSON
	if err := json.Unmarshal(first.sourceMap, &a); err != nil {
		return script{}, fmt.Errorf("read esbuild's source map: %w", err)
	}
	if err := json.Unmarshal(second.sourceMap, &b); err != nil {
		return script{}, fmt.Errorf("read esbuild's source map: %w", err)
	}
	code := append([]byte(beforeSloppy), bytes.TrimRight(first.code, "\n")...)
	code = append(append(code, afterSloppy...), beforeStrict...)
	line := bytes.Count(code, []byte("\n"))
	code = append(append(code, bytes.TrimRight(second.code, "\n")...), afterStrict...)
	a.Mappings = joinMappings(a.Mappings, strings.Count(beforeSloppy, "\n"), len(a.Sources), len(a.Names), b.Mappings, line)
	a.Sources, a.Names = append(a.Sources, b.Sources...), append(a.Names, b.Names...)
	sourceMap, err := json.Marshal(a)
	return script{code, sourceMap}, err
}

// sourceMapJSON is a source map without its sources' content.
type sourceMapJSON struct {
	Version  int      `json:"version"`
	Sources  []string `json:"sources"`
	Names    []string `json:"names"`
	Mappings string   `json:"mappings"`
}

// scriptOf returns what esbuild wrote.
func scriptOf(r api.BuildResult) (s script, err error) {
	for _, f := range r.OutputFiles {
		if filepath.Ext(f.Path) == ".map" {
			s.sourceMap = f.Contents
		} else {
			s.code = f.Contents
		}
	}
	if s.code == nil || s.sourceMap == nil {
		return s, errNoOutput
	}
	return s, nil
}
