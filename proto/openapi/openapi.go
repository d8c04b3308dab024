// Package openapi holds the description of the API under /v1, in OpenAPI 3.1.
package openapi

import (
	_ "embed"
	"slices"
)

//go:embed usher.yaml
var document []byte

// Document returns the whole description as YAML. The caller may change it.
func Document() []byte { return slices.Clone(document) }
