package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/sandbox"
)

// bundleRuntime bundles runtime/src/main.js into one script.
func bundleRuntime(dir string) ([]byte, error) {
	root, err := filepath.Abs(filepath.Join(dir, "runtime"))
	if err != nil {
		return nil, err
	}
	aliases, err := readAliases(filepath.Join(root, "aliases.json"))
	if err != nil {
		return nil, err
	}
	built := api.Build(api.BuildOptions{
		EntryPoints:   []string{filepath.Join(root, "src", "main.js")},
		AbsWorkingDir: root,
		Alias:         aliases,

		Bundle:     true,
		Format:     api.FormatIIFE,
		Platform:   api.PlatformBrowser,
		MainFields: []string{"module", "main"},
		Target:     api.ESNext,
		KeepNames:  true,

		MinifyWhitespace:  true,
		MinifySyntax:      true,
		MinifyIdentifiers: true,

		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelWarning,
	})
	if len(built.Errors) > 0 {
		return nil, errors.New("bundle the runtime: " + built.Errors[0].Text)
	}
	return built.OutputFiles[0].Contents, nil
}

// readAliases reads what the runtime's packages find in place of what they
// import.
func readAliases(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var aliases map[string]string
	if err := json.Unmarshal(text, &aliases); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return aliases, nil
}

// evaluate returns the engine with the script evaluated in its memory.
func evaluate(ctx context.Context, engine, script []byte) (_ []byte, err error) {
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: imports()})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close(ctx)) }()
	wasm, err := jsbuild.WithRuntime(ctx, s, engine, script)
	if err != nil {
		return nil, fmt.Errorf("evaluate the runtime: %w", err)
	}
	return wasm, nil
}

// imports are the host's functions that the engine is linked to; none is
// called while the runtime is evaluated.
func imports() []sandbox.Function {
	i64 := []sandbox.ValueType{sandbox.I64}
	var functions []sandbox.Function
	add := func(name string, params, results []sandbox.ValueType) {
		functions = append(functions, sandbox.Function{
			Module: "usher:host/v1", Name: name, Params: params, Results: results,
			Run: func(c *sandbox.Call, _ []uint64) {
				c.Stop(&sandbox.Fault{Message: "the runtime calls " + name + " while it is evaluated"})
			},
		})
	}
	for _, name := range []string{"http_start", "http_wait", "cache_get", "cache_set", "cache_delete", "crypto_call"} {
		add(name, i64, i64)
	}
	add("http_cancel", i64, nil)
	add("clock_sleep", i64, nil)
	add("log_write", []sandbox.ValueType{sandbox.I32, sandbox.I64}, nil)
	return functions
}
