package bundle

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// SharedModule is code that actions import as "actions:NAME". In it,
// actions.secrets has the module's own secrets. A run has each of them among the
// action's, as "actions:NAME/SECRET", but the action's handler does not see it.
type SharedModule struct {
	Code         []byte
	Dependencies []host.Dependency
}

// Namespaces of shared modules, and of the module that gives them their secrets.
const (
	sharedSpace  = "usher-shared"
	secretsSpace = "usher-secrets"
)

const (
	sharedPrefix = "actions:"
	secretsPath  = "usher:secrets"
)

// takeActions is the code of the secrets module. It gets, before any of the author's
// code runs, the function that returns a shared module's "actions". The runtime
// gives the function out once, and keeps the secrets from the action: see
// runtime/src/loop/shared.js.
const takeActions = `exports.of = require("usher:shared");`

const sharedPath = "usher:shared" // the import in takeActions, which the runtime answers

// sharedModule answers an import of a shared module by the author's own code.
func (r *resolver) sharedModule(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Path == secretsPath && args.Namespace == sharedSpace {
		return api.OnResolveResult{Path: secretsPath, Namespace: secretsSpace}, true
	}
	if args.Path == sharedPath && args.Namespace == secretsSpace {
		return api.OnResolveResult{Path: sharedPath, External: true}, true
	}
	name, ok := strings.CutPrefix(args.Path, sharedPrefix)
	if !ok || !r.authored(args.Importer) {
		return none, false
	}
	if _, ok := r.src.SharedModules[name]; !ok {
		return none, false
	}
	if args.Namespace == sharedSpace {
		return api.OnResolveResult{Errors: []api.Message{{
			Text: fmt.Sprintf("shared module %q imports shared module %q, which only an action can", args.Importer, name),
		}}}, true
	}
	return api.OnResolveResult{Path: name, Namespace: sharedSpace}, true
}

// ownSecrets finds code that may read actions.secrets, and otherActions finds code
// that declares another "actions".
var (
	ownSecrets   = regexp.MustCompile(`\bactions\b`)
	otherActions = regexp.MustCompile(`\b(?:const|let|var|class|function)\s+actions\b`)
)

// loadSharedModule serves a shared module's code. It puts the declaration of
// "actions" on the first line, so that lines keep their numbers.
func (j *job) loadSharedModule(args api.OnLoadArgs) (api.OnLoadResult, error) {
	code := string(j.src.SharedModules[args.Path].Code)
	if ownSecrets.MatchString(code) && !otherActions.MatchString(code) {
		code = fmt.Sprintf("var actions = require(%q).of(%q); ", secretsPath, args.Path) + code
	}
	return j.checked(args, j.unmapped(args, api.OnLoadResult{Contents: &code, ResolveDir: cmp.Or(j.installed, j.root), Loader: api.LoaderJS})), nil
}

func loadSecrets(api.OnLoadArgs) (api.OnLoadResult, error) {
	code := takeActions
	return api.OnLoadResult{Contents: &code}, nil
}

// sharedModulesPackages returns the packages that shared modules list. One that the
// action or another shared module has in another version gets a folder of its own.
func (j *job) sharedModulesPackages() []npm.Requirement {
	taken := map[string]string{}
	for _, d := range j.src.Dependencies {
		taken[d.Name] = d.Version
	}
	var all []npm.Requirement
	for _, name := range slices.Sorted(maps.Keys(j.src.SharedModules)) {
		for _, d := range j.src.SharedModules[name].Dependencies {
			folder := d.Name
			if version, ok := taken[d.Name]; ok && version != d.Version {
				folder = npm.Specifier{Name: d.Name, Version: cmp.Or(d.Version, "latest")}.Alias()
			}
			taken[folder] = d.Version
			j.moduleFolders[[2]string{name, d.Name}] = folder
			all = append(all, npm.Requirement{Folder: folder, Dependency: d})
		}
	}
	return all
}

// sharedModuleTitle returns the name by which authors know a shared module, if file
// is one.
func sharedModuleTitle(file string) (string, bool) {
	name, ok := strings.CutPrefix(file, sharedSpace+":")
	return sharedPrefix + name, ok
}
