package author

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
)

func newDev(env *command.Env) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "dev [FILE|DIR]",
		Short: "Run one action here, again after each save",
		Long: `Build and run one action on one event as 'usher run' does, now and again
after each change of one of its files: the script, the files beside it and below
(not node_modules), its action.yaml, the event, the fakes and the secrets file. It
continues after errors, until Ctrl-C.

Unless flags name other files, it uses event.json, fakes.json (or .yaml) and .env in
the script's folder, where they exist. --fakes= (empty) lets requests go to the
network even if there is a fakes.json.`,
		Example: `  usher dev action.js
  usher dev plugins/notify-slack --event other-event.json`,
		GroupID: command.GroupAuthor,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return dev(env, cmd, pathOf(args), f)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.isolation, "isolation", "", command.IsolationUsage)
	return cmd
}

// dev runs the action until the command is interrupted, which is not a failure.
func dev(env *command.Env, cmd *cobra.Command, path string, f runFlags) error {
	ctx := cmd.Context()
	t, err := findTarget(path)
	if err != nil {
		return err
	}
	if !exists(t.path) && (t.action == nil || t.action.Build == "") {
		return &host.Error{Code: host.NotFound, Text: "no file at " + t.path, Hint: "create an action: usher init NAME"}
	}
	used := f
	used.takeFiles(cmd, t)
	if used.event == "" || used.event == "-" {
		return term.UsageError{Err: errors.New("the event must be a file that can be read again"), Hint: "give one with --event FILE, or put an event.json beside the action"}
	}
	if t.action != nil && t.action.Build != "" {
		if err := mayBuild(env.Term, t.action, f.consent); err != nil {
			return err
		}
	}
	f.consent = buildConsent{unattended: !f.consent.yes, yes: f.consent.yes}
	w, err := newWatch(watchRoot(t), []string{watchedModule(t), used.event, used.fakes, used.secretsFile}, []string{f.record})
	if err != nil {
		return err
	}
	defer w.close()
	d := &development{app: env, cmd: cmd, path: path, target: t, flags: f, tools: newToolchain(env, f.ScriptFlags)}
	defer d.tools.close(ctx)
	d.greet(used)
	return d.loop(ctx, w)
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

// development is one action under development.
type development struct {
	app    *command.Env
	cmd    *cobra.Command
	path   string
	target target
	flags  runFlags
	tools  *toolchain
	runs   int
}

// devAnswer is one line of `usher dev --json`.
type devAnswer struct {
	Run         int      `json:"run"`               // from 1
	Changed     []string `json:"changed,omitempty"` // files, since the run before
	BuildMicros int64    `json:"build_us"`          // until the action could run
	runAnswer
}

// greet prints what is watched and used.
func (d *development) greet(used runFlags) {
	watched := d.target.path
	if root := watchRoot(d.target); root != "" {
		watched = filepath.Clean(root) + string(filepath.Separator)
	}
	for _, file := range []string{used.event, used.fakes, used.secretsFile} {
		if file != "" {
			watched += ", " + file
		}
	}
	d.app.Term.Note("usher: watching %s; Ctrl-C ends", watched)
}

// loop runs the action, and again with each change. A change ends a run that
// is still going on.
func (d *development) loop(ctx context.Context, w *watch) error {
	var changed []string
	for {
		running, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.run(running, changed)
		}()
		next, err := w.next(ctx)
		stop()
		<-done
		switch {
		case errors.Is(err, context.Canceled):
			return nil // interrupted, as people end it
		case err != nil:
			return err
		}
		changed = next
	}
}

// run runs the action once and prints the result.
func (d *development) run(ctx context.Context, changed []string) {
	d.runs++
	t := d.app.Term
	if !t.JSON {
		t.Note("%s", t.Bold(fmt.Sprintf("── %s  run %d%s", time.Now().Format("15:04:05"), d.runs, prefixed(": changed ", strings.Join(changed, ", ")))))
	}
	began := time.Now()
	err := d.try(ctx, func() devAnswer {
		return devAnswer{Run: d.runs, Changed: changed, BuildMicros: time.Since(began).Microseconds()}
	})
	if err != nil && ctx.Err() == nil {
		t.Fail(d.cmd, err)
	}
}

// try builds and runs the action. Built is called between the two.
func (d *development) try(ctx context.Context, built func() devAnswer) error {
	f := d.flags
	f.takeFiles(d.cmd, d.target) // some may be new
	r, err := f.open(ctx, d.app, d.tools, d.path)
	if err != nil {
		return err
	}
	defer r.network.close()
	answer := built()
	result, _, err := r.runner.Run(ctx, r.job.run())
	if err != nil {
		return fmt.Errorf("run %s: %w", d.path, err)
	}
	result = localFixes{r.job.folder}.result(result)
	if err := r.network.report(d.app.Term, r.job); err != nil {
		return err
	}
	answer.runAnswer = r.answer(result)
	if d.app.Term.JSON {
		return d.app.Term.PrintLine(answer)
	}
	return d.app.Term.Answer(answer, func(w io.Writer) {
		d.app.Term.Result(w, result)
		term.Fprintln(w, d.app.Term.Dim("built in "+term.Micros(answer.BuildMicros)))
	})
}
