package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/web"
)

// scriptSuffixes are those of the files that are built with the JavaScript
// engine.
var scriptSuffixes = []string{".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"}

// isScript reports whether path names JavaScript or TypeScript.
func isScript(path string) bool {
	return slices.Contains(scriptSuffixes, strings.ToLower(filepath.Ext(path))) && !strings.HasSuffix(path, ".d.ts")
}

// scriptFlags say where a script's packages come from.
type scriptFlags struct {
	dependencies []string
	registry     string
	offline      bool
	consent      buildConsent // to the build command of a folder
}

// add adds the flags of every command that may build a script.
func (f *scriptFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.dependencies, "dependency", nil, "npm package NAME@VERSION that a script may require, in place of its folder's own; repeatable")
	flags.StringVar(&f.registry, "registry", "", "npm registry for --dependency (default: npm's own setting)")
	flags.BoolVar(&f.offline, "offline", false, "take the packages of --dependency from the cache alone")
	flags.BoolVarP(&f.consent.yes, "yes", "y", false, "run the folder's build command without asking; it is asked once for each folder and command")
}

// list reads the dependencies, nil when there are none.
func (f scriptFlags) list() ([]host.Dependency, error) {
	var list []host.Dependency
	for _, entry := range f.dependencies {
		at := strings.LastIndex(entry, "@")
		if at <= 0 { // at 0 begins a scope
			return nil, usageError{err: fmt.Errorf("--dependency %q has no version", entry), hint: "write it as NAME@VERSION, such as axios@1.21.1"}
		}
		list = append(list, host.Dependency{Name: entry[:at], Version: entry[at+1:]})
	}
	return list, nil
}

// bench is where commands run and build modules without a server: a sandbox,
// and what builds scripts in it. Both are made when they are first needed. It
// belongs to one goroutine.
type bench struct {
	flags   scriptFlags
	note    func(format string, args ...any)
	largest int // module, in bytes
	box     *sandbox.Sandbox
	builder *jsbuild.Builder
}

// bench returns a bench, which the caller must close.
func (a *app) bench(f scriptFlags) *bench {
	return &bench{flags: f, note: a.term.note, largest: a.cfg.MaxModuleBytes}
}

// close frees what was made.
func (b *bench) close(ctx context.Context) {
	if b.builder != nil {
		b.builder.Close()
	}
	if b.box != nil {
		_ = b.box.Close(context.WithoutCancel(ctx))
	}
}

func (b *bench) sandbox(ctx context.Context) (*sandbox.Sandbox, error) {
	if b.box == nil {
		box, err := openSandbox(ctx, cacheDir(), b.largest, 0)
		if err != nil {
			return nil, err
		}
		b.box = box
	}
	return b.box, nil
}

func (b *bench) scripts(ctx context.Context) (*jsbuild.Builder, error) {
	if b.builder != nil {
		return b.builder, nil
	}
	box, err := b.sandbox(ctx)
	if err != nil {
		return nil, err
	}
	b.builder, err = jsbuild.New(jsbuild.Config{
		Sandbox: box,
		Packages: &npm.Packages{
			Registry: b.flags.registry, Offline: b.flags.offline,
			Log: func(line string) { b.note("usher: %s", line) },
		},
	})
	return b.builder, err
}

// script builds the script at path. What is wrong with it is a [host.Error].
func (b *bench) script(ctx context.Context, path string) (*jsbuild.Built, error) {
	code, err := readFile(path)
	if err != nil {
		return nil, err
	}
	dependencies, err := b.flags.list()
	if err != nil {
		return nil, err
	}
	builder, err := b.scripts(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("find the script's folder: %w", err)
	}
	built, err := builder.Build(ctx, bundle.Source{Name: filepath.Base(path), Code: code, Dir: dir, Dependencies: dependencies})
	if wrong, ok := errors.AsType[*host.BuildFailure](err); ok {
		return nil, &scriptError{path, web.WordMessages(wrong.Messages)}
	}
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", path, err)
	}
	return built, nil
}

// scriptError is why a script can't be built, for its author.
type scriptError struct {
	path     string
	messages []host.BuildMessage
}

// Error tells each message with its place, source line and hint.
func (e *scriptError) Error() string {
	text := e.path + " can't be built"
	for _, m := range e.messages {
		text += "\n" + m.String()
	}
	return text
}

// Unwrap returns the error's code.
func (e *scriptError) Unwrap() error { return &host.Error{Code: host.Refused} }

// module returns the module at path, which it builds when it is a script.
func (b *bench) module(ctx context.Context, path, hint string) ([]byte, error) {
	if !isScript(path) {
		return readModule(path, hint)
	}
	built, err := b.script(ctx, path)
	if err != nil {
		return nil, err
	}
	b.warn(path, built)
	return built.Module, nil
}

// warn tells what a build has to say of a script that it built.
func (b *bench) warn(path string, built *jsbuild.Built) {
	for _, w := range built.Warnings {
		b.note("usher: warning: %s", under(w.String()))
	}
	if built.FromBytecode {
		b.note("usher: note: %s starts from bytecode in each run: %s", path, built.Reason)
	}
}

// readFile reads a file that a person named.
func readFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &host.Error{Code: host.NotFound, Text: "no file at " + path}
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}
