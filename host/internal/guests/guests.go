// Package guests holds small modules for tests and benchmarks: good ones and
// hostile ones. README.md says how they are made.
package guests

import (
	"embed"
	"fmt"
)

//go:embed *.wasm
var files embed.FS

// Wasm returns the module name, without its ending. It panics when there is
// none: the name is the test's.
func Wasm(name string) []byte {
	wasm, err := files.ReadFile(name + ".wasm")
	if err != nil {
		panic(fmt.Sprintf("guests: no module %q", name))
	}
	return wasm
}
