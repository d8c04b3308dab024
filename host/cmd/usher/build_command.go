package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// buildFlags are the flags of `usher build`.
type buildFlags struct {
	scriptFlags
	output string
}

func newBuild(a *app) *cobra.Command {
	var f buildFlags
	cmd := &cobra.Command{
		Use:   "build [FILE|DIR]",
		Short: "Make a module from a script, or from a folder",
		Long: `Make a WebAssembly module from JavaScript (.js, .mjs, .cjs) or TypeScript (.ts,
.mts): the script is bundled with its packages, evaluated once, and the memory
that it leaves becomes the module. A script whose top-level code reads the clock,
takes random numbers or calls the host starts from bytecode in each run instead.

DIR (. by default) is a folder with an action.yaml, whose build command runs unless
its module is a script; with a package.json whose main is a script; or with a
script called action or index. Packages come from the script's node_modules, or
with --dependency from npm into a cache.`,
		Example: `  usher build action.js -o action.wasm
  usher build action.js --dependency axios@1.21.1 --dependency @slack/webhook@8.0.2`,
		GroupID:     groupAuthor,
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{withoutConfig: "true"},
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "."
			if len(args) == 1 {
				path = args[0]
			}
			return a.buildModule(cmd.Context(), path, f)
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file to write the module to (default: beside the script)")
	f.add(cmd)
	return cmd
}

// The modes of a built script.
const (
	modeImage    = "image"    // a run begins where the top-level code ended
	modeBytecode = "bytecode" // a run begins with the top-level code
)

// buildAnswer is what `usher build --json` prints.
type buildAnswer struct {
	Source     string              `json:"source"`
	Module     string              `json:"module"`
	Digest     string              `json:"digest"`
	SizeBytes  int64               `json:"size_bytes"`
	Mode       string              `json:"mode,omitempty"` // of a script: image or bytecode
	Reason     string              `json:"reason,omitempty"`
	Exports    []string            `json:"exports,omitempty"`
	Packages   []bundle.Package    `json:"packages,omitempty"`
	Warnings   []host.BuildMessage `json:"warnings,omitempty"`
	TookMicros int64               `json:"took_us"`
}

func (a *app) buildModule(ctx context.Context, path string, f buildFlags) error {
	t, err := findTarget(path)
	if err != nil {
		return err
	}
	began := time.Now()
	answer := buildAnswer{Source: t.path}
	switch {
	case isScript(t.path):
		err = a.buildScript(ctx, t, f, &answer)
	case t.action != nil:
		err = a.buildFolder(ctx, t, f, &answer)
	default:
		err = usageError{err: fmt.Errorf("%s is no script", path), hint: "name a file that ends in " + join(scriptSuffixes) + ", or an action's folder"}
	}
	if err != nil {
		return err
	}
	answer.TookMicros = time.Since(began).Microseconds()
	return a.term.answer(answer, func(w io.Writer) { a.printBuild(w, t, answer) })
}

func (a *app) buildScript(ctx context.Context, t target, f buildFlags, answer *buildAnswer) error {
	b := a.bench(f.scriptFlags)
	defer b.close(ctx)
	built, err := b.script(ctx, t.path)
	if err != nil {
		return err
	}
	answer.Module = f.output
	if answer.Module == "" {
		answer.Module = t.outputPath()
	}
	answer.Mode, answer.Reason = modeImage, built.Reason
	if built.FromBytecode {
		answer.Mode = modeBytecode
	}
	answer.Exports, answer.Packages, answer.Warnings = built.Exports, built.Packages, built.Warnings
	answer.describe(built.Module)
	if err := os.WriteFile(answer.Module, built.Module, 0o644); err != nil {
		return fmt.Errorf("write the module: %w", err)
	}
	return nil
}

// buildFolder runs the build command of a folder in another language.
func (a *app) buildFolder(ctx context.Context, t target, f buildFlags, answer *buildAnswer) error {
	if f.output != "" {
		return usageError{err: fmt.Errorf("%s says itself where its module goes", filepath.Join(t.dir, actionFileName)), hint: "leave --output out, or change its module"}
	}
	if _, err := a.build(ctx, t.action, true, f.consent); err != nil {
		return err
	}
	wasm, err := readModule(t.path, "the build command must write "+t.action.Module+" (see module in "+actionFileName+")")
	if err != nil {
		return err
	}
	answer.Source, answer.Module = t.dir, t.path
	answer.describe(wasm)
	return nil
}

func (b *buildAnswer) describe(wasm []byte) {
	b.Digest, b.SizeBytes = host.Digest(wasm), int64(len(wasm))
}

// outputPath is where a script's module goes when nobody says.
func (t target) outputPath() string {
	if t.action != nil {
		return filepath.Join(t.dir, t.action.Name+".wasm")
	}
	return strings.TrimSuffix(t.path, filepath.Ext(t.path)) + ".wasm"
}

func (a *app) printBuild(w io.Writer, t target, b buildAnswer) {
	for _, warning := range b.Warnings {
		a.term.note("%s %s", a.term.yellow("usher: warning:"), under(warning.String()))
	}
	fprintf(w, "built %s from %s in %s\n", a.term.bold(b.Module), b.Source, micros(b.TookMicros))
	packages := make([]string, len(b.Packages))
	for i, p := range b.Packages {
		packages[i] = p.Name + " " + p.Version
	}
	mode := ""
	switch b.Mode {
	case modeImage:
		mode = "image: a run begins where its top-level code ended"
	case modeBytecode:
		mode = "bytecode: its top-level code runs in each run, because " + b.Reason
	}
	a.term.pairs(w,
		"  size", byteSize(b.SizeBytes),
		"  digest", b.Digest,
		"  mode", mode,
		"  exports", join(b.Exports),
		"  packages", join(packages),
	)
	next := "usher run " + b.Module
	if event := t.beside("event.json"); event != "" {
		next += " --event " + event
	} else {
		next += " --event FILE"
	}
	fprintln(w, "next: "+next)
}
