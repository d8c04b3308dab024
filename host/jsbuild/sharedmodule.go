package jsbuild

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
)

// SharedModule is code that an action asks for as "actions:NAME". In it,
// actions.secrets has the shared module's own secrets: a run finds each among the
// action's as "actions:NAME/SECRET", and the action's handler does not.
type SharedModule struct {
	Code         []byte
	Dependencies []host.Dependency
}

// Namespaces of shared modules, and of what hands them their secrets.
const (
	sharedModuleSpace = "usher-shared-module"
	secretsSpace      = "usher-secrets"
)

const (
	sharedModulePrefix = "actions:"
	secretsPath        = "usher:secrets"
)

// handingOver is the code that gets from the runtime what gives each shared module its
// "actions", before any of the author's is there. The runtime gives it once and
// keeps the shared modules' secrets from the action: see runtime/src/loop/shared.js.
const handingOver = `exports.of = require("usher:shared");`

const sharedPath = "usher:shared" // what the runtime answers handingOver

// shared module answers an import of a shared module by the author's own code.
func (r *resolver) sharedModule(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Path == secretsPath && args.Namespace == sharedModuleSpace {
		return api.OnResolveResult{Path: secretsPath, Namespace: secretsSpace}, true
	}
	if args.Path == sharedPath && args.Namespace == secretsSpace {
		return api.OnResolveResult{Path: sharedPath, External: true}, true
	}
	name, ok := strings.CutPrefix(args.Path, sharedModulePrefix)
	if !ok || !r.authored(args.Importer) {
		return api.OnResolveResult{}, false
	}
	if _, ok := r.src.SharedModules[name]; !ok {
		return api.OnResolveResult{}, false
	}
	if args.Namespace == sharedModuleSpace {
		return api.OnResolveResult{Errors: []api.Message{{
			Text: fmt.Sprintf("module %q asks for module %q, which only an action can", args.Importer, name),
		}}}, true
	}
	return api.OnResolveResult{Path: name, Namespace: sharedModuleSpace}, true
}

// ownSecrets finds code that may read actions.secrets, and has no other
// actions.
var (
	ownSecrets   = regexp.MustCompile(`\bactions\b`)
	otherActions = regexp.MustCompile(`\b(?:const|let|var|class|function)\s+actions\b`)
)

// loadSharedModule serves a shared module's code. What is put before it stands on its
// first line, so that lines keep their numbers.
func (j *job) loadSharedModule(args api.OnLoadArgs) (api.OnLoadResult, error) {
	code := string(j.src.SharedModules[args.Path].Code)
	if ownSecrets.MatchString(code) && !otherActions.MatchString(code) {
		code = fmt.Sprintf("var actions = require(%q).of(%q); ", secretsPath, args.Path) + code
	}
	return j.checked(args, j.unmapped(args, api.OnLoadResult{Contents: &code, ResolveDir: cmp.Or(j.installed, j.root), Loader: api.LoaderJS})), nil
}

func loadSecrets(api.OnLoadArgs) (api.OnLoadResult, error) {
	code := handingOver
	return api.OnLoadResult{Contents: &code}, nil
}

// sharedModuleRequirements are the packages that shared modules list. One that the action
// or another shared module has in another version gets a folder of its own.
func (j *job) sharedModuleRequirements() []requirement {
	taken := map[string]string{}
	for _, d := range j.src.Dependencies {
		taken[d.Name] = d.Version
	}
	var all []requirement
	for _, name := range slices.Sorted(maps.Keys(j.src.SharedModules)) {
		for _, d := range j.src.SharedModules[name].Dependencies {
			folder := d.Name
			if version, ok := taken[d.Name]; ok && version != d.Version {
				folder = specifier{name: d.Name, version: cmp.Or(d.Version, "latest")}.alias()
			}
			taken[folder] = d.Version
			j.sharedModuleFolders[[2]string{name, d.Name}] = folder
			all = append(all, requirement{Folder: folder, Dependency: d})
		}
	}
	return all
}

// sharedModuleTitle is what a shared module's author knows its file as.
func sharedModuleTitle(file string) (string, bool) {
	name, ok := strings.CutPrefix(file, sharedModuleSpace+":")
	return sharedModulePrefix + name, ok
}
