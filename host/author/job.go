package author

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/cli/term"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/proto"
	"github.com/usherhost/usher/sdk/templates"
)

// job is one module with all that its run needs. It stands in for the
// registry.
type job struct {
	name     string
	path     string // as the command line names it
	dir      string // where its .env is looked for
	folder   bool   // it has an action.yaml
	wasm     []byte
	digest   string
	trigger  host.Trigger
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
	j, err := f.load(ctx, env, b, t, path)
	if err != nil {
		return nil, err
	}
	if f.recorded != nil {
		j.event = f.recorded.event
		return j, f.recorded.check(j)
	}
	j.event, err = readEvent(env.Term, j.trigger, f.event)
	return j, err
}

// load builds what must be built, and reads all that a run needs but its event.
func (f runFlags) load(ctx context.Context, env *command.Env, b *toolchain, t target, path string) (*job, error) {
	j := &job{name: t.name, path: path, dir: t.dir, folder: t.action != nil && t.action.Code == ""}
	var base host.Settings
	if t.action != nil {
		if _, err := build(ctx, env.Term, t.action, false, f.consent); err != nil {
			return nil, err
		}
		j.declared, base = t.action.Manifest().Secrets, t.action.Settings
	}
	err := withPackages(ctx, env, t.path, f.typed, &f.ScriptFlags, func() (err error) {
		b.flags = f.ScriptFlags
		j.wasm, err = b.module(ctx, t.path, t.action, "build it first, or name another file")
		return err
	})
	if err != nil {
		return nil, err
	}
	j.digest = host.Digest(j.wasm)
	own, err := f.settings(f.bound.Over(base))
	if err != nil {
		return nil, err
	}
	if err := j.readSecrets(f, t); err != nil {
		return nil, err
	}
	if j.trigger, err = chosenTrigger(j.wasm, f.trigger, t.action); err != nil {
		return nil, err
	}
	j.settings = own.Over(host.DefaultSettingsOf(j.trigger))
	return j, nil
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
func (j *job) readSecrets(f runFlags, t target) error {
	values := f.sharedWith(t)
	var err error
	if f.secretsFile != "" {
		own, err := readSecretsFile(f.secretsFile)
		if err != nil {
			return err
		}
		maps.Copy(values, own)
	}
	given, err := secretFlags(f.secrets)
	maps.Copy(values, given)
	j.secrets = values
	if err != nil {
		return err
	}
	return j.checkSecrets()
}

// sharedWith returns the shared secrets that an action declares, or that its code names.
func (f runFlags) sharedWith(t target) map[string]string {
	values := map[string]string{}
	if len(f.shared) == 0 {
		return values
	}
	var names []string
	if t.action != nil {
		names = t.action.Manifest().Secrets
	}
	if isScript(t.path) {
		names = append(slices.Clip(names), scanScript(t.path).Secrets...)
	}
	for _, name := range names {
		if value, given := f.shared[name]; given {
			values[name] = value
		}
	}
	return values
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
