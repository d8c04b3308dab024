package desired_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/desired"
)

// fake is a host in memory, which records its requests.
type fake struct {
	actions  []host.Action
	drafts   map[string]host.Draft
	versions map[string][]host.Version // newest first
	modules  map[string][]byte
	order    []host.Binding
	asked    []string
	broken   bool // no source can be built
	slow     int  // so many deploys are refused, since the source is not built yet
}

func newFake() *fake {
	return &fake{drafts: map[string]host.Draft{}, versions: map[string][]host.Version{}, modules: map[string][]byte{}}
}

func (f *fake) ask(format string, args ...any) {
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
}

func (f *fake) find(id string) *host.Action {
	for i := range f.actions {
		if f.actions[i].ID == id || f.actions[i].Name == id {
			return &f.actions[i]
		}
	}
	panic("no action " + id)
}

func notThere() error { return &host.Error{Code: host.NotFound, Text: "not there"} }

func (f *fake) Actions(context.Context, host.Trigger) ([]host.Action, error) {
	return slices.Clone(f.actions), nil
}

func (f *fake) Draft(_ context.Context, id string) (host.Draft, error) {
	if d, ok := f.drafts[id]; ok {
		return d, nil
	}
	return host.Draft{}, notThere()
}

func (f *fake) Versions(_ context.Context, id string) ([]host.Version, error) {
	return f.versions[id], nil
}

func (f *fake) Version(_ context.Context, id, number string) (host.Version, error) {
	for _, v := range f.versions[id] {
		if fmt.Sprint(v.Number) == number {
			return v, nil
		}
	}
	return host.Version{}, notThere()
}

func (f *fake) Module(ctx context.Context, id, number string) ([]byte, error) {
	v, err := f.Version(ctx, id, number)
	return f.modules[v.Digest], err
}

func (f *fake) Bindings(context.Context, host.Trigger) ([]host.Binding, error) { return f.order, nil }

func (f *fake) CreateAction(_ context.Context, name string, trigger host.Trigger, secrets ...host.SecretWrite) (host.Action, error) {
	f.ask("create %s with %d secrets", name, len(secrets))
	f.actions = append(f.actions, host.Action{ID: "id of " + name, Name: name, Trigger: trigger})
	a := f.find(name)
	for _, s := range secrets {
		a.Secrets = append(a.Secrets, host.Secret{Name: s.Name})
	}
	return *a, nil
}

func (f *fake) DeleteAction(_ context.Context, id string, _ bool) (int, error) {
	f.ask("delete %s", f.find(id).Name)
	f.order = slices.DeleteFunc(f.order, func(b host.Binding) bool { return b.ActionID == id })
	f.actions = slices.DeleteFunc(f.actions, func(a host.Action) bool { return a.ID == id })
	return 0, nil
}

func (f *fake) PatchSecrets(_ context.Context, id string, put []host.SecretWrite, remove []string) ([]host.Secret, error) {
	a := f.find(id)
	a.Secrets = slices.DeleteFunc(a.Secrets, func(s host.Secret) bool { return slices.Contains(remove, s.Name) })
	for _, w := range put {
		f.ask("set %s of %s to %s", w.Name, a.Name, *w.Value)
		if !slices.ContainsFunc(a.Secrets, func(s host.Secret) bool { return s.Name == w.Name }) {
			a.Secrets = append(a.Secrets, host.Secret{Name: w.Name})
		}
	}
	return a.Secrets, nil
}

func (f *fake) PutDraft(_ context.Context, id string, source host.Source, deploy bool) (host.Draft, error) {
	a := f.find(id)
	f.ask("source of %s, deploy %v", a.Name, deploy)
	d := host.Draft{ActionID: id, Source: source, Status: host.BuildBuilt}
	if f.broken {
		d.Status, d.Errors = host.BuildFailed, []host.BuildMessage{{File: "action.js", Line: 3, Column: 5, Text: "it is broken"}}
	}
	if f.slow > 0 && deploy {
		f.slow--
		d.Status = host.BuildBuilding
		f.drafts[id] = d
		return host.Draft{}, &host.Error{Code: host.Conflict, Text: "not built"}
	}
	f.drafts[id] = d
	if deploy && !f.broken {
		f.add(a, host.Version{Source: &source}, true)
	}
	return d, nil
}

func (f *fake) CreateVersion(_ context.Context, id string, wasm []byte, m host.Manifest, deploy bool) (host.Version, error) {
	a := f.find(id)
	f.ask("module of %s, deploy %v", a.Name, deploy)
	f.modules[host.Digest(wasm)] = wasm
	return f.add(a, host.Version{Digest: host.Digest(wasm), Manifest: m}, deploy), nil
}

func (f *fake) Deploy(_ context.Context, id, number string) (host.Version, error) {
	f.ask("deploy %s of %s", number, f.find(id).Name)
	v, err := f.Version(context.Background(), id, number)
	f.find(id).Deployed = &v
	return v, err
}

func (f *fake) add(a *host.Action, v host.Version, deploy bool) host.Version {
	v.Number = len(f.versions[a.ID]) + 1
	f.versions[a.ID] = slices.Insert(f.versions[a.ID], 0, v)
	if deploy {
		listed := v
		listed.Source = nil // lists leave it out
		a.Deployed = &listed
	}
	return v
}

func (f *fake) ReplaceBindings(_ context.Context, trigger host.Trigger, list []host.BindingWrite) ([]host.Binding, error) {
	var names []string
	f.order = nil
	for _, w := range list {
		a := f.find(w.Action)
		names = append(names, a.Name)
		f.order = append(f.order, host.Binding{Trigger: trigger, ActionID: a.ID, Action: a.Name, DisplayName: *w.DisplayName, Settings: *w.Settings})
	}
	f.ask("bind %s", strings.Join(names, " "))
	return f.order, nil
}

// apply plans, carries out, and returns what the host was asked and the plan.
func (f *fake) apply(t *testing.T, s desired.Setup, o desired.Options) (string, desired.Plan) {
	t.Helper()
	plan, err := desired.NewPlan(t.Context(), f, s, o)
	if err != nil {
		t.Fatal(err)
	}
	f.asked = nil
	for _, step := range plan.Steps {
		if err := step.Do(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(f.asked, "; "), plan
}

func code(name, text string) desired.Action {
	return desired.Action{Name: name, Trigger: host.PostUserRegistration, Source: &host.Source{Runtime: host.RuntimeNode, Code: text}}
}

func module(name, bytes string) desired.Action {
	return desired.Action{Name: name, Trigger: host.PostUserRegistration, Module: []byte(bytes), Digest: host.Digest([]byte(bytes))}
}

func order(names ...string) map[host.Trigger][]desired.Binding {
	list := make([]desired.Binding, len(names))
	for i, name := range names {
		list[i] = desired.Binding{Action: name}
	}
	return map[host.Trigger][]desired.Binding{host.PostUserRegistration: list}
}

func options(values map[string]string) desired.Options {
	return desired.Options{Values: desired.Values{Lookup: func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}}}
}

func env(name string) map[string]desired.Reference {
	return map[string]desired.Reference{"KEY": {Kind: "env", Name: name}}
}

func TestASecondApplyChangesNothing(t *testing.T) {
	t.Parallel()
	secret := code("with-secret", "x")
	secret.Secrets = env("VALUE")
	idle := code("idle", "y")
	idle.Undeployed = true
	stored := module("stored", "m")
	stored.Undeployed = true
	s := desired.Setup{
		Actions: []desired.Action{
			code("source", "a"), module("module", "b"), secret, idle, stored,
			{Name: "empty", Trigger: host.PostUserRegistration, Undeployed: true},
		},
		Bindings: order("module", "with-secret", "source"),
	}
	f, o := newFake(), options(map[string]string{"VALUE": "v"})
	asked, plan := f.apply(t, s, o)
	if !strings.Contains(asked, "bind module with-secret source") || len(plan.Steps) != 7 {
		t.Errorf("asked for %s", asked)
	}
	for _, prune := range []bool{false, true} {
		o.Prune = prune
		if asked, plan := f.apply(t, s, o); asked != "" || len(plan.Steps)+len(plan.Notes) > 0 {
			t.Errorf("the second time it asks for %s (%+v)", asked, plan)
		}
	}
}

func TestTheSetupOfAHostNeedsNoChange(t *testing.T) {
	t.Parallel()
	f := newFake()
	secret := code("source", "a\n")
	secret.Secrets = env("VALUE")
	f.apply(t, desired.Setup{Actions: []desired.Action{secret, module("module", "b")}, Bindings: order("module", "source")},
		options(map[string]string{"VALUE": "v"}))
	s, notes, err := desired.ReadHost(t.Context(), f)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	dir := t.TempDir()
	if _, err := desired.WriteFolder(dir, s); err != nil {
		t.Fatal(err)
	}
	if s, err = desired.ReadFolder(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	o := options(nil)
	o.Prune = true
	if asked, plan := f.apply(t, s, o); asked != "" || len(plan.Notes) > 0 {
		t.Errorf("asks for %s, %v", asked, plan.Notes)
	}
}

func TestAPlanChangesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		after         []desired.Action
		order         map[host.Trigger][]desired.Binding
		prune, renew  bool
		want, inNotes string
	}{
		{name: "code", after: []desired.Action{code("s", "new")}, want: "source of s, deploy true"},
		{name: "module", after: []desired.Action{module("m", "new")}, want: "module of m, deploy true"},
		{name: "code for a module", after: []desired.Action{code("m", "new")}, want: "source of m, deploy true"},
		{name: "a new secret", after: []desired.Action{with(code("s", "old"), "A", "B")}, want: "set B of s to b; source of s, deploy true"},
		{name: "all secrets again", after: []desired.Action{with(code("s", "old"), "A")}, renew: true, want: "set A of s to a"},
		{name: "a secret that goes", after: []desired.Action{code("s", "old")}, inNotes: "s: secrets that the files don't have are left: A"},
		{name: "order", order: order("m", "s"), want: "bind m s"},
		{name: "one of the order", order: order("m"), inNotes: "bindings that the files don't have are left: s"},
		{name: "one of the order, pruned", after: []desired.Action{with(code("s", "old"), "A"), module("m", "old")}, order: order("m"), prune: true, want: "bind m"},
		{name: "no order, pruned", after: []desired.Action{with(code("s", "old"), "A"), module("m", "old")}, prune: true},
		{name: "an action that goes", after: []desired.Action{module("m", "old")}, prune: true, want: "delete s"},
		{name: "an action that is left", after: []desired.Action{module("m", "old")}, inNotes: "actions that the files don't have are left: s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, o := newFake(), options(map[string]string{"A": "a", "B": "b"})
			f.apply(t, desired.Setup{Actions: []desired.Action{with(code("s", "old"), "A"), module("m", "old")}, Bindings: order("s", "m")}, o)
			o.Prune, o.Secrets = tt.prune, tt.renew
			asked, plan := f.apply(t, desired.Setup{Actions: tt.after, Bindings: tt.order}, o)
			if asked != tt.want {
				t.Errorf("asks for %q", asked)
			}
			if !strings.Contains(strings.Join(plan.Notes, "\n"), tt.inNotes) {
				t.Errorf("notes are %q", plan.Notes)
			}
		})
	}
}

// with returns an action with secrets that variables of their names hold.
func with(a desired.Action, secrets ...string) desired.Action {
	a.Secrets = map[string]desired.Reference{}
	for _, name := range secrets {
		a.Secrets[name] = desired.Reference{Kind: "env", Name: name}
	}
	return a
}

func TestAPlanRefusesContradictions(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.actions = []host.Action{{ID: "act_1", Name: "taken", Trigger: "post-login"}}
	s := desired.Setup{
		Actions:  []desired.Action{with(code("a", "x"), "GONE"), with(code("b", "x"), "LOST"), code("taken", "x")},
		Bindings: order("unknown"),
	}
	_, err := desired.NewPlan(t.Context(), f, s, options(nil))
	for _, want := range []string{
		"action a: secret GONE: the environment has no GONE", "action b: secret LOST",
		"taken is an action for post-login", "binds the action unknown",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v; it lacks %q", err, want)
		}
	}
	if len(f.asked) > 0 {
		t.Errorf("the host was asked for %v", f.asked)
	}
}

func TestAnActionWaitsForTheValuesOfItsSecrets(t *testing.T) {
	t.Parallel()
	f := newFake()
	waits := code("two words", "x")
	waits.Secrets = map[string]desired.Reference{"KEY": {}}
	s := desired.Setup{Actions: []desired.Action{waits}, Bindings: order("two words")}
	asked, plan := f.apply(t, s, options(nil))
	if asked != "create two words with 0 secrets; source of two words, deploy false" || len(plan.Notes) != 2 {
		t.Errorf("asks for %s, notes %q", asked, plan.Notes)
	}
	if asked, _ := f.apply(t, s, options(nil)); asked != "" {
		t.Errorf("the second time it asks for %s", asked)
	}
	f.find("two words").Secrets = []host.Secret{{Name: "KEY"}}
	if asked, _ := f.apply(t, s, options(nil)); asked != "source of two words, deploy true; bind two words" {
		t.Errorf("with a value it asks for %s", asked)
	}
	if asked, _ := f.apply(t, s, options(nil)); asked != "" {
		t.Errorf("the last time it asks for %s", asked)
	}
}

func TestABuildErrorHasItsPlace(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.broken = true
	plan, err := desired.NewPlan(t.Context(), f, desired.Setup{Actions: []desired.Action{code("a", "x")}}, options(nil))
	if err != nil || len(plan.Steps) != 1 {
		t.Fatal(plan, err)
	}
	err = plan.Steps[0].Do(t.Context(), f)
	if host.CodeOf(err) != host.Refused || !strings.Contains(err.Error(), "action.js:3:5: it is broken") {
		t.Errorf("error is %v", err)
	}
}

func TestADeployIsRequestedUntilTheSourceIsBuilt(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.slow = 2
	asked, _ := f.apply(t, desired.Setup{Actions: []desired.Action{code("a", "x")}}, options(nil))
	if strings.Count(asked, "source of a, deploy true") != 3 || f.find("a").Deployed == nil {
		t.Errorf("asks for %s", asked)
	}
}

func TestAModuleThatIsStoredIsNotUploadedAgain(t *testing.T) {
	t.Parallel()
	f := newFake()
	m := module("m", "x")
	m.Undeployed = true
	f.apply(t, desired.Setup{Actions: []desired.Action{m}}, options(nil))
	m.Undeployed = false
	if asked, _ := f.apply(t, desired.Setup{Actions: []desired.Action{m}}, options(nil)); asked != "deploy 1 of m" {
		t.Errorf("asks for %s", asked)
	}
}
