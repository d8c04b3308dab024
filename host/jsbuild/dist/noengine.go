//go:build noengine

package dist

import "embed"

// files is empty in a binary that is to make the engine itself, even where `task engine`
// was run: tests build one.
var files embed.FS
