// Package openapi holds the description of the API under /v1, in OpenAPI 3.1.
package openapi

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed usher.yaml
var document []byte

// Document returns the whole description as YAML. The caller may change it.
func Document() []byte { return slices.Clone(document) }

// JSON returns the whole description as JSON. The caller may change it.
func JSON() []byte { return slices.Clone(asJSON()) }

var asJSON = sync.OnceValue(func() []byte {
	var tree map[string]any
	if err := yaml.Unmarshal(document, &tree); err != nil {
		panic(fmt.Sprintf("openapi: usher.yaml is no YAML: %v", err)) // it is embedded: its test reads it
	}
	encoded, err := json.Marshal(tree)
	if err != nil {
		panic(fmt.Sprintf("openapi: usher.yaml can't be written as JSON: %v", err))
	}
	return encoded
})
