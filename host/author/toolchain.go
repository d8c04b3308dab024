package author

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/text"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bootstrap"
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

// ScriptFlags are the flags for where a script's packages come from.
type ScriptFlags struct {
	dependencies []string
	registry     string
	offline      bool
	consent      buildConsent // to the build command of a folder
}

// Add adds the flags of every command that may build a script.
func (f *ScriptFlags) Add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.dependencies, "dependency", nil, "npm package NAME@VERSION that a script may require, in place of its folder's own; repeatable")
	flags.StringVar(&f.registry, "registry", "", "npm registry for --dependency (default: the setting npm_registry, or npm's own)")
	flags.BoolVar(&f.offline, "offline", false, "take the packages of --dependency from the cache only")
	flags.BoolVarP(&f.consent.yes, "yes", "y", false, "run the folder's build command without asking; it is asked once for each folder and command")
}

// list reads the dependencies, nil when there are none.
func (f ScriptFlags) list() ([]host.Dependency, error) {
	var list []host.Dependency
	for _, entry := range f.dependencies {
		at := strings.LastIndex(entry, "@")
		if at <= 0 { // at 0 begins a scope
			return nil, term.UsageError{Err: fmt.Errorf("--dependency %q has no version", entry), Hint: "write it as NAME@VERSION, such as axios@1.21.1"}
		}
		list = append(list, host.Dependency{Name: entry[:at], Version: entry[at+1:]})
	}
	return list, nil
}

// toolchain is where commands run and build modules without a server: a sandbox,
// and what builds scripts in it. Both are made when they are first needed. It
// belongs to one goroutine.
type toolchain struct {
	flags   ScriptFlags
	note    func(format string, args ...any)
	largest int // module, in bytes
	self    []string
	engine  bootstrap.Engine
	box     *sandbox.Sandbox
	builder *jsbuild.Builder
}

// newToolchain returns a toolchain, which the caller must close.
func newToolchain(env *command.Env, f ScriptFlags) *toolchain {
	engine := engineOf(env)
	engine.Offline = f.offline
	return &toolchain{flags: f, note: env.Term.Note, largest: env.Config.MaxModuleBytes, self: env.Self, engine: engine}
}

// close frees what was made.
func (b *toolchain) close(ctx context.Context) {
	if b.builder != nil {
		b.builder.Close()
	}
	if b.box != nil {
		_ = b.box.Close(context.WithoutCancel(ctx))
	}
}

func (b *toolchain) sandbox(ctx context.Context) (*sandbox.Sandbox, error) {
	if b.box == nil {
		config := sandbox.Config{CacheDir: cacheDir(), Functions: guest.Functions(), MaxModuleBytes: b.largest}
		if config.CacheDir != "" {
			config.Child = b.self
		}
		box, err := sandbox.Open(ctx, config)
		if err != nil {
			return nil, fmt.Errorf("open the sandbox: %w", err)
		}
		b.box = box
	}
	return b.box, nil
}

func (b *toolchain) scripts(ctx context.Context) (*jsbuild.Builder, error) {
	if b.builder != nil {
		return b.builder, nil
	}
	box, err := b.sandbox(ctx)
	if err != nil {
		return nil, err
	}
	b.builder = jsbuild.New(jsbuild.Config{
		Sandbox: box,
		Packages: &npm.Packages{
			Registry: cmp.Or(b.flags.registry, b.engine.Source.Address()), Offline: b.flags.offline,
			Log: func(line string) { b.note("usher: %s", line) },
		},
		Engine: b.engine,
	})
	return b.builder, nil
}

// script builds the script at path, which is that of f unless f is nil. What is
// wrong with it is a [host.Error].
func (b *toolchain) script(ctx context.Context, path string, f *desired.File) (*jsbuild.Built, error) {
	source, err := b.source(path, f)
	if err != nil {
		return nil, err
	}
	builder, err := b.scripts(ctx)
	if err != nil {
		return nil, err
	}
	built, err := builder.Build(ctx, source)
	if wrong, ok := errors.AsType[*host.BuildFailure](err); ok {
		return nil, &scriptError{path: path, messages: web.WordMessages(wrong.Messages)}
	}
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", path, err)
	}
	return built, nil
}

// source reads a script, with what it is built with: its folder or, for the code
// of an action.yaml, the packages that the file names and no other files.
func (b *toolchain) source(path string, f *desired.File) (source bundle.Source, err error) {
	source.Name = filepath.Base(path)
	if source.Dependencies, err = b.flags.list(); err != nil {
		return source, err
	}
	if f == nil || f.Code == "" {
		if source.Dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
			return source, fmt.Errorf("find the script's folder: %w", err)
		}
	}
	if f == nil {
		source.Code, err = command.ReadFile(path)
		return source, err
	}
	if len(f.SharedModules) > 0 {
		return source, &host.Error{
			Code: host.Refused, Text: fmt.Sprintf("%s requires the shared module %s, which only a host has", f.Name, f.SharedModules[0].Name),
			Hint: "run it there: usher actions deploy " + text.ShellQuote(f.Dir),
		}
	}
	if source.Dependencies == nil {
		source.Dependencies = f.Dependencies
	}
	source.Code, err = f.Content()
	return source, err
}

// scriptError is why a script can't be built, for its author.
type scriptError struct {
	path     string
	messages []host.BuildMessage
	hint     string
}

// Error lists each message with its place, source line and hint.
func (e *scriptError) Error() string {
	all := e.path + " can't be built"
	for _, m := range e.messages {
		all += "\n" + m.String()
	}
	return all
}

// Messages returns what is wrong, for the JSON form of errors.
func (e *scriptError) Messages() []host.BuildMessage { return e.messages }

// Unwrap returns the error's code and hint.
func (e *scriptError) Unwrap() error { return &host.Error{Code: host.Refused, Hint: e.hint} }

// module returns the module at path, which it builds when it is a script. The
// path is that of f unless f is nil.
func (b *toolchain) module(ctx context.Context, path string, f *desired.File, hint string) ([]byte, error) {
	switch {
	case !isScript(path) && f == nil:
		return readModule(path, hint)
	case !isScript(path):
		return builtModule(f)
	}
	built, err := b.script(ctx, path, f)
	if err != nil {
		return nil, err
	}
	b.warn(path, built)
	return built.Module, nil
}

// warn prints the warnings of a build.
func (b *toolchain) warn(path string, built *jsbuild.Built) {
	for _, w := range built.Warnings {
		b.note("usher: warning: %s", term.Under(w.String()))
	}
	if built.FromBytecode {
		b.note("usher: note: %s starts from bytecode in each run: %s", path, built.Reason)
	}
}

// cacheDir is the folder of compiled modules for commands without a host, "" when
// the user has no cache folder.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "usher")
}
