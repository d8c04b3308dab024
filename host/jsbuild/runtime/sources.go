// Package jsruntime holds the sources of the JavaScript runtime: what actions find around
// them, which package bootstrap evaluates into the engine's memory.
package jsruntime

import "embed"

// Files are the sources and the lockfile of the npm packages that they import, as they
// are in this folder.
//
//go:embed src *.json
var Files embed.FS
