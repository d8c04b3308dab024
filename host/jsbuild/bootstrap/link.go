package bootstrap

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/wasmbin"
)

// engineSum is the SHA-256 of quickjs.wasm in npm's quickjs-wasi 3.6.2.
const engineSum = "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9"

// exports are those of the linked engine.
var exports = append([]string{
	"memory", "_initialize",
	"usher_alloc", "usher_answer", "usher_open", "usher_compile", "usher_evaluate", "usher_define", "usher_defer",
	"usher_collect", "usher_settle", "usher_heap",
}, host.Entries()...)

// The names of the two modules that are linked.
const (
	engineModule = "engine"
	glueModule   = "glue"
)

// link links the engine, which is in the folder of packages, with our glue, without
// unused code.
func link(modules string) ([]byte, error) {
	quickjs, err := os.ReadFile(filepath.Join(modules, "quickjs-wasi", "quickjs.wasm"))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(quickjs); hex.EncodeToString(sum[:]) != engineSum {
		return nil, errors.New("quickjs.wasm is not the file that quickjs-wasi 3.6.2 has: with another version, look at every patch and at engineSum")
	}
	if quickjs, err = patches.Apply(quickjs); err != nil {
		return nil, fmt.Errorf("quickjs.wasm: %w", err)
	}
	if quickjs, err = named(quickjs); err != nil {
		return nil, fmt.Errorf("read quickjs.wasm: %w", err)
	}
	// Each imports the other's functions from "env".
	if quickjs, err = importing(quickjs, glueModule); err != nil {
		return nil, fmt.Errorf("read quickjs.wasm: %w", err)
	}
	glue, err := importing(engine.Glue, engineModule)
	if err != nil {
		return nil, fmt.Errorf("read glue.wasm: %w", err)
	}
	return wasmbin.Link([]wasmbin.Input{{Name: engineModule, Wasm: quickjs}, {Name: glueModule, Wasm: glue}}, exports)
}

// importing returns a module whose imports from "env" come from another module.
func importing(wasm []byte, env string) ([]byte, error) {
	renamed, err := wasmbin.Rewrite(wasm, wasmbin.Options{RenameImport: func(module, _ string) string {
		if module == "env" {
			return env
		}
		return module
	}})
	if err != nil {
		return nil, err
	}
	return renamed.Wasm, nil
}
