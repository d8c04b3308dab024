// Command make makes the JavaScript engine that usher embeds: it links
// QuickJS-NG, as npm's quickjs-wasi has it, with our glue, evaluates the
// runtime in it and writes the module with that memory to dist/engine.wasm,
// and the bytecode of the runtime's further parts beside it. The same packages
// and sources make the same bytes. It needs `npm ci` to have run in
// host/jsbuild/runtime.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/sandbox"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "make the JavaScript engine:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := home()
	if err != nil {
		return err
	}
	linked, err := link(ctx, dir)
	if err != nil {
		return err
	}
	chunks, err := bundleRuntime(dir)
	if err != nil {
		return err
	}
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: imports()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	made, err := engine.NewMaker(ctx, s, linked)
	if err != nil {
		return err
	}
	defer made.Close()
	m := maker{Maker: made, linked: len(linked), chunks: chunks, dir: dir, dist: filepath.Join(dir, "dist")}
	if err := m.makeEngine(ctx); err != nil {
		return err
	}
	return m.makeParts(ctx)
}

// home returns host/jsbuild, from wherever in the module the command runs.
func home() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "host", "jsbuild", "engine", "glue", "glue.wasm")); err == nil {
			return filepath.Join(at, "host", "jsbuild"), nil
		}
		if filepath.Dir(at) == at {
			return "", errors.New("run it in usher's source: there is no host/jsbuild/engine/glue/glue.wasm above the working directory")
		}
	}
}

type maker struct {
	*engine.Maker
	linked    int // bytes of the engine's code
	chunks    map[string]chunk
	dir, dist string
	core      []string // the chunks in the engine
}

// makeEngine writes the engine with the core of the runtime.
func (m *maker) makeEngine(ctx context.Context) error {
	m.core = inOrder(m.chunks, "main", nil)
	scripts := [][]byte{[]byte(loader)}
	size := 0
	for _, name := range m.core {
		scripts = append(scripts, m.chunks[name].script)
		size += len(m.chunks[name].script)
	}
	wasm, err := m.Engine(ctx, scripts)
	if err != nil {
		return fmt.Errorf("evaluate the runtime: %w", err)
	}
	if err := os.WriteFile(filepath.Join(m.dist, "engine.wasm"), wasm, 0o644); err != nil {
		return err
	}
	fmt.Printf("engine.wasm: %d KiB, of which the engine's code is %d KiB; its runtime was %d KiB of script\n", len(wasm)>>10, m.linked>>10, size>>10)
	return nil
}

// makeParts writes the bytecode of the chunks that are not in the engine, and
// which of them each part needs.
func (m *maker) makeParts(ctx context.Context) error {
	var parts []engine.Part
	if err := readJSON(filepath.Join(m.dir, "runtime", "src", "parts", "parts.json"), &parts); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(m.dist, "parts"), 0o755); err != nil {
		return err
	}
	written := slices.Clone(m.core)
	for i := range parts {
		parts[i].Chunks = inOrder(m.chunks, parts[i].Name, slices.Clone(m.core))[len(m.core):]
		for _, name := range parts[i].Chunks {
			if slices.Contains(written, name) {
				continue
			}
			written = append(written, name)
			if err := m.writeChunk(ctx, name); err != nil {
				return err
			}
		}
	}
	if err := m.dropStale(written); err != nil {
		return err
	}
	list, err := json.MarshalIndent(parts, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.dist, "parts.json"), append(list, '\n'), 0o644)
}

// dropStale removes the chunks of an earlier make: only now, because a build
// may be embedding what is there.
func (m *maker) dropStale(written []string) error {
	files, err := os.ReadDir(filepath.Join(m.dist, "parts"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if !slices.Contains(written, f.Name()) {
			if err := os.Remove(filepath.Join(m.dist, "parts", f.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *maker) writeChunk(ctx context.Context, name string) error {
	bytecode, err := m.Compile(ctx, m.chunks[name].script)
	if err != nil {
		return fmt.Errorf("compile part %s: %w", name, err)
	}
	return os.WriteFile(filepath.Join(m.dist, "parts", name), bytecode, 0o644)
}
