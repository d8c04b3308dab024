package jsbuild

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Namespaces of the modules that are made up here.
const (
	stubSpace  = "usher-stub"  // the module that loads the action
	emptySpace = "usher-empty" // what stands for a target that is not there
)

// again marks imports that the plugin itself gives to esbuild to find.
type again struct{}

// resolver finds what an action's files and packages import.
type resolver struct {
	*job
	build api.PluginBuild
}

func (j *job) plugin() api.Plugin {
	return api.Plugin{Name: "usher", Setup: func(build api.PluginBuild) {
		r := &resolver{job: j, build: build}
		j.loadFiles(build)
		build.OnResolve(api.OnResolveOptions{Filter: ".*"}, r.resolve)
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: stubSpace}, j.loadStub)
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: emptySpace}, loadEmpty)
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: sharedModuleSpace}, j.loadSharedModule)
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: secretsSpace}, loadSecrets)
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: substituteSpace}, loadSubstitute)
		build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: socketSpace}, loadSocket)
	}}
}

func loadEmpty(api.OnLoadArgs) (api.OnLoadResult, error) {
	empty := ""
	return api.OnLoadResult{Contents: &empty}, nil
}

// resolve finds one import. An empty answer leaves it to esbuild, and with it
// the telling when nothing is found, as that depends on the code around.
func (r *resolver) resolve(args api.OnResolveArgs) (api.OnResolveResult, error) {
	if args.PluginData == (again{}) {
		return api.OnResolveResult{}, nil
	}
	if args.Kind == api.ResolveEntryPoint {
		return api.OnResolveResult{Path: "action", Namespace: stubSpace}, nil
	}
	if args.Namespace == stubSpace {
		return r.fromStub(args)
	}
	if found, ok := r.sharedModule(args); ok {
		return found, nil
	}
	if name, ok := builtinOf(args.Path); ok {
		if args.Namespace == socketSpace {
			return api.OnResolveResult{Path: args.Path, External: true}, nil
		}
		if found, ok := r.socketFor(name, args); ok {
			return found, nil
		}
		return api.OnResolveResult{Path: args.Path, External: true, Warnings: r.warn(name, args)}, nil
	}
	if strings.HasPrefix(args.Path, "https:") || strings.HasPrefix(args.Path, "http:") { // esbuild would leave it to the run
		return api.OnResolveResult{Errors: []api.Message{{Text: unresolved(args.Path)}}}, nil
	}
	if args.Kind == api.ResolveJSRequireResolve {
		return api.OnResolveResult{Path: args.Path, External: true}, nil
	}
	if r.closed() && (filepath.IsAbs(args.Path) || strings.HasPrefix(args.Path, "data:")) { // whose code may name files too
		return r.refuse(args.Path), nil
	}
	if found, ok := r.substituteFor(args); ok {
		return found, nil
	}
	return r.find(args), nil
}

// find picks the way that an import is found by.
func (r *resolver) find(args api.OnResolveArgs) api.OnResolveResult {
	s, ok := specifierOf(args.Path)
	if !ok {
		return r.nodeMainWithin(args)
	}
	if alias, ok := r.aliases[s.name+"@"+s.version]; ok {
		return r.ask(alias+s.sub, r.installed, args)
	}
	if folder, ok := r.sharedModuleFolders[[2]string{args.Importer, s.name}]; ok && args.Namespace == sharedModuleSpace {
		return r.ask(folder+s.sub, r.installed, args)
	}
	if s.version != "" {
		args.Path = s.name + s.sub
	}
	dir := args.ResolveDir
	if r.authored(args.Importer) && r.listed() {
		dir = r.installed
	}
	if file := r.nodeMain(s, dir); file != "" {
		return api.OnResolveResult{Path: file, Namespace: "file"}
	}
	found := r.ask(r.forNode(s, args.Path, dir), dir, args)
	if found.Path == "" && dir != args.ResolveDir {
		return r.beside(args)
	}
	return found
}

// listed reports whether packages come from a list instead of the folder.
func (j *job) listed() bool { return j.src.Dependencies != nil || j.closed() }

// beside finds what the list has not: the author's own code under a name that
// tsconfig.json gives it, but no package that happens to stand there.
func (r *resolver) beside(args api.OnResolveArgs) api.OnResolveResult {
	found := r.ask(args.Path, args.ResolveDir, args)
	if found.Path == "" || r.authored(found.Path) {
		return found
	}
	s, _ := specifierOf(args.Path)
	return api.OnResolveResult{Errors: []api.Message{{Text: unresolved(args.Path), Detail: unlisted(s.name)}}}
}

// unlisted names a package that stands beside the action, but not on its list.
type unlisted string

// unresolved is esbuild's own wording, which translating goes by.
func unresolved(path string) string { return fmt.Sprintf("Could not resolve %q", path) }

// ask lets esbuild find path from dir. Nothing found is an empty answer.
func (r *resolver) ask(path, dir string, args api.OnResolveArgs) api.OnResolveResult {
	found := r.build.Resolve(path, api.ResolveOptions{
		Importer: args.Importer, ResolveDir: dir, Kind: args.Kind, Namespace: args.Namespace, With: args.With, PluginData: again{},
	})
	if len(found.Errors) > 0 || found.Path == "" {
		return api.OnResolveResult{}
	}
	answer := api.OnResolveResult{
		Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, External: found.External, PluginData: found.PluginData,
	}
	if !found.SideEffects {
		answer.SideEffects = api.SideEffectsFalse
	}
	return answer
}

// forNode returns the path by which a package's main module is found that its
// author means for Node. An old "browser" field that replaces the whole package
// names code for a page with a DOM; what a sandbox runs is the code for Node.
func (r *resolver) forNode(s specifier, path, dir string) string {
	if s.sub != "" || forBrowser[s.name] {
		return path
	}
	m := r.pkgs.of(s.name, dir)
	var browser string
	if m == nil || m.Exports != nil || json.Unmarshal(m.Browser, &browser) != nil || browser == "" {
		return path
	}
	main := m.Main
	if main == "" {
		main = "index.js"
	}
	if found := r.build.Resolve("./"+filepath.ToSlash(filepath.Clean(main)), api.ResolveOptions{
		ResolveDir: m.dir, Kind: api.ResolveJSRequireCall, PluginData: again{},
	}); len(found.Errors) == 0 {
		return found.Path
	}
	return path
}

// forBrowser are packages whose code for pages serves better: it needs less.
var forBrowser = words("debug pino ws")

// forNodeAlone are packages whose code for workers and pages does less than
// their authors' users know: it wants a DOM, or leaves calls out. Their main
// file is the one for Node.
var forNodeAlone = words("stripe superagent")

// nodeMain returns the main file of such a package, "" of another. esbuild
// would look the file up in the package's "browser" field.
func (r *resolver) nodeMain(s specifier, dir string) string {
	if s.sub != "" || !forNodeAlone[s.name] {
		return ""
	}
	return r.pkgs.of(s.name, dir).mainFile()
}

// nodeMainWithin answers such a package's own file that asks for its main one
// by a path.
func (r *resolver) nodeMainWithin(args api.OnResolveArgs) api.OnResolveResult {
	dir := packageDir(args.Importer)
	if dir == "" || !forNodeAlone[r.pkgs.name(dir)] {
		return api.OnResolveResult{}
	}
	file := r.pkgs.in(dir).mainFile()
	asked := filepath.Join(args.ResolveDir, filepath.FromSlash(args.Path))
	if file == "" || asked != dir && !slices.Contains([]string{asked, asked + ".js", filepath.Join(asked, "index.js")}, file) {
		return api.OnResolveResult{}
	}
	return api.OnResolveResult{Path: file, Namespace: "file"}
}

// fromStub finds what the stub loads: the action, and what it asks for in a run.
func (r *resolver) fromStub(args api.OnResolveArgs) (api.OnResolveResult, error) {
	if args.Path == secretsPath {
		return api.OnResolveResult{Path: secretsPath, Namespace: secretsSpace}, nil
	}
	if args.Path == stubAction {
		return api.OnResolveResult{Path: r.entry, Namespace: "file"}, nil
	}
	number, ok := strings.CutPrefix(args.Path, stubTarget)
	if !ok {
		return api.OnResolveResult{}, fmt.Errorf("the stub loads %s, which nobody knows", args.Path)
	}
	i, err := strconv.Atoi(number)
	if err != nil {
		return api.OnResolveResult{}, fmt.Errorf("read target of the stub: %w", err)
	}
	t := r.survey.targets[i]
	found := r.build.Resolve(t.path, api.ResolveOptions{
		Importer: t.importer, ResolveDir: filepath.Dir(t.importer), Kind: args.Kind, Namespace: "file",
	})
	if len(found.Errors) > 0 || found.Path == "" {
		return api.OnResolveResult{Path: args.Path, Namespace: emptySpace}, nil
	}
	return api.OnResolveResult{Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, External: found.External}, nil
}

// refuse answers an import that would read a file of this machine.
func (j *job) refuse(path string) api.OnResolveResult {
	return api.OnResolveResult{Errors: []api.Message{{Text: unresolved(path), Detail: outside{}}}}
}

// outside marks imports of files that are not the action's to read.
type outside struct{}
