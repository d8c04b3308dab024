package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/usherhost/usher/host"
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

// features are those that the engine's code uses beyond WebAssembly 1.0.
var features = []string{
	"--mvp-features", "--enable-bulk-memory", "--enable-sign-ext", "--enable-nontrapping-float-to-int",
	"--enable-mutable-globals", "--enable-multivalue", "--enable-reference-types",
}

// link links the engine with our glue, without unused code.
func link(ctx context.Context, dir string) ([]byte, error) {
	modules := filepath.Join(dir, "runtime", "node_modules")
	engine, err := os.ReadFile(filepath.Join(modules, "quickjs-wasi", "quickjs.wasm"))
	if err != nil {
		return nil, fmt.Errorf("%w: run 'npm ci' in host/jsbuild/runtime first", err)
	}
	if sum := sha256.Sum256(engine); hex.EncodeToString(sum[:]) != engineSum {
		return nil, errors.New("node_modules/quickjs-wasi/quickjs.wasm is not the file that quickjs-wasi 3.6.2 has: remove node_modules and run 'npm ci' again")
	}
	glue, err := os.ReadFile(filepath.Join(dir, "engine", "glue", "glue.wasm"))
	if err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp("", "usher-engine-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }() // the system empties its temporary folder too
	root, err := os.OpenRoot(temp)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // nothing is left to write
	l := linker{ctx: ctx, bin: filepath.Join(modules, "binaryen", "bin"), temp: temp, root: root}
	engine = l.patchEngine(engine)
	if l.err != nil {
		return nil, l.err
	}
	if engine, err = named(engine); err != nil {
		return nil, fmt.Errorf("read quickjs.wasm: %w", err)
	}
	// Each imports the other's functions from "env".
	l.write("engine.wasm", engine, "glue")
	l.write("glue.wasm", glue, "engine")
	l.run("wasm-merge", "-g", "engine.wasm", "engine", "glue.wasm", "glue", "-o", "merged.wasm")
	l.writeGraph()
	l.run("wasm-metadce", "-g", "merged.wasm", "--graph-file", "graph.json", "-o", "linked.wasm")
	if l.err != nil {
		return nil, l.err
	}
	return root.ReadFile("linked.wasm")
}

// linker runs binaryen's tools in a folder; after an error it does nothing.
type linker struct {
	ctx       context.Context
	bin, temp string
	root      *os.Root // temp
	err       error
}

// write writes a module whose imports from "env" come from another.
func (l *linker) write(name string, wasm []byte, env string) {
	if l.err != nil {
		return
	}
	renamed, err := wasmbin.Rewrite(wasm, wasmbin.Options{RenameImport: func(module, _ string) string {
		if module == "env" {
			return env
		}
		return module
	}})
	if err != nil {
		l.err = fmt.Errorf("read %s: %w", name, err)
		return
	}
	l.err = l.root.WriteFile(name, renamed.Wasm, 0o600)
}

// writeGraph writes the list of used exports for wasm-metadce.
func (l *linker) writeGraph() {
	type node struct {
		Name    string   `json:"name"`
		Root    bool     `json:"root,omitempty"`
		Export  string   `json:"export,omitempty"`
		Reaches []string `json:"reaches,omitempty"`
	}
	graph := []node{{Name: "outside", Root: true, Reaches: exports}}
	for _, name := range exports {
		graph = append(graph, node{Name: name, Export: name})
	}
	text, err := json.Marshal(graph)
	if err == nil {
		err = l.root.WriteFile("graph.json", text, 0o600)
	}
	l.err = errors.Join(l.err, err)
}

func (l *linker) run(tool string, args ...string) {
	if l.err != nil {
		return
	}
	cmd := exec.CommandContext(l.ctx, "node", append(append([]string{filepath.Join(l.bin, tool)}, features...), args...)...)
	cmd.Dir = l.temp
	if out, err := cmd.CombinedOutput(); err != nil {
		l.err = fmt.Errorf("%s: %w\n%s", tool, err, out)
	}
}
