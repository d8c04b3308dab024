package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/fake"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/proto"
)

// runFlags are the flags of `usher run`, which `usher dev` and `usher profile`
// share.
type runFlags struct {
	fakeFlags
	scriptFlags
	event       string
	secrets     []string
	secretsFile string
	config      []string
	allow       []string
	public      bool
	limits      []string
	isolation   string
}

func newRun(a *app) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run FILE|DIR --event FILE",
		Short: "Run one action here, without a server",
		Long: `Run one action on one event, with the same sandbox, limits and egress rules as
the host, and without a server or database. Prints what the action logged, every
call it made, its time and memory, and its result. Ends with code 7 when the
action failed.

FILE is a module (.wasm), JavaScript (.js, .mjs, .cjs) or TypeScript (.ts, .mts).
DIR is a folder with an action.yaml: it is built when its module is missing or
older than its source, its limits, config and allowed hosts apply, and its
event.json is the default event. A folder with a script called action or index
needs no action.yaml.

With --fakes a file answers the action's requests, and nothing goes out. It holds
a list of {request: {method, url, headers, body}, response: {status, headers,
body or json}, times, delay_ms, error}, where * in a text stands for anything. A
request that it does not answer fails, and the fake that would is printed.
--record makes such a file from what the network answers.`,
		Example: `  usher run action.js --event event.json --fakes fakes.json
  usher run notify.wasm --event event.json \
    --secret SLACK_WEBHOOK_URL=http://127.0.0.1:9000/hook \
    --allow http://127.0.0.1:9000 --allow-network 127.0.0.0/8`,
		GroupID: groupAuthor,
		Args:    exactly("FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runAction(cmd.Context(), args[0], f) },
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.isolation, "isolation", "", isolationUsage)
	return cmd
}

// add adds the flags of every command that runs one action here.
func (f *runFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.event, "event", "", "file with the event, '-' for stdin")
	flags.StringArrayVar(&f.secrets, "secret", nil, "NAME=VALUE that the action may read; NAME alone takes it from the environment; repeatable")
	flags.StringVar(&f.secretsFile, "secrets-file", "", "file with secrets: lines NAME=VALUE, or a JSON object")
	flags.StringArrayVar(&f.config, "set", nil, "NAME=VALUE of the action's config; repeatable")
	flags.StringArrayVar(&f.allow, "allow", nil, "origin that the action may reach, such as hooks.slack.com; repeatable")
	flags.BoolVar(&f.public, "allow-public", false, "let it reach every public address")
	flags.StringArrayVar(&f.limits, "limit", nil, limitUsage)
	addOneServeFlag(cmd, "allow-network")
	f.fakeFlags.add(cmd)
	f.scriptFlags.add(cmd)
}

// runAnswer is what `usher run --json` prints.
type runAnswer struct {
	Digest   string        `json:"digest"`
	Requests []fake.Sent   `json:"requests,omitempty"` // that fakes met
	Missed   []fake.Missed `json:"missed,omitempty"`   // that no fake answered
	resultView
}

func (a *app) runAction(ctx context.Context, path string, f runFlags) error {
	b := a.bench(f.scriptFlags)
	defer b.close(ctx)
	r, err := f.open(ctx, a, b, path)
	if err != nil {
		return err
	}
	defer r.world.close()
	result, _, err := r.runner.Run(ctx, r.job.run())
	if err != nil {
		return fmt.Errorf("run %s: %w", path, err)
	}
	result = localFixes{r.job.folder}.result(result)
	if err := r.world.tell(a.term, r.job); err != nil {
		return err
	}
	return a.printRun(r, result)
}

// rehearsal is one action, ready to run here.
type rehearsal struct {
	job    *job
	world  *world
	runner *guest.Runner
}

// open makes what runs the action at path, which fits. The caller must close
// its world.
func (f runFlags) open(ctx context.Context, a *app, b *bench, path string) (*rehearsal, error) {
	j, err := f.prepare(ctx, a, b, path)
	if err != nil {
		return nil, err
	}
	box, err := b.sandbox(ctx)
	if err != nil {
		return nil, err
	}
	w, err := f.fakeFlags.open(a, j)
	if err != nil {
		return nil, err
	}
	r := &guest.Runner{
		Sandbox: box, Modules: j, Secrets: j, Egress: w.egress(),
		Stacks: &sourcemap.Modules{Module: j.Module},
	}
	inspection, err := r.Inspect(ctx, j.wasm)
	if err != nil {
		err = fmt.Errorf("inspect %s: %w", path, err)
	} else if len(inspection.Problems) > 0 {
		err = misfit(path, inspection)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return &rehearsal{j, w, r}, nil
}

// misfit is the error of a module that can't be an action.
func misfit(module string, inspection host.Inspection) error {
	e := &host.Error{Code: host.Refused, Text: module + " does not fit"}
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
	folder   bool // it has an action.yaml
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
func (f runFlags) prepare(ctx context.Context, a *app, b *bench, path string) (*job, error) {
	t, err := findTarget(path)
	if err != nil {
		return nil, err
	}
	j := &job{name: t.name, folder: t.action != nil}
	var base host.Settings
	if t.action != nil {
		if _, err := a.build(ctx, t.action, false, f.consent); err != nil {
			return nil, err
		}
		j.declared, base = t.action.Secrets, t.action.manifest().Settings
	}
	if j.wasm, err = b.module(ctx, t.path, "build it first, or name another file"); err != nil {
		return nil, err
	}
	j.digest = host.Digest(j.wasm)
	if j.settings, err = f.settings(base); err != nil {
		return nil, err
	}
	if err := j.readSecrets(f); err != nil {
		return nil, err
	}
	if f.event == "" && (isFolder(path) || isScript(t.path)) {
		f.event = t.beside("event.json")
	}
	j.event, err = readEvent(a.term, f.event)
	return j, err
}

func (f runFlags) settings(base host.Settings) (host.Settings, error) {
	config, err := splitPairs("set", f.config)
	if err != nil {
		return host.Settings{}, err
	}
	for _, origin := range f.allow {
		if _, err := egress.ParseOrigin(origin); err != nil {
			return host.Settings{}, usageError{err: fmt.Errorf("--allow %q: %w", origin, err), hint: "write it as hooks.slack.com, https://*.example.com or http://127.0.0.1:8080"}
		}
	}
	limits, err := parseLimits(f.limits)
	if err != nil {
		return host.Settings{}, err
	}
	own := host.Settings{
		Limits:    limits,
		Egress:    host.Egress{Allow: f.allow},
		Config:    config,
		Isolation: host.Isolation(f.isolation),
	}
	if f.public {
		own.Egress.Mode = host.EgressPublic
	}
	if err := own.Check(""); err != nil {
		return host.Settings{}, err
	}
	return own.Over(base).Over(host.DefaultSettings()), nil
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
			return usageError{
				err:  fmt.Errorf("%s needs the secret %s", j.name, name),
				hint: "add --secret " + name + "=VALUE, or export " + name + " and add --secret " + name,
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
				return nil, usageError{err: fmt.Errorf("--secret %s: the environment has no %s", name, name), hint: "write it as --secret " + name + "=VALUE, or export " + name}
			}
		}
		values[name] = value
	}
	return values, nil
}

// readEvent reads and checks an event as the host's door would.
func readEvent(t term, path string) (host.Event, error) {
	if path == "" {
		return host.Event{}, usageError{err: errors.New("--event is missing"), hint: "give a file with an event, or - for stdin"}
	}
	body, err := readInput(t, path)
	if err != nil {
		return host.Event{}, err
	}
	body = withoutMark(body)
	registration, violations := proto.CheckEvent(string(host.PostUserRegistration), body)
	if len(violations) > 0 {
		e := &host.Error{Code: host.Invalid, Text: path + " is no " + string(host.PostUserRegistration) + " event"}
		for _, v := range violations {
			e.Fields = append(e.Fields, host.Field{Pointer: v.Pointer, Detail: v.Detail})
		}
		return host.Event{}, e
	}
	return host.Event{
		ID: host.NewID(host.EventPrefix), Tenant: registration.Tenant, Trigger: host.PostUserRegistration,
		UserID: registration.UserID, Body: body,
	}, nil
}

// withoutMark takes off the byte order mark that some editors begin a file with.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) }

// readInput reads a file, or stdin when path is "-".
func readInput(t term, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(t.in)
	}
	return readFile(path)
}

func (r *rehearsal) answer(result host.Result) runAnswer {
	answer := runAnswer{Digest: r.job.digest, resultView: viewResult(result)}
	if r.world.set != nil {
		answer.Requests, answer.Missed = r.world.set.Sent(), r.world.set.Missed()
	}
	return answer
}

func (a *app) printRun(r *rehearsal, result host.Result) error {
	answer := r.answer(result)
	if err := a.term.answer(answer, func(w io.Writer) { a.term.result(w, result) }); err != nil {
		return err
	}
	if !result.Succeeded {
		return silentExit(exitAction)
	}
	return nil
}
