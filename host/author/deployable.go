package author

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/internal/jsscan"
)

// DeployFlags are the flags for what is deployed and how it is built.
type DeployFlags struct {
	ScriptFlags
	name    string
	trigger string
	build   bool
	noBuild bool
}

// Add adds the flags.
func (f *DeployFlags) Add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "name of the action of a script or a module (default: the file's or its folder's)")
	flags.StringVar(&f.trigger, "trigger", "", triggerUsage)
	flags.BoolVar(&f.build, "build", false, "run the build command even when the module is newer than its source")
	flags.BoolVar(&f.noBuild, "no-build", false, "never run the build command")
	cmd.MarkFlagsMutuallyExclusive("build", "no-build")
	f.ScriptFlags.Add(cmd)
}

// Deployable is an action that can be deployed.
type Deployable struct {
	*desired.File
	Content []byte // the code, which the host builds, or the module
	Built   bool   // just now

	// Named is what the code of a script names; empty for a module.
	Named jsscan.Found
}

// LoadDeployable reads and builds what is to be deployed: a folder with an
// action.yaml, a script, or a module, which is taken as it is.
func LoadDeployable(ctx context.Context, env *command.Env, path string, f DeployFlags) (Deployable, error) {
	file, err := deployedFile(path, f.name)
	if err != nil {
		return Deployable{}, err
	}
	d := Deployable{File: file}
	if !f.noBuild && (f.build || !isModule(path)) {
		if d.Built, err = build(ctx, env.Term, file, f.build && !isScript(file.Module), f.consent); err != nil {
			return Deployable{}, err
		}
	}
	if file.Code != "" || isScript(file.Module) {
		d.Named = scanScript(file.Path())
	}
	if file.Code != "" {
		d.Content, err = file.Content()
		return d, err
	}
	b := newToolchain(env, f.ScriptFlags)
	defer b.close(ctx)
	err = withPackages(ctx, env, file.Path(), "usher actions deploy", &f.ScriptFlags, func() (err error) {
		b.flags = f.ScriptFlags
		d.Content, err = b.module(ctx, file.Path(), file, "")
		return err
	})
	d.Built = d.Built || isScript(file.Module)
	if err == nil {
		file.Trigger, err = chosenTrigger(d.Content, f.trigger, file)
	}
	return d, err
}

// AllowBuild is the flag that lets the build commands of a setup run.
const AllowBuild = "allow-build"

// LoadSetup reads a folder of actions and bindings, and builds the modules that
// are built from its files. Unless mayBuild is set, a build command is confirmed
// before it first runs.
func LoadSetup(ctx context.Context, env *command.Env, dir string, mayBuild bool) (desired.Setup, error) {
	consent := buildConsent{yes: mayBuild, flag: AllowBuild}
	b := newToolchain(env, ScriptFlags{})
	defer b.close(ctx)
	return desired.ReadFolder(ctx, dir, func(ctx context.Context, f *desired.File) ([]byte, error) {
		if _, err := build(ctx, env.Term, f, false, consent); err != nil {
			return nil, err
		}
		return b.module(ctx, f.Path(), f, "")
	})
}

// deployedFile reads the action.yaml of what is to be deployed, or makes what
// stands for one when path is a script or a module alone.
func deployedFile(path, name string) (*desired.File, error) {
	t, err := findTarget(path)
	if err != nil {
		return nil, err
	}
	file := t.action
	if !exists(path) {
		return nil, &host.Error{Code: host.NotFound, Text: "no file or folder at " + path, Hint: "name an action's folder or a script, or create one: usher init NAME"}
	}
	if file == nil && isModule(path) {
		if file, err = besideModule(path); err != nil {
			return nil, err
		}
	}
	if file == nil && !isScript(t.path) && !isModule(path) {
		return nil, term.UsageError{
			Err:  fmt.Errorf("%s is no folder, no script and no WebAssembly module", path),
			Hint: "name an action's folder, a file such as action.js or action.ts, or a .wasm file",
		}
	}
	if file == nil {
		file = &desired.File{Name: t.name, Trigger: triggerOf(t.path), Module: filepath.Base(t.path), Dir: filepath.Dir(t.path)}
	}
	if name != "" {
		file.Name = name
	}
	return file, nil
}

// isModule reports whether a file is a WebAssembly module: by its name, or by how it
// begins.
func isModule(path string) bool {
	if isFolder(path) || isScript(path) {
		return false
	}
	if strings.EqualFold(filepath.Ext(path), ".wasm") {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	begin := make([]byte, 4)
	_, err = io.ReadFull(f, begin)
	return err == nil && string(begin) == "\x00asm"
}

// besideModule returns the action.yaml beside a module that names it; nil when there is
// none.
func besideModule(path string) (*desired.File, error) {
	file, err := desired.ReadFile(filepath.Dir(path))
	switch {
	case err == nil && filepath.Clean(file.Path()) == filepath.Clean(path):
		return file, nil
	case err != nil && host.CodeOf(err) != host.NotFound:
		return nil, err
	}
	return nil, nil //nolint:nilnil // none, and no error
}

// triggerOf returns the trigger whose handler a script names, the first when it names
// none or several.
func triggerOf(path string) host.Trigger {
	code, err := os.ReadFile(path)
	all := host.Triggers()
	named := slices.DeleteFunc(host.Triggers(), func(t host.Trigger) bool { return err != nil || !jsscan.Mentions(string(code), t.Entry()) })
	if len(named) == 1 {
		return named[0]
	}
	return all[0]
}

// ReadOrBuild returns the module at path, built when it is a script. The hint is for
// the error when it is missing.
func ReadOrBuild(ctx context.Context, env *command.Env, path, hint string, f ScriptFlags) ([]byte, error) {
	b := newToolchain(env, f)
	defer b.close(ctx)
	return b.module(ctx, path, nil, hint)
}
