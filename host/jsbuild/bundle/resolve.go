package bundle

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// How an import is resolved
//
// esbuild asks a resolver for each import of each file. The resolver goes through
// the steps below until one answers; their order is part of what a bundle is.
//
// An import that the resolver itself has esbuild look up is esbuild's, and one that
// leads to the bundle's other script stays (sloppy.go). Then come imports that mean
// something by themselves, whatever is installed:
//
//  1. A module that offers files to the other script has their paths, and what
//     chooses for computed requires is a generated module (computed.go), as is
//     what holds a file that code reads (ownfiles.go).
//  2. The entry point is a generated module (entry.go): it imports the action.
//  3. Its imports are the action, and what the action imports in a run.
//  4. "actions:NAME" is a shared module, when the author's own code asks
//     (sharedmodule.go).
//  5. What a package in its other form imports, that form replaces (otherform.go).
//  6. A module of Node is in the runtime, not in the bundle. A package that does
//     nothing without a socket gets a module that refuses (standin.go). Where the
//     module can't do its work, there is a warning (warning.go). Stand-ins may also
//     import what the runtime has for them.
//  7. An http address is refused: esbuild would leave it to the run.
//  8. The argument of require.resolve() becomes the file's place.
//  9. An absolute path or data: address is refused to code without a folder.
//  10. A package may have a stand-in for one of its imports (standin.go), or code that
//     leads to a faster module (seam.go).
//  11. A package's import that nothing answers fails in the run (missing.go).
//  12. A path ("./x") is a file, which esbuild finds.
//
// Every other import names a package:
//
//  13. With a version ("axios@1.2.3") that was installed for the import alone,
//     the package is in the folder of its alias.
//  14. A shared module has folders of its own for packages that the action has in
//     another version.
//  15. Any other package comes from the list of dependencies, if there is one and
//     the author's own code asks, else from node_modules above the importer, as in
//     Node: esbuild has Node's rules. A package in its other form is resolved in
//     otherform.go. If nothing is there, the name may be an alias of the author's
//     own file in tsconfig.json.
//
// An answer without a path leaves the import to esbuild: when it finds nothing
// either, whether that is an error depends on the code around, which esbuild
// knows. What esbuild finds itself also has the "type" of its package.json, which
// an answer with a path has not.
var steps = []func(*resolver, api.OnResolveArgs) (api.OnResolveResult, bool){
	(*resolver).given,
	(*resolver).choose,
	(*resolver).ownFileModule,
	(*resolver).entryPoint,
	(*resolver).entryImport,
	(*resolver).sharedModule,
	(*resolver).replaced,
	(*resolver).builtin,
	(*resolver).runtimeModule,
	(*resolver).webAddress,
	(*resolver).requireResolve,
	(*resolver).hostFile,
	(*resolver).standIn,
	(*resolver).seam,
	(*resolver).missing,
	(*resolver).file,
	(*resolver).alias,
	(*resolver).sharedModulesPackage,
	(*resolver).pkg,
}

// none leaves an import to esbuild.
var none = api.OnResolveResult{}

// resolver finds what an action's files and packages import.
type resolver struct {
	*job
	build api.PluginBuild
}

// emptySpace is the namespace of an empty module, which replaces an import in a
// run that finds nothing.
const emptySpace = "usher-empty"

func (j *job) plugin() api.Plugin {
	return api.Plugin{Name: "usher", Setup: func(build api.PluginBuild) {
		r := &resolver{job: j, build: build}
		j.loadFiles(build)
		build.OnResolve(api.OnResolveOptions{Filter: ".*"}, r.resolve)
		for space, load := range map[string]func(api.OnLoadArgs) (api.OnLoadResult, error){
			entrySpace: j.loadEntry, emptySpace: loadEmpty, sharedSpace: j.loadSharedModule, secretsSpace: loadSecrets,
			standInSpace: loadStandIn, socketSpace: loadRefusing, missingSpace: loadMissing, chooseSpace: loadChoose, ownFileSpace: loadOwnFile, giveSpace: j.loadGiven, seamSpace: loadSeam,
		} {
			build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: space}, load)
		}
	}}
}

func loadEmpty(api.OnLoadArgs) (api.OnLoadResult, error) {
	empty := ""
	return api.OnLoadResult{Contents: &empty}, nil
}

// resolve answers one import by the first step that has an answer.
func (r *resolver) resolve(args api.OnResolveArgs) (api.OnResolveResult, error) {
	switch data := args.PluginData.(type) {
	case lookup:
		return none, nil
	case around:
		args.PluginData = data.data
	default:
		if found, ok := r.ofOtherScript(args); ok {
			return found, nil
		}
	}
	for _, step := range steps {
		if found, ok := step(r, args); ok {
			return found, nil
		}
	}
	return none, nil
}

// lookup marks imports that the resolver has esbuild look up.
type lookup struct{}

func (r *resolver) choose(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	return api.OnResolveResult{Path: choosePath, Namespace: chooseSpace}, args.Path == choosePath && npm.PackageDir(args.Importer) != ""
}

func (r *resolver) entryPoint(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	return api.OnResolveResult{Path: "action", Namespace: entrySpace}, args.Kind == api.ResolveEntryPoint
}

// entryImport finds what the entry imports: the action, and the modules that the
// action imports in a run.
func (r *resolver) entryImport(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Namespace != entrySpace {
		return none, false
	}
	switch number, target := strings.CutPrefix(args.Path, entryTarget); {
	case args.Path == secretsPath:
		return api.OnResolveResult{Path: secretsPath, Namespace: secretsSpace}, true
	case args.Path == givePath:
		return api.OnResolveResult{Path: givePath, Namespace: giveSpace}, true
	case args.Path == entryAction:
		return api.OnResolveResult{Path: r.entry, Namespace: "file"}, true
	case target:
		i, err := strconv.Atoi(number)
		if err != nil || i >= len(r.survey.targets) {
			break
		}
		return r.target(args, r.survey.targets[i]), true
	}
	return api.OnResolveResult{Errors: []api.Message{{Text: "the generated entry imports " + args.Path}}}, true
}

func (r *resolver) target(args api.OnResolveArgs, t target) api.OnResolveResult {
	found := r.build.Resolve(t.path, api.ResolveOptions{
		Importer: t.importer, ResolveDir: filepath.Dir(t.importer), Kind: args.Kind, Namespace: "file",
	})
	if len(found.Errors) > 0 || found.Path == "" {
		return api.OnResolveResult{Path: args.Path, Namespace: emptySpace}
	}
	return api.OnResolveResult{Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, External: found.External}
}

func (r *resolver) builtin(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	name, ok := builtinOf(args.Path)
	if !ok {
		unknown := strings.HasPrefix(args.Path, "node:") && npm.PackageDir(args.Importer) == ""
		return api.OnResolveResult{Errors: []api.Message{{Text: unresolved(args.Path)}}}, unknown // esbuild would leave it to the run
	}
	if args.Namespace == socketSpace {
		return api.OnResolveResult{Path: args.Path, External: true}, true
	}
	if found, ok := r.refusingModule(name, args); ok {
		return found, true
	}
	return api.OnResolveResult{Path: args.Path, External: true, Warnings: r.warn(name, args)}, true
}

func (r *resolver) webAddress(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	address := strings.HasPrefix(args.Path, "https:") || strings.HasPrefix(args.Path, "http:")
	return api.OnResolveResult{Errors: []api.Message{{Text: unresolved(args.Path)}}}, address
}

// requireResolve answers require.resolve(), whose value is the place of a file that
// is found. It does not bundle the file.
func (r *resolver) requireResolve(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Kind != api.ResolveJSRequireResolve {
		return none, false
	}
	path := args.Path
	if _, builtin := builtinOf(path); !builtin {
		if found := r.lookup(path, args.ResolveDir, args); found.Path != "" && r.readable(found.Path) {
			path = r.place(found.Path)
		}
	}
	return api.OnResolveResult{Path: path, External: true}, true
}

func (r *resolver) hostFile(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	return r.refuse(args.Path), r.closed() && (filepath.IsAbs(args.Path) || strings.HasPrefix(args.Path, "data:"))
}

// file answers an import that names no package.
func (r *resolver) file(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	_, ok := npm.ParseSpecifier(args.Path)
	return none, !ok
}

func (r *resolver) alias(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	s, _ := npm.ParseSpecifier(args.Path)
	folder, ok := r.aliases[s.Name+"@"+s.Version]
	if !ok {
		return none, false
	}
	return r.find(folder, s.Sub, r.installed, args), true
}

func (r *resolver) sharedModulesPackage(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	s, _ := npm.ParseSpecifier(args.Path)
	folder, ok := r.moduleFolders[[2]string{args.Importer, s.Name}]
	if !ok || args.Namespace != sharedSpace {
		return none, false
	}
	return r.find(folder, s.Sub, r.installed, args), true
}

func (r *resolver) pkg(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	s, _ := npm.ParseSpecifier(args.Path)
	dir := r.packagesFor(args)
	if s.Version == "" && dir == args.ResolveDir && !r.inOtherForm(r.packageOf(s.Name, dir, args.Importer)) {
		return none, true
	}
	found := r.find(s.Name, s.Sub, dir, args)
	if found.Path == "" && dir != args.ResolveDir {
		args.Path = s.Name + s.Sub
		return r.ownFile(args), true
	}
	return found, true
}

// find finds a package's file from a folder. It returns none when nothing is there.
func (r *resolver) find(name, sub, dir string, args api.OnResolveArgs) api.OnResolveResult {
	if m := r.packageOf(name, dir, args.Importer); r.inOtherForm(m) {
		return r.otherEntry(m, sub, args)
	}
	return r.lookup(name+sub, dir, args)
}

// packagesFor returns the folder from which an import of a package is looked up.
func (r *resolver) packagesFor(args api.OnResolveArgs) string {
	if r.authored(args.Importer) && r.listed() {
		return r.installed
	}
	return args.ResolveDir
}

// listed reports whether packages come from a list instead of the folder.
func (j *job) listed() bool { return j.src.Dependencies != nil || j.closed() }

// ownFile finds the author's own file under a name that tsconfig.json gives it. It
// refuses a package that is not on the list but in the folder.
func (r *resolver) ownFile(args api.OnResolveArgs) api.OnResolveResult {
	found := r.lookup(args.Path, args.ResolveDir, args)
	if found.Path == "" || r.authored(found.Path) {
		return found
	}
	s, _ := npm.ParseSpecifier(args.Path)
	return api.OnResolveResult{Errors: []api.Message{{Text: unresolved(args.Path), Detail: unlisted(s.Name)}}}
}

// unlisted is the name of a package that is in the action's folder, but not on
// its list.
type unlisted string

// unresolved is esbuild's own wording, which translating goes by.
func unresolved(path string) string { return fmt.Sprintf("Could not resolve %q", path) }

// lookup lets esbuild find path from dir. It returns none when nothing is there.
func (r *resolver) lookup(path, dir string, args api.OnResolveArgs) api.OnResolveResult {
	found := r.build.Resolve(path, api.ResolveOptions{
		Importer: args.Importer, ResolveDir: dir, Kind: args.Kind, Namespace: args.Namespace, With: args.With, PluginData: lookup{},
	})
	if len(found.Errors) > 0 || found.Path == "" {
		return none
	}
	answer := api.OnResolveResult{
		Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, External: found.External, PluginData: found.PluginData,
	}
	if !found.SideEffects {
		answer.SideEffects = api.SideEffectsFalse
	}
	return answer
}

// refuse answers an import that would read a file of this machine.
func (j *job) refuse(path string) api.OnResolveResult {
	return api.OnResolveResult{Errors: []api.Message{{Text: unresolved(path), Detail: outside{}}}}
}

// outside marks imports of files that the action must not read.
type outside struct{}
