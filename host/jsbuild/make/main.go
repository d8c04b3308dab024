// Command make makes the JavaScript engine that usher embeds: it links
// QuickJS-NG, as npm's quickjs-wasi has it, with our glue, evaluates the
// runtime in it and writes the module with that memory to dist/engine.wasm.
// The same packages and sources make the same bytes. It needs `npm ci` to have
// run in host/jsbuild/runtime.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "make the JavaScript engine:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := home()
	if err != nil {
		return err
	}
	linked, err := link(ctx, dir)
	if err != nil {
		return err
	}
	script, err := bundleRuntime(dir)
	if err != nil {
		return err
	}
	wasm, err := evaluate(ctx, linked, script)
	if err != nil {
		return err
	}
	out := filepath.Join(dir, "dist", "engine.wasm")
	if err := os.WriteFile(out, wasm, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d KiB, of which the engine's code is %d KiB and the runtime was %d KiB of script\n",
		out, len(wasm)>>10, len(linked)>>10, len(script)>>10)
	return nil
}

// home returns host/jsbuild, from wherever in the module the command runs.
func home() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "host", "jsbuild", "engine", "glue.wasm")); err == nil {
			return filepath.Join(at, "host", "jsbuild"), nil
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("run it in usher's source: there is no host/jsbuild/engine/glue.wasm above the working directory")
		}
	}
}
