package author

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/fake"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild/frames"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/proto"
	"github.com/usherhost/usher/sdk/templates"
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
--record writes such a file from the network's answers.`,
		Example: `  usher run
  usher run action.js --event event.json --fakes fakes.json
  usher run notify.wasm --event event.json \
    --secret SLACK_WEBHOOK_URL=http://127.0.0.1:9000/hook \
    --allow http://127.0.0.1:9000 --allow-network 127.0.0.0/8`,
		GroupID: command.GroupAuthor,
		Args:    command.Between(0, 1, "FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return runAction(cmd, env, pathOf(args), f) },
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.tape, "tape", "", "file of 'usher replay --export': its event, secrets and answers are used, and nothing is sent; see 'usher replay'")
	cmd.MarkFlagsMutuallyExclusive("tape", "event")
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
	Digest   string        `json:"digest"`
	Requests []fake.Sent   `json:"requests,omitempty"` // that fakes met
	Missed   []fake.Missed `json:"missed,omitempty"`   // that no fake answered
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
	b := newToolchain(env, f.ScriptFlags)
	defer b.close(ctx)
	r, err := f.open(ctx, env, b, path)
	if err != nil {
		return err
	}
	defer r.network.close()
	result, _, err := r.runner.Run(ctx, r.job.run())
	if err != nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	result = localFixes{r.job.folder}.result(result)
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
	job     *job
	network *network
	runner  *guest.Runner
}

// open makes what runs the action at path, which fits. The caller must close
// its network.
func (f runFlags) open(ctx context.Context, env *command.Env, b *toolchain, path string) (*localRun, error) {
	j, err := f.prepare(ctx, env, b, path)
	if err != nil {
		return nil, err
	}
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
		err = fmt.Errorf("inspect %s: %w", path, err)
	} else if len(inspection.Problems) > 0 {
		err = unfit(path, inspection)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return &localRun{j, w, r}, nil
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

// job is one module with all that its run needs. It stands in for the
// registry.
type job struct {
	name     string
	dir      string // where its .env is looked for
	folder   bool   // it has an action.yaml
	wasm     []byte
	digest   string
	event    host.Event
	settings host.Settings
	declared []string
	secrets  map[string]string
}

// Module returns the module, whatever the digest: there is only one.
func (j *job) Module(context.Context, string) ([]byte, error) { return j.wasm, nil }

// Secrets returns the values that the command line gave.
func (j *job) Secrets(context.Context, string) (map[string]string, error) { return j.secrets, nil }

func (j *job) run() guest.Run {
	return guest.Run{
		ExecutionID: host.NewID(host.ExecutionPrefix),
		Attempt:     1,
		Event:       &j.event,
		Step: host.Step{
			BindingID: "bnd_local", ActionID: "act_local", Action: j.name, VersionID: "ver_local",
			Number: 1, Digest: j.digest, Secrets: j.declared, Settings: j.settings,
		},
	}
}

// prepare builds what must be built, and reads all that the run needs.
func (f runFlags) prepare(ctx context.Context, env *command.Env, b *toolchain, path string) (*job, error) {
	t, err := findTarget(path)
	if err != nil {
		return nil, err
	}
	j := &job{name: t.name, dir: t.dir, folder: t.action != nil && t.action.Code == ""}
	var base host.Settings
	if t.action != nil {
		if _, err := build(ctx, env.Term, t.action, false, f.consent); err != nil {
			return nil, err
		}
		j.declared, base = t.action.Manifest().Secrets, t.action.Settings
	}
	err = withPackages(ctx, env, t.path, f.typed, &f.ScriptFlags, func() (err error) {
		b.flags = f.ScriptFlags
		j.wasm, err = b.module(ctx, t.path, t.action, "build it first, or name another file")
		return err
	})
	if err != nil {
		return nil, err
	}
	j.digest = host.Digest(j.wasm)
	own, err := f.settings(base)
	if err != nil {
		return nil, err
	}
	if err := j.readSecrets(f); err != nil {
		return nil, err
	}
	trigger, err := chosenTrigger(j.wasm, f.trigger, t.action)
	if err != nil {
		return nil, err
	}
	j.settings = own.Over(host.DefaultSettingsOf(trigger))
	j.event, err = readEvent(env.Term, trigger, f.event)
	return j, err
}

func (f runFlags) settings(base host.Settings) (host.Settings, error) {
	config, err := command.SplitPairs("set", f.config)
	if err != nil {
		return host.Settings{}, err
	}
	for _, origin := range f.allow {
		if _, err := egress.ParseOrigin(origin); err != nil {
			return host.Settings{}, term.UsageError{Err: fmt.Errorf("--allow %q: %w", origin, err), Hint: "write it as hooks.slack.com, https://*.example.com or http://127.0.0.1:8080"}
		}
	}
	limits, err := command.ParseLimits(f.limits)
	if err != nil {
		return host.Settings{}, err
	}
	e, err := f.route.Egress()
	if err != nil {
		return host.Settings{}, err
	}
	e.Allow = f.allow
	own := host.Settings{
		Limits:    limits,
		Egress:    e,
		Config:    config,
		Isolation: host.Isolation(f.isolation),
	}
	if f.public {
		own.Egress.Mode = host.EgressPublic
	}
	if err := own.Check(""); err != nil {
		return host.Settings{}, err
	}
	return own.Over(base), nil
}

// readSecrets reads the secrets' values and checks that none is missing.
func (j *job) readSecrets(f runFlags) error {
	values := map[string]string{}
	var err error
	if f.secretsFile != "" {
		if values, err = readSecretsFile(f.secretsFile); err != nil {
			return err
		}
	}
	given, err := secretFlags(f.secrets)
	maps.Copy(values, given)
	j.secrets = values
	if err != nil {
		return err
	}
	return j.checkSecrets()
}

// checkSecrets asks for the secrets that the action.yaml names.
func (j *job) checkSecrets() error {
	for _, name := range j.declared {
		if _, given := j.secrets[name]; !given {
			return term.UsageError{
				Err:  fmt.Errorf("%s needs the secret %s", j.name, name),
				Hint: "put the line " + name + "=VALUE into " + filepath.Join(j.dir, ".env") + ", or add --secret " + name + "=VALUE",
			}
		}
	}
	return nil
}

// secretFlags reads NAME=VALUE, and NAME from the environment.
func secretFlags(pairs []string) (map[string]string, error) {
	values := map[string]string{}
	for _, pair := range pairs {
		name, value, given := strings.Cut(pair, "=")
		if !given {
			var set bool
			if value, set = os.LookupEnv(name); !set {
				return nil, term.UsageError{Err: fmt.Errorf("--secret %s: the environment has no %s", name, name), Hint: "write it as --secret " + name + "=VALUE, or export " + name}
			}
		}
		values[name] = value
	}
	return values, nil
}

// eventText reads an event: without a path the templates' example.
func eventText(t term.Terminal, trigger host.Trigger, path string) ([]byte, error) {
	if path != "" {
		return command.ReadInput(t, path)
	}
	files, err := templates.Files("js", string(trigger), "example")
	if err != nil {
		return nil, err
	}
	t.Note("usher: note: it gets the example event of 'usher init'; another one: --event FILE, or - for stdin")
	return files["event.json"], nil
}

// readEvent reads and checks an event as the host would.
func readEvent(t term.Terminal, trigger host.Trigger, path string) (host.Event, error) {
	body, err := eventText(t, trigger, path)
	if err != nil {
		return host.Event{}, err
	}
	body = command.WithoutMark(body)
	registration, violations := proto.CheckEvent(string(trigger), body)
	if len(violations) > 0 {
		e := &host.Error{Code: host.Invalid, Text: path + " is not a " + string(trigger) + " event"}
		for _, v := range violations {
			e.Fields = append(e.Fields, host.Field{Pointer: v.Pointer, Detail: v.Detail})
		}
		return host.Event{}, e
	}
	if trigger.Decides() {
		body = proto.CleanEvent(body, proto.NewPasswordKeys(proto.DefaultPasswordKeys))
	}
	return host.Event{
		ID: host.NewID(host.EventPrefix), Tenant: registration.Tenant, Trigger: trigger,
		UserID: registration.UserID, Body: body,
	}, nil
}

func (r *localRun) answer(result host.Result) runAnswer {
	answer := runAnswer{Digest: r.job.digest, ResultView: term.ViewResult(result)}
	if r.network.set != nil {
		answer.Requests, answer.Missed = r.network.set.Sent(), r.network.set.Missed()
	}
	return answer
}

func printRun(t term.Terminal, r *localRun, result host.Result) error {
	answer := r.answer(result)
	if err := t.Answer(answer, func(w io.Writer) { t.Result(w, result) }); err != nil {
		return err
	}
	if !result.Succeeded {
		return term.SilentExit(term.ExitAction)
	}
	return nil
}
