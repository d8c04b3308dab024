package jsbuild

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Library is code that an action asks for as "actions:NAME". In it,
// actions.secrets has the library's own secrets: a run finds each among the
// action's as "actions:NAME/SECRET", and the action's handler does not.
type Library struct {
	Code         []byte
	Dependencies []Dependency
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

// handingOver keeps the secrets of the libraries in a run, and takes them
// from an action's handlers. What is no async function is left as it is: the
// runtime says why it can't be called.
const handingOver = `
const prefix = "actions:";
let kept = {};
exports.of = (name) => ({ get secrets() { return kept[name] ?? {}; } });
function take(event) {
  kept = {};
  for (const key of Object.keys(event?.secrets ?? {})) {
    if (!key.startsWith(prefix)) continue;
    const at = key.lastIndexOf("/");
    (kept[key.slice(prefix.length, at)] ??= {})[key.slice(at + 1)] = event.secrets[key];
    delete event.secrets[key];
  }
}
exports.around = function around(action) {
  if (action === null || typeof action !== "object") return action;
  const handlers = { ...action };
  if (handlers.default) handlers.default = around(handlers.default);
  for (const name of Object.keys(handlers)) {
    const handler = handlers[name];
    if (!name.startsWith("onExecute") || typeof handler !== "function" || handler.constructor.name !== "AsyncFunction") continue;
    handlers[name] = async function (event, api) {
      take(event);
      return handler.call(this, event, api);
    };
  }
  return handlers;
};
`

// library answers an import of a library by the author's own code.
func (r *resolver) library(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Path == secretsPath && args.Namespace == librarySpace {
		return api.OnResolveResult{Path: secretsPath, Namespace: secretsSpace}, true
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
