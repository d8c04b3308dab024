package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

// deployFlags are the flags of `usher actions deploy`.
type deployFlags struct {
	scriptFlags
	name    string
	build   bool
	noBuild bool
	bind    bool
}

func newActionsDeploy(a *app) *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "deploy [DIR|FILE]",
		Short: "Build a folder or a script, upload it and deploy it",
		Long: `Read DIR/action.yaml (DIR is . by default), build the module when it is missing
or older than its source, create the action when the server has none of that
name, upload the module as a new version and deploy it. Then say what was
granted, and what is still to do.

FILE is a script: the action.yaml beside it that names it has its settings.
Without one it is an action that may reach no hosts until its binding allows some.`,
		Example: `  usher actions deploy plugins/notify-slack --bind
  usher actions deploy hello.js --bind`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return a.deploy(cmd.Context(), dir, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "name of a script's action (default: the file's or its folder's)")
	flags.BoolVar(&f.build, "build", false, "run the build command even when the module is newer than its source")
	flags.BoolVar(&f.noBuild, "no-build", false, "never run the build command")
	flags.BoolVar(&f.bind, "bind", false, "bind the action at the end of its trigger's order, unless it is bound")
	cmd.MarkFlagsMutuallyExclusive("build", "no-build")
	f.scriptFlags.add(cmd)
	return cmd
}

// deployAnswer is what `usher actions deploy --json` prints.
type deployAnswer struct {
	Action         host.Action   `json:"action"`
	Version        host.Version  `json:"version"`
	Created        bool          `json:"created"` // the action, by this command
	Built          bool          `json:"built"`
	Binding        *host.Binding `json:"binding,omitempty"`
	MissingSecrets []string      `json:"missing_secrets"`
	Next           []string      `json:"next"` // commands
}

func (a *app) deploy(ctx context.Context, path string, f deployFlags) error {
	file, err := deployed(path, f)
	if err != nil {
		return err
	}
	var answer deployAnswer
	if !f.noBuild {
		if answer.Built, err = a.build(ctx, file, f.build && !isScript(file.Module), f.consent); err != nil {
			return err
		}
	}
	wasm, err := a.module(ctx, file.modulePath(), "the build command must write "+file.Module+" (see module in "+actionFileName+")", f.scriptFlags)
	if err != nil {
		return err
	}
	answer.Built = answer.Built || isScript(file.Module)
	c, err := a.client()
	if err != nil {
		return err
	}
	if err := answer.upload(ctx, c, file, wasm); err != nil {
		return err
	}
	if err := answer.findBinding(ctx, c, f.bind); err != nil {
		return err
	}
	answer.plan()
	return a.term.answer(answer, func(w io.Writer) { a.printDeploy(w, answer) })
}

// deployed reads what is to be deployed: an action.yaml, or what stands for one
// when path is a script alone.
func deployed(path string, f deployFlags) (*actionFile, error) {
	t, err := findTarget(path)
	if err != nil {
		return nil, err
	}
	file := t.action
	if !exists(path) {
		return nil, &host.Error{Code: host.NotFound, Text: "nothing at " + path, Hint: "name an action's folder or a script, or begin one: usher init NAME"}
	}
	if file == nil && !isScript(t.path) {
		return nil, usageError{err: fmt.Errorf("%s is neither a folder nor a script", path), hint: "for a module without an action.yaml: usher actions create NAME --module " + path + " --deploy"}
	}
	if file == nil {
		file = &actionFile{Name: t.name, Trigger: host.PostUserRegistration, Module: filepath.Base(t.path), dir: filepath.Dir(t.path)}
	}
	if f.name != "" {
		file.Name = f.name
	}
	return file, nil
}

// module returns the module at path, built when it is a script.
func (a *app) module(ctx context.Context, path, hint string, f scriptFlags) ([]byte, error) {
	b := a.bench(f)
	defer b.close(ctx)
	return b.module(ctx, path, hint)
}

// upload makes sure that the action is there, and deploys wasm as its newest
// version.
func (d *deployAnswer) upload(ctx context.Context, c *client.Client, file *actionFile, wasm []byte) error {
	action, err := c.Action(ctx, file.Name)
	if host.CodeOf(err) == host.NotFound && err != nil {
		action, err = c.CreateAction(ctx, file.Name, file.Trigger)
		d.Created = true
	}
	if err != nil {
		return err
	}
	if action.Trigger != file.Trigger {
		return &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("%s is an action for %s, and the file says %s", file.Name, action.Trigger, file.Trigger),
			Hint: "choose another name, or delete the old action first",
		}
	}
	d.Version, err = c.CreateVersion(ctx, action.ID, wasm, file.manifest(), true)
	if err != nil && d.Created {
		return takeBack(ctx, c, action.ID, err)
	}
	if err != nil {
		return err
	}
	d.Action, err = c.Action(ctx, action.ID)
	return err
}

// findBinding tells where the action is bound, and binds it last when asked.
func (d *deployAnswer) findBinding(ctx context.Context, c *client.Client, bind bool) error {
	bindings, err := c.Bindings(ctx, d.Action.Trigger)
	if err != nil {
		return err
	}
	if i := bindingOf(bindings, d.Action.ID); i >= 0 {
		d.Binding = &bindings[i]
		return nil
	}
	if !bind {
		return nil
	}
	bindings, err = c.ReplaceBindings(ctx, d.Action.Trigger, append(keepAll(bindings), host.BindingWrite{Action: d.Action.ID}))
	if err != nil {
		return err
	}
	if i := bindingOf(bindings, d.Action.ID); i >= 0 {
		d.Binding = &bindings[i]
	}
	return nil
}

// plan says what is left to do before the action can run.
func (d *deployAnswer) plan() {
	d.MissingSecrets = missingSecrets(d.Version.Manifest, d.Action.Secrets)
	d.Next = []string{}
	for _, name := range d.MissingSecrets {
		d.Next = append(d.Next, "usher secrets set "+d.Action.Name+" "+name)
	}
	if d.Binding == nil {
		d.Next = append(d.Next, "usher bind "+d.Action.Name)
	}
}

func missingSecrets(m host.Manifest, set []host.Secret) []string {
	missing := []string{}
	for _, name := range m.Secrets {
		if !slices.ContainsFunc(set, func(s host.Secret) bool { return s.Name == name }) {
			missing = append(missing, name)
		}
	}
	return missing
}

func (a *app) printDeploy(w io.Writer, d deployAnswer) {
	verb := "deployed"
	if d.Created {
		verb = "created and deployed"
	}
	fprintf(w, "%s: version %d %s (%s, %s)\n", a.term.bold(d.Action.Name), d.Version.Number, verb,
		byteSize(d.Version.SizeBytes), d.Version.Digest[:min(len(d.Version.Digest), 19)])
	a.printGrants(w, d.Version.Manifest, d.Action.Secrets)
	bound := "no"
	if d.Binding != nil {
		bound = fmt.Sprintf("to %s, place %d", d.Binding.Trigger, d.Binding.Position+1)
	}
	a.term.pairs(w, "bound     ", bound)
	for _, next := range d.Next {
		fprintln(w, "next: "+next)
	}
}

// printGrants says what a version may reach and read.
func (a *app) printGrants(w io.Writer, m host.Manifest, set []host.Secret) {
	reach := strings.Join(m.Settings.Egress.Allow, ", ")
	if m.Settings.Egress.Mode == host.EgressPublic {
		reach = "every public address"
	}
	names := make([]string, 0, len(m.Secrets))
	for _, s := range set {
		names = append(names, s.Name)
	}
	for _, name := range missingSecrets(m, set) {
		names = append(names, name+" "+a.term.yellow("(not set)"))
	}
	a.term.pairs(w, "may reach ", cmp.Or(reach, "nothing"), "secrets   ", cmp.Or(strings.Join(names, ", "), "none"))
}
