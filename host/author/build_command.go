package author

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
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// buildFlags are the flags of `usher build`.
type buildFlags struct {
	ScriptFlags
	output  string
	explain bool
}

func newBuild(env *command.Env) *cobra.Command {
	var f buildFlags
	cmd := &cobra.Command{
		Use:   "build [FILE|DIR]",
		Short: "Build a module from a script or a folder",
		Long: `Build a WebAssembly module from JavaScript (.js, .mjs, .cjs) or TypeScript (.ts,
.mts): the script is bundled with its packages, evaluated once, and the resulting
memory is stored in the module. A script whose top-level code reads the clock,
takes random numbers or calls the host starts from bytecode in each run instead.

DIR (. by default) is a folder with an action.yaml, whose build command runs unless
its module is a script; with a package.json whose main is a script; or with a
script called action or index. Packages come from the script's node_modules, or
with --dependency from npm into a cache.

A package is bundled as Node loads it, or, where that can't run in a sandbox, as a
whole in the form that it offers for workers and browsers. --explain lists the
packages with their forms and the reasons.`,
		Example: `  usher build action.js -o action.wasm
  usher build action.js --explain
  usher build action.js --dependency axios@1.21.1 --dependency @slack/webhook@8.0.2`,
		GroupID:     command.GroupAuthor,
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{command.WithoutConfig: "true"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return buildModule(cmd.Context(), env, pathOf(args), f)
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file to write the module to (default: beside the script)")
	cmd.Flags().BoolVar(&f.explain, "explain", false, "list which form of each package is bundled, and why")
	f.Add(cmd)
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

	Forms []bundle.PackageForm `json:"forms,omitempty"` // of the packages, with --explain
}

func buildModule(ctx context.Context, env *command.Env, path string, f buildFlags) error {
	t, err := findTarget(path)
	if err != nil {
		return err
	}
	began := time.Now()
	answer := buildAnswer{Source: t.path}
	switch {
	case isScript(t.path):
		err = buildScript(ctx, env, t, f, &answer)
	case t.action != nil:
		err = buildFolder(ctx, env.Term, t, f, &answer)
	default:
		err = term.UsageError{Err: fmt.Errorf("%s is not a script", path), Hint: "name a file that ends in " + strings.Join(scriptSuffixes, ", ") + ", or an action's folder"}
	}
	if err != nil {
		return err
	}
	answer.TookMicros = time.Since(began).Microseconds()
	return env.Term.Answer(answer, func(w io.Writer) { printBuild(env.Term, w, t, answer) })
}

func buildScript(ctx context.Context, env *command.Env, t target, f buildFlags, answer *buildAnswer) error {
	b := newToolchain(env, f.ScriptFlags)
	defer b.close(ctx)
	var built *jsbuild.Built
	err := withPackages(ctx, env, t.path, "usher build", &f.ScriptFlags, func() (err error) {
		b.flags = f.ScriptFlags
		built, err = b.script(ctx, t.path, t.action)
		return err
	})
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
	if f.explain {
		answer.Forms = built.Forms
	}
	answer.describe(built.Module)
	if err := os.WriteFile(answer.Module, built.Module, 0o644); err != nil {
		return fmt.Errorf("write the module: %w", err)
	}
	return nil
}

// buildFolder runs the build command of a folder in another language.
func buildFolder(ctx context.Context, t term.Terminal, from target, f buildFlags, answer *buildAnswer) error {
	if f.output != "" {
		return term.UsageError{Err: fmt.Errorf("--output does not apply: module in %s names the output file", filepath.Join(from.dir, desired.FileName)), Hint: "omit --output, or change module"}
	}
	if _, err := build(ctx, t, from.action, true, f.consent); err != nil {
		return err
	}
	wasm, err := builtModule(from.action)
	if err != nil {
		return err
	}
	answer.Source, answer.Module = from.dir, from.path
	answer.describe(wasm)
	return nil
}

func (b *buildAnswer) describe(wasm []byte) {
	b.Digest, b.SizeBytes = host.Digest(wasm), int64(len(wasm))
}

// outputPath is the default output file of a script.
func (t target) outputPath() string {
	if t.action != nil {
		return filepath.Join(t.dir, t.action.Name+".wasm")
	}
	return strings.TrimSuffix(t.path, filepath.Ext(t.path)) + ".wasm"
}

func printBuild(t term.Terminal, w io.Writer, from target, b buildAnswer) {
	for _, warning := range b.Warnings {
		t.Note("%s %s", t.Yellow("usher: warning:"), term.Under(warning.String()))
	}
	term.Fprintf(w, "built %s from %s in %s\n", t.Bold(b.Module), b.Source, term.Micros(b.TookMicros))
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
	t.Pairs(w,
		"  size", term.ByteSize(b.SizeBytes),
		"  digest", b.Digest,
		"  mode", mode,
		"  exports", strings.Join(b.Exports, ", "),
		"  packages", strings.Join(packages, ", "),
	)
	printForms(t, w, b.Forms)
	next := "usher run " + b.Module
	if event := from.beside("event.json"); event != "" {
		next += " --event " + event
	} else {
		next += " --event FILE"
	}
	term.Fprintln(w, "next: "+next)
}

// printForms prints a line for each package: which form is bundled, and why.
func printForms(t term.Terminal, w io.Writer, forms []bundle.PackageForm) {
	var pairs []string
	for _, f := range forms {
		form := "as Node loads it"
		if f.Form == "other" {
			form = "as for workers and browsers"
		}
		if f.Why != "" {
			form += ": " + f.Why
		}
		pairs = append(pairs, "  "+f.Name+" "+f.Version, form)
	}
	if pairs != nil {
		term.Fprintln(w, "forms")
		t.Pairs(w, pairs...)
	}
}
