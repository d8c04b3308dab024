package jsbuild

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// noMap ends code that names a source map. esbuild goes by the last comment
// that does, and leaves addresses of a scheme it does not know alone.
const noMap = "\n/*# sourceMappingURL=none:map */"

// unmapped keeps esbuild from reading the source map that a file names, which
// may be any file of this machine: its messages would show what is in there.
func (j *job) unmapped(args api.OnLoadArgs, found api.OnLoadResult) api.OnLoadResult {
	if !j.closed() {
		return found
	}
	if found.Contents == nil {
		if len(args.With) > 0 || isData(args.Path) { // esbuild takes it for JSON, text or bytes
			return found
		}
		code, err := os.ReadFile(args.Path)
		if err != nil {
			return found // esbuild tells of it
		}
		text := string(code)
		found = api.OnLoadResult{Contents: &text, ResolveDir: filepath.Dir(args.Path), Loader: api.LoaderDefault}
	}
	if strings.Contains(*found.Contents, "sourceMappingURL=") {
		text := *found.Contents + noMap
		found.Contents = &text
	}
	return found
}

// isData reports whether a file is no code: it names no source map.
func isData(path string) bool {
	if strings.HasSuffix(path, ".module.css") {
		return false
	}
	ext := filepath.Ext(path)
	return ext == ".json" || loaders()[ext] == api.LoaderText
}
