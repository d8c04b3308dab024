package desired

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// Verb is what a step does.
type Verb string

// The verbs.
const (
	Create Verb = "create"
	Change Verb = "change"
	Delete Verb = "delete"
)

// Step is one change of the host.
type Step struct {
	Verb   Verb   `json:"verb"`
	Object string `json:"object"` // "action NAME" or "bindings TRIGGER"
	Diff   string `json:"diff"`   // unified, from the host's to the new

	do func(ctx context.Context, w Writer) error
}

// Plan is the changes that make a host like a setup.
type Plan struct {
	Steps []Step    `json:"steps"`
	Reads []Reading `json:"reads"` // what was read from outside of the files, and is sent to the host
	Notes []string  `json:"notes"` // differences that are left alone
}

// Reading is the value of a secret that a reference leads to.
type Reading struct {
	Kind   string `json:"kind"` // "env" or "file"
	Name   string `json:"name"` // of the variable, or the path
	Action string `json:"action"`
	Secret string `json:"secret"`
}

// Options are the choices for a plan.
type Options struct {
	Prune   bool     // delete what the setup does not have
	Secrets bool     // set every secret again, not only those that the host has no value of
	Values  Values   // of the secrets
	Notes   []string // to begin the plan's with
}

// planner makes a plan.
type planner struct {
	Options
	plan     Plan
	problems []error
	runs     map[string]bool // actions of which something is deployed, after the plan
}

// NewPlan compares a host with a setup. All errors are returned at once: a
// reference to a value that is missing ([host.NotFound]), another trigger for an
// action that exists ([host.Conflict]), a binding of an action that neither the
// setup nor the host has ([host.NotFound]).
func NewPlan(ctx context.Context, r Reader, s Setup, o Options) (Plan, error) {
	p := planner{Options: o, runs: map[string]bool{}, plan: Plan{Steps: []Step{}, Reads: []Reading{}, Notes: append([]string{}, o.Notes...)}}
	actions, err := r.Actions(ctx, "")
	if err != nil {
		return Plan{}, err
	}
	for _, a := range actions {
		p.runs[a.Name] = a.Deployed != nil
	}
	for _, a := range s.Actions {
		if err := p.action(ctx, r, a, actions); err != nil {
			return Plan{}, err
		}
	}
	bindings, err := readBindings(ctx, r)
	if err != nil {
		return Plan{}, err
	}
	for _, trigger := range slices.Sorted(maps.Keys(s.Bindings)) {
		p.bind(trigger, bindings[trigger], s.Bindings[trigger])
	}
	p.others(s, actions)
	return p.plan, errors.Join(p.problems...)
}

func (p *planner) note(format string, args ...any) {
	p.plan.Notes = append(p.plan.Notes, fmt.Sprintf(format, args...))
}

func (p *planner) step(verb Verb, object string, before, after string, do func(context.Context, Writer) error) {
	p.plan.Steps = append(p.plan.Steps, Step{Verb: verb, Object: object, Diff: difference(before, after), do: do})
}

// difference is a unified diff without its head.
func difference(before, after string) string {
	lines := strings.SplitAfterN(string(diff.Diff("host", []byte(before), "new", []byte(after))), "\n", 4)
	return lines[len(lines)-1]
}

// action plans one action.
func (p *planner) action(ctx context.Context, r Reader, want Action, actions []host.Action) error {
	at := slices.IndexFunc(actions, func(a host.Action) bool { return a.Name == want.Name })
	if at < 0 {
		want = p.wait(want, nil)
		p.runs[want.Name] = !want.Undeployed
		values := p.values(want, names(want.Secrets))
		p.step(Create, "action "+want.Name, "", render(want), change{want: want, put: values}.do)
		return nil
	}
	if actions[at].Trigger != want.Trigger {
		p.problems = append(p.problems, &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("%s is an action for %s, and is to be one for %s", want.Name, actions[at].Trigger, want.Trigger),
			Hint: "delete the old action first, or choose another name",
		})
		return nil
	}
	have, err := readState(ctx, r, actions[at])
	if err != nil {
		return err
	}
	want = p.wait(want, have.runs.Secrets)
	p.runs[want.Name] = p.runs[want.Name] || !want.Undeployed
	p.compare(want, have)
	return nil
}

// wait leaves out the secrets that have no value yet: until they have one, the
// action is not deployed.
func (p *planner) wait(want Action, stored map[string]Reference) Action {
	secrets := maps.Clone(want.Secrets)
	for _, name := range names(secrets) {
		_, has := stored[name]
		if r := secrets[name]; r.Kind == "" && r.Value == nil && !has {
			delete(secrets, name)
			want.Undeployed = true
			p.note("%s is not deployed before its secret %s has a value: usher secrets set %s %s", want.Name, name, text.ShellQuote(want.Name), name)
		}
	}
	want.Secrets = secrets
	return want
}

// compare plans an action that the host has.
func (p *planner) compare(want Action, have state) {
	old := have.runs
	if want.Undeployed {
		old = have.nearest(want)
	}
	fresh := p.fresh(want, old)
	c := change{id: have.id, want: want, have: have, put: p.values(want, fresh), remove: p.surplus(want, old)}
	before, after := render(shown(old, want, c.remove)), render(want)
	c.content = before != after
	if c.content || len(fresh) > 0 {
		p.step(Change, "action "+want.Name, before, after+setComment(fresh), c.do)
	}
	if !c.content && have.stale() {
		p.note("%s: its draft is not what is deployed; it is left as it is", want.Name)
	}
}

// fresh are the secrets to give a value.
func (p *planner) fresh(want, old Action) []string {
	var fresh []string
	for _, name := range names(want.Secrets) {
		r := want.Secrets[name]
		if _, stored := old.Secrets[name]; !stored || p.Secrets && (r.Kind != "" || r.Value != nil) {
			fresh = append(fresh, name)
		}
	}
	return fresh
}

// surplus are the secrets to remove: those that the files don't have, with Prune.
func (p *planner) surplus(want, old Action) []string {
	var surplus []string
	for _, name := range names(old.Secrets) {
		if _, wanted := want.Secrets[name]; !wanted {
			surplus = append(surplus, name)
		}
	}
	if !p.Prune && len(surplus) > 0 {
		p.note("%s: secrets that the files don't have are left: %s", want.Name, strings.Join(surplus, ", "))
		return nil
	}
	return surplus
}

// nearest is the state that an action which need not be deployed is compared with.
func (s state) nearest(want Action) Action {
	near := s.runs
	if s.draft != nil && want.Source != nil {
		near = *s.draft
	}
	near.Undeployed = true
	return near
}

// shown is a host's action as its file would be: with the references of secrets
// that both have, and without the secrets that are left alone.
func shown(old, want Action, remove []string) Action {
	secrets := map[string]Reference{}
	for name := range old.Secrets {
		if reference, ok := want.Secrets[name]; ok {
			secrets[name] = reference
		} else if slices.Contains(remove, name) {
			secrets[name] = Reference{Kind: "env", Name: variableName(name)}
		}
	}
	old.Secrets = secrets
	if old.Source != nil && want.Source != nil {
		old.Source = latest(*old.Source, *want.Source)
	}
	return old
}

// latest leaves out the versions of shared modules where the files name none.
func latest(old, want host.Source) *host.Source {
	old.SharedModules = slices.Clone(old.SharedModules)
	for i, l := range old.SharedModules {
		if slices.ContainsFunc(want.SharedModules, func(w host.SharedModuleRef) bool { return w.Name == l.Name && w.Number == 0 }) {
			old.SharedModules[i].Number = 0
		}
	}
	return &old
}

// setComment is a line of the diff about values that are set: the files have none.
func setComment(fresh []string) string {
	if len(fresh) == 0 {
		return ""
	}
	return "# set: " + strings.Join(fresh, ", ") + "\n"
}

// values reads the values of some of an action's secrets.
func (p *planner) values(a Action, names []string) []host.SecretWrite {
	var put []host.SecretWrite
	for _, name := range names {
		value, err := p.Values.Value(a.Secrets[name])
		if err != nil {
			p.problems = append(p.problems, secretProblem(a, name, err))
			continue
		}
		put = append(put, host.SecretWrite{Name: name, Value: &value})
		if r := a.Secrets[name]; r.Kind != "" && r.Value == nil {
			p.plan.Reads = append(p.plan.Reads, Reading{Kind: r.Kind, Name: r.Name, Action: a.Name, Secret: name})
		}
	}
	return put
}

func secretProblem(a Action, name string, err error) error {
	problem := &host.Error{Code: host.NotFound, Text: fmt.Sprintf("action %s: secret %s: %v", a.Name, name, err)}
	if e, ok := errors.AsType[*host.Error](err); ok {
		problem.Code, problem.Hint, problem.Fix = e.Code, e.Hint, e.Fix
	}
	return problem
}

// bind plans the order of a trigger.
func (p *planner) bind(trigger host.Trigger, have, list []Binding) {
	var want []Binding
	for _, b := range list {
		deployed, known := p.runs[b.Action]
		switch at := slices.Index(actionsOf(have), b.Action); {
		case !known:
			p.problems = append(p.problems, &host.Error{
				Code: host.NotFound, Text: fmt.Sprintf("%s binds the action %s, which neither the files nor the host has", trigger, b.Action),
			})
			continue
		case !deployed:
			p.note("%s is not bound to %s before it is deployed", b.Action, trigger)
			continue
		case at >= 0 && b.KeepSettings:
			b.Settings = have[at].Settings
		}
		want = append(want, b)
	}
	if !p.Prune {
		want = p.keep(trigger, have, want)
	}
	before, after := renderOrder(trigger, have), renderOrder(trigger, want)
	if before == after {
		return
	}
	p.step(Change, "bindings "+string(trigger), before, after, func(ctx context.Context, w Writer) error {
		_, err := w.ReplaceBindings(ctx, trigger, Writes(want))
		return err
	})
}

// keep adds the bindings that the setup does not have to those that it has: at
// their places while the order of the others stays, else behind them.
func (p *planner) keep(trigger host.Trigger, have, want []Binding) []Binding {
	wanted := map[string]Binding{}
	for _, b := range want {
		wanted[b.Action] = b
	}
	var left, merged []Binding
	var common []string
	for _, b := range have {
		w, ok := wanted[b.Action]
		if !ok {
			left, w = append(left, b), b
		} else {
			common = append(common, b.Action)
		}
		merged = append(merged, w)
	}
	if len(left) == 0 {
		return want
	}
	p.note("%s: bindings that the files don't have are left: %s", trigger, strings.Join(actionsOf(left), ", "))
	if slices.Equal(common, actionsOf(want)) {
		return merged
	}
	return append(slices.Clone(want), left...)
}

func actionsOf(list []Binding) []string {
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = b.Action
	}
	return out
}

// others plans what the setup does not have.
func (p *planner) others(s Setup, actions []host.Action) {
	var left []string
	for _, a := range actions {
		if slices.ContainsFunc(s.Actions, func(w Action) bool { return w.Name == a.Name }) {
			continue
		}
		if !p.Prune {
			left = append(left, a.Name)
			continue
		}
		p.step(Delete, "action "+a.Name, render(described(a, nil, a.Deployed)), "", func(ctx context.Context, w Writer) error {
			_, err := w.DeleteAction(ctx, a.ID, true)
			return err
		})
	}
	if len(left) > 0 {
		p.note("actions that the files don't have are left: %s", strings.Join(left, ", "))
	}
}

// render returns what is compared of an action: its file, and its code under it.
func render(a Action) string {
	f := describe(a, a.Digest)
	if a.Source == nil {
		f.Reads = slices.Sorted(slices.Values(a.Manifest.Secrets))
	}
	encoded, err := encode(f)
	if err != nil {
		return err.Error() // a file's values can be encoded
	}
	if a.Source == nil {
		return string(encoded)
	}
	return string(encoded) + "code: |\n" + a.Source.Code
}

func renderOrder(trigger host.Trigger, list []Binding) string {
	encoded, err := EncodeBindings(map[host.Trigger][]Binding{trigger: list})
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// names are the names of secrets, sorted.
func names(secrets map[string]Reference) []string {
	return slices.Sorted(maps.Keys(secrets))
}
