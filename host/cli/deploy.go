package cli

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
	"github.com/usherhost/usher/host/author"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/desired"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/internal/jsscan"
	"github.com/usherhost/usher/host/internal/text"
)

// deployFlags are the flags of `usher actions deploy`.
type deployFlags struct {
	author.DeployFlags
	bind  bool
	check bool
	allow string
}

// newDeploy is `usher deploy`, which is `usher actions deploy` too.
func newDeploy(env *command.Env) *cobra.Command {
	cmd := newActionsDeploy(env)
	cmd.GroupID = command.GroupWork
	return cmd
}

func newActionsDeploy(env *command.Env) *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "deploy [DIR|FILE]",
		Short: "Build a folder or a script, or take a module, upload it and deploy it",
		Long: `Read DIR/action.yaml (DIR is . by default), build the module when it is missing
or older than its source, create the action when the server has none with that
name, upload the module as a new version and deploy it. Then print the action's
permissions and the remaining steps.

With --check, the recorded executions are run against it first, as 'usher check'
does, and it is deployed only when every difference is allowed.

FILE is a script. Its settings are in the action.yaml beside it that names it;
without one, the action may call no origin until its binding allows it, and its
trigger is the one whose handler it exports. The secrets, addresses and packages
that its code names become the remaining steps: a package that is not installed
is offered in its newest version.

A WebAssembly module (FILE.wasm) is uploaded as it is. Its settings are in the
action.yaml beside it that names it, too.

'usher deploy' and 'usher actions deploy' are the same command.`,
		Example: `  usher actions deploy plugins/notify-slack --bind
  usher actions deploy hello.js --bind
  usher actions deploy build/hello.wasm --name hello --bind`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			return deploy(cmd.Context(), env, dir, f)
		},
	}
	cmd.Flags().BoolVar(&f.bind, "bind", false, "bind the action at the end of its trigger's order, unless it is bound")
	cmd.Flags().BoolVar(&f.check, "check", false, "run recorded executions against it first, and deploy it only when that passes")
	cmd.Flags().StringVar(&f.allow, "allow", "", "with --check: YAML file of reviewed differences")
	f.DeployFlags.Add(cmd)
	return cmd
}

// deployAnswer is what `usher actions deploy --json` prints.
type deployAnswer struct {
	Action         host.Action       `json:"action"`
	Version        host.Version      `json:"version"`
	Created        bool              `json:"created"`         // the action, by this command
	Check          *host.CheckReport `json:"check,omitempty"` // with --check
	Built          bool              `json:"built"`
	Binding        *host.Binding     `json:"binding,omitempty"`
	MissingSecrets []string          `json:"missing_secrets"`
	Named          jsscan.Found      `json:"named"` // by the code of a script
	Next           []string          `json:"next"`  // commands
}

func deploy(ctx context.Context, env *command.Env, path string, f deployFlags) error {
	built, err := author.LoadDeployable(ctx, env, path, f.DeployFlags)
	if err != nil {
		return err
	}
	c, err := env.Client()
	if err != nil {
		return err
	}
	answer := deployAnswer{Built: built.Built}
	if f.check {
		if answer.Check, err = checkBefore(ctx, env, c, built, f.allow); err != nil {
			return err
		}
	}
	if err := answer.upload(ctx, c, built); err != nil {
		return err
	}
	if err := answer.findBinding(ctx, c, f.bind); err != nil {
		return err
	}
	answer.Named = built.Named
	answer.plan(built)
	return env.Term.Answer(answer, func(w io.Writer) { printDeploy(env.Term, w, answer) })
}

// checkBefore checks what is to be deployed; nil: the action is new, or has no version.
// Code becomes the action's draft for that. A check that does not pass is printed, and
// ends the deploy.
func checkBefore(ctx context.Context, env *command.Env, c *client.Client, built author.Deployable, allow string) (*host.CheckReport, error) {
	allowed, err := readAllowances(allow)
	if err != nil {
		return nil, err
	}
	action, err := c.Action(ctx, built.Name)
	if err != nil && host.CodeOf(err) != host.NotFound {
		return nil, err
	}
	if action.Deployed == nil {
		env.Term.Note("%s has no deployed version yet: there is nothing to check against", built.Name)
		return nil, nil //nolint:nilnil // no check, and no error
	}
	m := built.Manifest()
	q := host.CheckQuery{Allow: allowed, Module: built.Content, Manifest: &m}
	if built.Code != "" {
		if err := desired.PutSource(ctx, c, action.ID, *built.Source(built.Content), false); err != nil {
			return nil, err
		}
		q = host.CheckQuery{Allow: allowed, Draft: true}
	}
	report, err := runCheck(ctx, env, c, action.ID, q)
	if err != nil || report.Passed {
		return &report, err
	}
	err = answerCheck(env.Term, report)
	env.Term.Note("%s is not deployed; version %d stays", action.Name, action.Deployed.Number)
	return nil, err
}

// upload creates the action unless it exists, and deploys the code or the module
// as its newest version.
func (d *deployAnswer) upload(ctx context.Context, c *client.Client, built author.Deployable) error {
	action, err := c.Action(ctx, built.Name)
	if host.CodeOf(err) == host.NotFound && err != nil {
		action, err = c.CreateAction(ctx, built.Name, built.Trigger)
		d.Created = true
	}
	if err != nil {
		return err
	}
	if action.Trigger != built.Trigger {
		return &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("%s is an action for %s, and the file has the trigger %s", built.Name, action.Trigger, built.Trigger),
			Hint: "choose another name, or delete the old action first",
		}
	}
	if built.Code != "" {
		err = desired.PutSource(ctx, c, action.ID, *built.Source(built.Content), true)
	} else {
		_, err = c.CreateVersion(ctx, action.ID, built.Content, built.Manifest(), true)
	}
	if err != nil && d.Created {
		return takeBack(ctx, c, action.ID, err)
	}
	if err != nil {
		return err
	}
	if d.Action, err = c.Action(ctx, action.ID); err == nil && d.Action.Deployed != nil {
		d.Version = *d.Action.Deployed
	}
	return err
}

// findBinding finds the action's binding, and binds it last when asked.
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

// plan lists what is left to do before the action can run, and then a test of it.
func (d *deployAnswer) plan(built author.Deployable) {
	declared := built.Manifest()
	d.MissingSecrets = missingSecrets(slices.Concat(declared.Secrets, built.Named.Secrets), d.Action.Secrets)
	d.Next = []string{}
	name := text.ShellQuote(d.Action.Name)
	for _, secret := range d.MissingSecrets {
		d.Next = append(d.Next, "usher secrets set "+name+" "+secret)
	}
	allow := ""
	for _, origin := range d.blocked(declared.Settings) {
		allow += " --allow " + origin
	}
	switch {
	case d.Binding == nil:
		d.Next = append(d.Next, "usher bind "+name+allow)
	case allow != "":
		d.Next = append(d.Next, "usher bindings set "+name+allow)
	}
	if built.Named.Empty() && len(d.Next) == 0 {
		return
	}
	send := "usher events send " + text.ShellQuote(filepath.Join(built.Dir, "event.json")) + " --wait 30s"
	if d.Action.Trigger != host.PostUserRegistration {
		send += " --trigger " + string(d.Action.Trigger)
	}
	d.Next = append(d.Next, send)
}

// blocked returns the origins that the code names and that the action may not call.
func (d *deployAnswer) blocked(declared host.Settings) []string {
	settings := declared.Over(host.DefaultSettings())
	if d.Binding != nil {
		settings = d.Binding.Settings.Over(settings)
	}
	return slices.DeleteFunc(slices.Clone(d.Named.Origins), func(origin string) bool {
		_, refused := egress.Check(settings.Egress, origin)
		return refused == nil
	})
}

// missingSecrets returns the names that are not set, each once.
func missingSecrets(names []string, set []host.Secret) []string {
	missing := []string{}
	for _, name := range names {
		if !slices.Contains(missing, name) && !slices.ContainsFunc(set, func(s host.Secret) bool { return s.Name == name }) {
			missing = append(missing, name)
		}
	}
	return missing
}

func printDeploy(t term.Terminal, w io.Writer, d deployAnswer) {
	if d.Check != nil {
		printCheck(t, w, d.Check)
	}
	verb := "deployed"
	if d.Created {
		verb = "created and deployed"
	}
	term.Fprintf(w, "%s: version %d %s (%s, %s)\n", t.Bold(d.Action.Name), d.Version.Number, verb,
		term.ByteSize(d.Version.SizeBytes), d.Version.Digest[:min(len(d.Version.Digest), 19)])
	printGrants(t, w, d.Version.Manifest, d.Named, d.Action.Secrets)
	bound := "no"
	if d.Binding != nil {
		bound = fmt.Sprintf("to %s, place %d", d.Binding.Trigger, d.Binding.Position+1)
	}
	t.Pairs(w, "bound     ", bound)
	for _, next := range d.Next {
		term.Fprintln(w, "next: "+next)
	}
}

// printGrants prints what a version may call and read.
func printGrants(t term.Terminal, w io.Writer, m host.Manifest, named jsscan.Found, set []host.Secret) {
	origins := strings.Join(m.Settings.Egress.Allow, ", ")
	if m.Settings.Egress.Mode == host.EgressPublic {
		origins = "every public address"
	}
	names := make([]string, 0, len(m.Secrets))
	for _, s := range set {
		names = append(names, s.Name)
	}
	for _, name := range missingSecrets(slices.Concat(m.Secrets, named.Secrets), set) {
		names = append(names, name+" "+t.Yellow("(not set)"))
	}
	t.Pairs(w, "may call  ", cmp.Or(origins, "nothing"), "secrets   ", cmp.Or(strings.Join(names, ", "), "none"))
}
