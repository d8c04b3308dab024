package jsbuild

// Source is an action as its author wrote it.
type Source struct {
	Name         string             // of the entry file, as messages show it: "action.js", "index.ts"
	Code         []byte             // its text
	Dir          string             // folder it stands in: relative imports, package.json and node_modules are looked up from there; "" has none (code that came by an API)
	Dependencies []Dependency       // Auth0's list; nil: Dir's own package.json and node_modules
	Libraries    map[string]Library // what it may ask for as "actions:NAME", by name
}

// Dependency is an npm package that an action names, in Auth0's form.
type Dependency struct {
	Name        string `json:"name"`
	Version     string `json:"version"`                // exact, a range or a tag; "" is "latest"
	RegistryURL string `json:"registry_url,omitempty"` // "" is the installer's own
}
