// Package sdk holds what an action's author works with: the schema of
// action.yaml, the starter actions in templates, and one library for each
// language. Nothing here runs them.
package sdk

import (
	"embed"
	"io/fs"
)

//go:embed action.schema.json
var actionSchema []byte

// ActionSchema returns the JSON Schema (2020-12) of action.yaml. The caller
// must not change it.
func ActionSchema() []byte { return actionSchema }

//go:embed c/usher.h c/build assemblyscript/*.ts assemblyscript/package.json
//go:embed js/package.json js/index.d.ts js/lib js/types
var libraries embed.FS

// Library returns the files of a language's library: "c", "assemblyscript" or
// "js", which serves TypeScript too.
// The one for Go is a module of its own, from which nothing can be embedded.
func Library(language string) (fs.FS, error) { return fs.Sub(libraries, language) }
