package jsbuild

// metafile is esbuild's account of a build.
type metafile struct {
	Inputs  map[string]metaInput  `json:"inputs"`
	Outputs map[string]metaOutput `json:"outputs"`
}

type metaInput struct {
	Imports []metaImport `json:"imports"`
	Format  string       `json:"format"` // cjs or esm; "" for what is not code
}

type metaImport struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"`
	Original string `json:"original"`
	External bool   `json:"external"`
}

type metaOutput struct {
	Exports []string             `json:"exports"`
	Inputs  map[string]metaShare `json:"inputs"`
}

type metaShare struct {
	Bytes int `json:"bytesInOutput"`
}
