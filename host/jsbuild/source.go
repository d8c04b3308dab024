package jsbuild

import "github.com/usherhost/usher/host"

// Source is an action as its author wrote it.
type Source struct {
	Name          string                  // of the entry file, as messages show it: "action.js", "index.ts"
	Code          []byte                  // its text
	Dir           string                  // folder it stands in: relative imports, package.json and node_modules are looked up from there; "" has none (code that came by an API)
	Dependencies  []host.Dependency       // Auth0's list; nil: Dir's own package.json and node_modules
	SharedModules map[string]SharedModule // what it may ask for as "actions:NAME", by name
}
