package author

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// DeployFlags say what is deployed, and how it is built.
type DeployFlags struct {
	ScriptFlags
	name    string
	build   bool
	noBuild bool
}

// Add adds the flags.
func (f *DeployFlags) Add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "name of a script's action (default: the file's or its folder's)")
	flags.BoolVar(&f.build, "build", false, "run the build command even when the module is newer than its source")
	flags.BoolVar(&f.noBuild, "no-build", false, "never run the build command")
	cmd.MarkFlagsMutuallyExclusive("build", "no-build")
	f.ScriptFlags.Add(cmd)
}

// Deployable is an action that can be uploaded.
type Deployable struct {
	Name     string
	Trigger  host.Trigger
	Manifest host.Manifest
	Module   []byte
	Built    bool // just now
}

// LoadDeployable reads and builds what is to be deployed: a folder with an
// action.yaml, or a script.
func LoadDeployable(ctx context.Context, env *command.Env, path string, f DeployFlags) (Deployable, error) {
	file, err := deployedFile(path, f.name)
	if err != nil {
		return Deployable{}, err
	}
	d := Deployable{Name: file.Name, Trigger: file.Trigger, Manifest: file.manifest()}
	if !f.noBuild {
		if d.Built, err = build(ctx, env.Term, file, f.build && !isScript(file.Module), f.consent); err != nil {
			return Deployable{}, err
		}
	}
	d.Module, err = ReadOrBuild(ctx, env, file.modulePath(), "the build command must write "+file.Module+" (see module in "+ActionFileName+")", f.ScriptFlags)
	d.Built = d.Built || isScript(file.Module)
	return d, err
}

// deployedFile reads the action.yaml of what is to be deployed, or makes what
// stands for one when path is a script alone.
func deployedFile(path, name string) (*actionFile, error) {
	t, err := findTarget(path)
	if err != nil {
		return nil, err
	}
	file := t.action
	if !exists(path) {
		return nil, &host.Error{Code: host.NotFound, Text: "nothing at " + path, Hint: "name an action's folder or a script, or begin one: usher init NAME"}
	}
	if file == nil && !isScript(t.path) {
		return nil, term.UsageError{Err: fmt.Errorf("%s is neither a folder nor a script", path), Hint: "for a module without an action.yaml: usher actions create NAME --module " + path + " --deploy"}
	}
	if file == nil {
		file = &actionFile{Name: t.name, Trigger: host.PostUserRegistration, Module: filepath.Base(t.path), dir: filepath.Dir(t.path)}
	}
	if name != "" {
		file.Name = name
	}
	return file, nil
}

// ReadOrBuild returns the module at path, built when it is a script. Hint says what
// to do when there is none.
func ReadOrBuild(ctx context.Context, env *command.Env, path, hint string, f ScriptFlags) ([]byte, error) {
	b := newToolchain(env, f)
	defer b.close(ctx)
	return b.module(ctx, path, hint)
}
