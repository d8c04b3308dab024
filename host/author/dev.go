package author

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

// devFlags are the flags of `usher dev`.
type devFlags struct {
	runFlags
	listen string
	order  []string
	once   bool
}

func newDev(env *command.Env) *cobra.Command {
	var f devFlags
	cmd := &cobra.Command{
		Use:   "dev [FILE|DIR]",
		Short: "Run actions here, again after each save, and on events that are sent",
		Long: `Build and run one action, or all actions of a folder in their order, as 'usher run'
does: now, again after each save, and on each event that is sent to the local endpoint
that it prints. It continues after errors, until Ctrl-C. Nothing is stored.

DIR (. by default) is an action's folder; or a folder with several actions: each in a
folder of its own, or a script or module alone, in DIR/actions where that exists. They
run in the order of DIR/bindings.yaml, as 'usher apply' sets it, under its settings;
without it by name, or as --order says. After a save only the action that the file
belongs to is built again. If it can't be built, the last good build stays.

An event on the endpoint goes the way that it goes on a host: POST
/v1/events/post-user-registration, and /v1/decisions/pre-user-registration, which is
answered with the decision; but it needs no API key, and one that is sent twice runs
twice, unless it has an Idempotency-Key. An action that fails is not tried again.

Unless flags name other files, each action uses fakes.json (or .yaml) and .env in its
folder, where they exist; an action in one file NAME.fakes.json. DIR/.env has secrets
of all: an action gets those that its action.yaml or its code names. Sample events are
DIR/event.json and DIR/events/*.json, or else the event.json of a trigger's first
action; after an event was sent, a save runs that one again. --fakes= (empty) lets
requests go to the network even if there is a fakes.json.

With --execution the sample is the event of a recorded execution of a host, and each
action that has a tape of it gets its answers from there: see 'usher run --help'.`,
		Example: `  usher dev action.js
  usher dev plugins/notify-slack --event other-event.json
  usher dev my-actions --order check-email,notify-slack --listen 127.0.0.1:4000
  usher dev my-actions --once
  usher dev --execution exe_01JD8`,
		GroupID: command.GroupAuthor,
		Args:    command.Between(0, 1, "FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return dev(env, cmd, pathOf(args), f) },
	}
	f.add(cmd)
	f.addExecution(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.isolation, "isolation", "", command.IsolationUsage)
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "address of the endpoint for events; port 0 is a free one, \"\" is no endpoint")
	flags.StringSliceVar(&f.order, "order", nil, "names of actions, the first to run first; those that are not named follow by name")
	flags.BoolVar(&f.once, "once", false, "run once on the sample events, and exit with code 7 if an action failed")
	return cmd
}

// dev runs the actions until the command is interrupted, which is not a failure.
func dev(env *command.Env, cmd *cobra.Command, path string, f devFlags) error {
	ctx := cmd.Context()
	d := &development{app: env, cmd: cmd, path: path, tools: newToolchain(env, f.ScriptFlags), sent: map[host.Trigger]devEvent{}}
	defer d.tools.close(ctx)
	var err error
	if d.actions, d.alone, err = findActions(path); err != nil {
		return err
	}
	d.flags = f
	d.flags.typed = "usher dev"
	if err := d.check(); err != nil {
		return err
	}
	d.flags.consent = buildConsent{unattended: !f.consent.yes, yes: f.consent.yes}
	if f.once {
		return d.once(ctx)
	}
	w, err := newWatch(d.watched())
	if err != nil {
		return err
	}
	defer w.close()
	if f.listen != "" {
		if d.server, err = listenDev(ctx, f.listen, d.limit); err != nil {
			return err
		}
	}
	return d.develop(ctx, w)
}

// check refuses what can't be run again and again, and asks for the permission to run
// build commands while it can.
func (d *development) check() error {
	if d.cmd.Flags().Changed("event") && (d.flags.event == "" || d.flags.event == "-") {
		return term.UsageError{Err: errors.New("the event must be a file that can be read again"), Hint: "give one with --event FILE, or put an event.json beside the action"}
	}
	for _, a := range d.actions {
		if a.target.path == "" {
			a.target, _ = findTarget(a.path) // its error is reported when it is built
		}
		t := a.target
		if d.alone && !exists(t.path) && (t.action == nil || t.action.Build == "") {
			return &host.Error{Code: host.NotFound, Text: "no file at " + t.path, Hint: "create an action: usher init NAME"}
		}
		if t.action != nil && t.action.Build != "" {
			if err := mayBuild(d.app.Term, t.action, d.flags.consent); err != nil {
				return err
			}
		}
	}
	if err := d.checkOrder(); err != nil {
		return err
	}
	return d.readOrder()
}

// takeFiles uses the files in the target's folder that no flag replaces.
func (f *runFlags) takeFiles(cmd *cobra.Command, t target) {
	take := func(flag string, value *string, names ...string) {
		for _, name := range names {
			if !cmd.Flags().Changed(flag) && *value == "" {
				*value = t.beside(name)
			}
		}
	}
	take("event", &f.event, "event.json")
	take("secrets-file", &f.secretsFile, ".env")
	if f.record == "" {
		take("fakes", &f.fakes, "fakes.json", "fakes.yaml", "fakes.yml")
	}
}

// watched returns what is watched: a folder with all that is below it, and files; and what
// is not.
func (d *development) watched() (root string, files, ignored []string) {
	ignored = []string{d.flags.record}
	files = []string{d.flags.event, d.flags.fakes, d.flags.secretsFile}
	if !d.alone {
		for _, a := range d.actions {
			files = append(files, watchedModule(a.target))
		}
		return d.path, files, ignored
	}
	t := d.actions[0].target
	used := d.flags.runFlags
	used.takeFiles(d.cmd, t)
	return watchRoot(t), []string{watchedModule(t), used.event, used.fakes, used.secretsFile}, ignored
}

// watchRoot is the folder whose sources make the module, "" for a module that
// is there already.
func watchRoot(t target) string {
	if isScript(t.path) || t.action != nil {
		return t.dir
	}
	return ""
}

// watchedModule is the module or script, "" for a module that a build command
// writes.
func watchedModule(t target) string {
	if t.action != nil && t.action.Build != "" {
		return ""
	}
	return t.path
}

// sample is a file with an event to try the actions on; "" is the example of the templates.
type sample struct {
	path      string
	trigger   host.Trigger // "": each whose contract it fits
	execution string       // of a host, in place of a file
}

// samples lists the sample events.
func (d *development) samples() []sample {
	triggers := d.triggers()
	if d.flags.execution != "" {
		return []sample{{execution: d.flags.execution}}
	}
	if d.alone {
		used := d.flags.runFlags
		used.takeFiles(d.cmd, d.actions[0].target)
		return []sample{{path: used.event, trigger: triggers[0]}}
	}
	if d.flags.event != "" {
		return []sample{{path: d.flags.event}}
	}
	var list []sample
	if path := (target{dir: d.path}).beside("event.json"); path != "" {
		list = append(list, sample{path: path})
	}
	found, _ := filepath.Glob(filepath.Join(d.path, "events", "*.json"))
	for _, path := range found {
		named := func(t host.Trigger) bool { return strings.HasPrefix(filepath.Base(path), string(t)) }
		s := sample{path: path}
		if i := slices.IndexFunc(host.Triggers(), named); i >= 0 {
			s.trigger = host.Triggers()[i]
		}
		list = append(list, s)
	}
	if list != nil {
		return list
	}
	for _, trigger := range triggers {
		s := sample{trigger: trigger}
		for _, a := range d.plan(trigger) {
			if s.path == "" {
				s.path = a.target.beside("event.json")
			}
		}
		list = append(list, s)
	}
	return list
}

// triggers are those that have an action, first those before a registration.
func (d *development) triggers() (list []host.Trigger) {
	for _, decides := range []bool{true, false} {
		for _, t := range host.Triggers() {
			if t.Decides() == decides && len(d.plan(t)) > 0 {
				list = append(list, t)
			}
		}
	}
	return list
}
