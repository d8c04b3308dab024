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

// Library is code that an action asks for as "actions:NAME". In it,
// actions.secrets has the library's own secrets: a run finds each among the
// action's as "actions:NAME/SECRET", and the action's handler does not.
type Library struct {
	Code         []byte
	Dependencies []host.Dependency
}

// Namespaces of libraries, and of what hands them their secrets.
const (
	librarySpace = "usher-library"
	secretsSpace = "usher-secrets"
)

const (
	libraryPrefix = "actions:"
	secretsPath   = "usher:secrets"
)

// handingOver is the code that gets from the runtime what gives each library its
// "actions", before any of the author's is there. The runtime gives it once and
// keeps the libraries' secrets from the action: see runtime/src/loop/shared.js.
const handingOver = `exports.of = require("usher:shared");`

const sharedPath = "usher:shared" // what the runtime answers handingOver

// library answers an import of a library by the author's own code.
func (r *resolver) library(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Path == secretsPath && args.Namespace == librarySpace {
		return api.OnResolveResult{Path: secretsPath, Namespace: secretsSpace}, true
	}
	if args.Path == sharedPath && args.Namespace == secretsSpace {
		return api.OnResolveResult{Path: sharedPath, External: true}, true
	}
	name, ok := strings.CutPrefix(args.Path, libraryPrefix)
	if !ok || !r.authored(args.Importer) {
		return api.OnResolveResult{}, false
	}
	if _, ok := r.src.Libraries[name]; !ok {
		return api.OnResolveResult{}, false
	}
	if args.Namespace == librarySpace {
		return api.OnResolveResult{Errors: []api.Message{{
			Text: fmt.Sprintf("module %q asks for module %q, which only an action can", args.Importer, name),
		}}}, true
	}
	return api.OnResolveResult{Path: name, Namespace: librarySpace}, true
}

// ownSecrets finds code that may read actions.secrets, and has no other
// actions.
var (
	ownSecrets   = regexp.MustCompile(`\bactions\b`)
	otherActions = regexp.MustCompile(`\b(?:const|let|var|class|function)\s+actions\b`)
)

// loadLibrary serves a library's code. What is put before it stands on its
// first line, so that lines keep their numbers.
func (j *job) loadLibrary(args api.OnLoadArgs) (api.OnLoadResult, error) {
	code := string(j.src.Libraries[args.Path].Code)
	if ownSecrets.MatchString(code) && !otherActions.MatchString(code) {
		code = fmt.Sprintf("var actions = require(%q).of(%q); ", secretsPath, args.Path) + code
	}
	return j.checked(args, j.unmapped(args, api.OnLoadResult{Contents: &code, ResolveDir: cmp.Or(j.installed, j.root), Loader: api.LoaderJS})), nil
}

func loadSecrets(api.OnLoadArgs) (api.OnLoadResult, error) {
	code := handingOver
	return api.OnLoadResult{Contents: &code}, nil
}

// libraryRequirements are the packages that libraries list. One that the action
// or another library has in another version gets a folder of its own.
func (j *job) libraryRequirements() []requirement {
	taken := map[string]string{}
	for _, d := range j.src.Dependencies {
		taken[d.Name] = d.Version
	}
	var all []requirement
	for _, name := range slices.Sorted(maps.Keys(j.src.Libraries)) {
		for _, d := range j.src.Libraries[name].Dependencies {
			folder := d.Name
			if version, ok := taken[d.Name]; ok && version != d.Version {
				folder = specifier{name: d.Name, version: cmp.Or(d.Version, "latest")}.alias()
			}
			taken[folder] = d.Version
			j.libraryFolders[[2]string{name, d.Name}] = folder
			all = append(all, requirement{Folder: folder, Dependency: d})
		}
	}
	return all
}

// libraryTitle is what a library's author knows its file as.
func libraryTitle(file string) (string, bool) {
	name, ok := strings.CutPrefix(file, librarySpace+":")
	return libraryPrefix + name, ok
}
