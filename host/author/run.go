package author

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/fake"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild/frames"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/settings"
)

// runFlags are the flags of `usher run`, which `usher dev` and `usher profile`
// share.
type runFlags struct {
	fakeFlags
	ScriptFlags
	event       string
	trigger     string
	secrets     []string
	secretsFile string
	config      []string
	allow       []string
	route       command.RouteFlags
	public      bool
	limits      []string
	isolation   string
	tape        string
	typed       string // the command, which offers packages that are not installed; "" for one that does not

	execution string            // of a host, whose event is run on
	recorded  *recorded         // that, once it is read
	shared    map[string]string // secrets of all actions of a folder: one gets those that it names
	bound     host.Settings     // of its binding, over its own
}

func newRun(env *command.Env) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [FILE|DIR]",
		Short: "Run one action locally, without a server",
		Long: `Run one action on one event, with the same sandbox, limits and egress rules as
the host, and without a server or database. Prints what the action logged, every
call it made, its time and memory, and its result. Exits with code 7 when the
action failed.

FILE is a module (.wasm), JavaScript (.js, .mjs, .cjs) or TypeScript (.ts, .mts).
DIR (. by default) is a folder with an action.yaml: it is built when its module is
missing or older than its source, and its limits, config and allowed hosts apply. A
folder with a script named action or index needs no action.yaml.

Unless flags name other files, it uses event.json, fakes.json (or .yaml) and .env
beside the action, where they exist, as 'usher dev' does. --fakes= (empty) lets
requests go to the network even if there is a fakes.json, --secrets-file= leaves out
.env. Without an event, it gets that of 'usher init'.

With --fakes a file answers the action's requests, and no request is sent. It has
a list of {request: {method, url, headers, body}, response: {status, headers,
body or json}, times, delay_ms, error}, where * in a string matches anything. A
request that no fake matches fails, and a fake that would match is printed.
--record writes such a file from the network's answers.

With --execution the event of a recorded execution is taken from a host, and the answers
from its tape, if an attempt of the action of this name has one: see what your changed
code does with a production event. Nothing is sent: a request that is not on the tape is
reported as new, and answered by a fake, or with 200 and {}. Secrets don't leave the
host; their values are those of .env, or else placeholders.`,
		Example: `  usher run
  usher run action.js --event event.json --fakes fakes.json
  usher run . --execution exe_01JD8
  usher run notify.wasm --event event.json \
    --secret SLACK_WEBHOOK_URL=http://127.0.0.1:9000/hook \
    --allow http://127.0.0.1:9000 --allow-network 127.0.0.0/8`,
		GroupID: command.GroupAuthor,
		Args:    command.Between(0, 1, "FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return runAction(cmd, env, pathOf(args), f) },
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.tape, "tape", "", "file of 'usher replay --export': its event, secrets and answers are used, and nothing is sent; see 'usher replay'")
	f.addExecution(cmd)
	cmd.MarkFlagsMutuallyExclusive("tape", "event", "execution")
	cmd.MarkFlagsMutuallyExclusive("tape", "fakes")
	cmd.MarkFlagsMutuallyExclusive("tape", "record")
	cmd.Flags().StringVar(&f.isolation, "isolation", "", command.IsolationUsage)
	return cmd
}

// add adds the flags of every command that runs one action here.
func (f *runFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.event, "event", "", "file with the event, '-' for stdin")
	flags.StringVar(&f.trigger, "trigger", "", triggerUsage)
	flags.StringArrayVar(&f.secrets, "secret", nil, "NAME=VALUE that the action may read; NAME alone takes it from the environment; repeatable")
	flags.StringVar(&f.secretsFile, "secrets-file", "", "file with secrets: a .env file (NAME=VALUE lines), or a JSON object")
	flags.StringArrayVar(&f.config, "set", nil, "NAME=VALUE of the action's config; repeatable")
	flags.StringArrayVar(&f.allow, "allow", nil, "origin that the action may call, such as hooks.slack.com; repeatable")
	flags.BoolVar(&f.public, "allow-public", false, "allow every public address")
	flags.StringArrayVar(&f.limits, "limit", nil, command.LimitUsage)
	f.route.Add(flags)
	settings.AddFlag(cmd.Flags(), "allow-network")
	settings.AddFlag(cmd.Flags(), "allow-proxy")
	f.fakeFlags.add(cmd)
	f.ScriptFlags.Add(cmd)
}

// runAnswer is what `usher run --json` prints.
type runAnswer struct {
	Digest   string         `json:"digest"`
	Requests []fake.Sent    `json:"requests,omitempty"` // that fakes met
	Taped    []tapedRequest `json:"taped,omitempty"`    // with --execution: where the answers came from
	Missed   []fake.Missed  `json:"missed,omitempty"`   // that no fake answered
	term.ResultView
}

// pathOf returns the path of a command that takes one at most: the folder it is run in,
// without one.
func pathOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func runAction(cmd *cobra.Command, env *command.Env, path string, f runFlags) error {
	ctx := cmd.Context()
	f.typed = "usher run"
	if f.tape != "" {
		return (&replayFlags{ScriptFlags: f.ScriptFlags, module: path}).replayFile(ctx, env, f.tape, nil)
	}
	if err := f.takeBeside(cmd, env.Term, path); err != nil {
		return err
	}
	if err := f.fetch(ctx, env, path); err != nil {
		return err
	}
	b := newToolchain(env, f.ScriptFlags)
	defer b.close(ctx)
	r, err := f.open(ctx, env, b, path)
	if err != nil {
		return err
	}
	defer r.network.close()
	result, err := r.attempt(ctx, r.job.run())
	if err != nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	result = r.job.fixes().result(result)
	if err := r.network.report(env.Term, r.job); err != nil {
		return err
	}
	return printRun(env.Term, r, result)
}

// takeBeside uses the files beside the action at path, and says that fakes do.
func (f *runFlags) takeBeside(cmd *cobra.Command, t term.Terminal, path string) error {
	of, err := findTarget(path)
	if err != nil {
		return err
	}
	given := f.fakes
	f.takeFiles(cmd, of)
	if f.fakes != given && !t.JSON {
		t.Note("usher: %s answers its requests: nothing is sent; --fakes= sends them", f.fakes)
	}
	return nil
}

// localRun is one action that is ready to run without a server.
type localRun struct {
	job      *job
	network  *network
	runner   *guest.Runner
	recorded *recorded // nil: it runs on an event from here
	taped    *taped    // after a run from a tape
}

// open makes what runs the action at path, which fits. The caller must close
// its network.
func (f runFlags) open(ctx context.Context, env *command.Env, b *toolchain, path string) (*localRun, error) {
	j, err := f.prepare(ctx, env, b, path)
	if err != nil {
		return nil, err
	}
	return f.start(ctx, env, b, j)
}

// start makes what runs an action that was loaded. The caller must close its network.
func (f runFlags) start(ctx context.Context, env *command.Env, b *toolchain, j *job) (*localRun, error) {
	box, err := b.sandbox(ctx)
	if err != nil {
		return nil, err
	}
	w, err := f.fakeFlags.open(env, j)
	if err != nil {
		return nil, err
	}
	r := &guest.Runner{
		Sandbox: box, Modules: j, Secrets: j, Egress: w.egress(),
		SourceMaps: &sourcemap.Modules{Module: j.Module}, Frames: frames.Reader{},
	}
	inspection, err := r.Inspect(ctx, j.wasm)
	if err != nil {
		err = fmt.Errorf("inspect %s: %w", j.path, err)
	} else if len(inspection.Problems) > 0 {
		err = unfit(j.path, inspection)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return &localRun{job: j, network: w, runner: r, recorded: f.recorded}, nil
}

// unfit is the error of a module that can't be an action.
func unfit(module string, inspection host.Inspection) error {
	name := strings.ReplaceAll(module, "\n", " ") // a file's name forges no line
	e := &host.Error{Code: host.Refused, Text: name + " can't be an action"}
	for _, p := range inspection.Problems {
		e.Text += "\nusher:   " + p.Detail
		if e.Hint == "" && e.Fix == nil {
			e.Hint, e.Fix = p.Hint, p.Fix
		}
	}
	return e
}

func (r *localRun) answer(result host.Result) runAnswer {
	answer := runAnswer{Digest: r.job.digest, ResultView: term.ViewResult(result)}
	if r.taped != nil {
		answer.Taped = r.taped.requests
	}
	if r.network.set != nil {
		answer.Requests, answer.Missed = r.network.set.Sent(), r.network.set.Missed()
	}
	return answer
}

func printRun(t term.Terminal, r *localRun, result host.Result) error {
	answer := r.answer(result)
	if err := t.Answer(answer, func(w io.Writer) {
		t.Result(w, result)
		r.taped.report(t, w)
	}); err != nil {
		return err
	}
	if !result.Succeeded {
		return term.SilentExit(term.ExitAction)
	}
	return nil
}
