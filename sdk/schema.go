// Package sdk holds what an action's author works with: the schema of
// action.yaml, the starter actions in templates, and one library for each
// language. The libraries are modules of their own; nothing here runs them.
package sdk

import _ "embed"

//go:embed action.schema.json
var actionSchema []byte

// ActionSchema returns the JSON Schema (2020-12) of action.yaml. The caller
// must not change it.
func ActionSchema() []byte { return actionSchema }
