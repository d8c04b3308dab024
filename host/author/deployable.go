package author

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

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
	flags.StringVar(&f.name, "name", "", "name of a script's action (default: the file's or its folder's)")
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
// action.yaml, or a script.
func LoadDeployable(ctx context.Context, env *command.Env, path string, f DeployFlags) (Deployable, error) {
	file, err := deployedFile(path, f.name)
	if err != nil {
		return Deployable{}, err
	}
	d := Deployable{File: file}
	if !f.noBuild {
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
// stands for one when path is a script alone.
func deployedFile(path, name string) (*desired.File, error) {
	t, err := findTarget(path)
	if err != nil {
		return nil, err
	}
	file := t.action
	if !exists(path) {
		return nil, &host.Error{Code: host.NotFound, Text: "no file or folder at " + path, Hint: "name an action's folder or a script, or create one: usher init NAME"}
	}
	if file == nil && !isScript(t.path) {
		return nil, term.UsageError{Err: fmt.Errorf("%s is neither a folder nor a script", path), Hint: "for a module without an action.yaml: usher actions create NAME --module " + path + " --deploy"}
	}
	if file == nil {
		file = &desired.File{Name: t.name, Trigger: triggerOf(t.path), Module: filepath.Base(t.path), Dir: filepath.Dir(t.path)}
	}
	if name != "" {
		file.Name = name
	}
	return file, nil
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
