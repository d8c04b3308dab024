package registry

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// MaxActionNameChars is how long an action's name may be.
const MaxActionNameChars = 128

// actionName takes the names that people gave their actions elsewhere; a '/' or
// '\' would be no good in a path, and a leading '-' none on a command line.
var actionName = regexp.MustCompile(`^[^\s/\\-]([^/\\]*[^\s/\\])?$`)

// CreateAction makes an action without versions. Its name must be new:
// [host.Conflict] otherwise. Every secret needs a value.
func (r *Registry) CreateAction(ctx context.Context, name string, trigger host.Trigger, secrets []host.SecretWrite) (host.Action, error) {
	n := host.NewAction{Name: name, Trigger: trigger, Secrets: secrets}
	if err := r.CheckNewAction(n, nil); err != nil {
		return host.Action{}, err
	}
	return r.AddAction(ctx, n)
}

// CheckNewAction reports everything that is wrong with a new action and can be
// found without the store, with what the caller found in its source.
func (r *Registry) CheckNewAction(n host.NewAction, source []host.Field) error {
	var bad fields
	bad.name(n.Name)
	if !n.Trigger.Valid() {
		bad.add("/trigger", "must be one of: %s", host.TriggerNames())
	}
	bad.newSecrets(n.Secrets)
	bad = append(bad, source...)
	return bad.invalid("the action is not valid")
}

// AddAction stores an action that passed [Registry.CheckNewAction], with its
// draft and its pending deploy, in one commit. It fills in what the draft's
// references to shared modules leave out.
func (r *Registry) AddAction(ctx context.Context, n host.NewAction) (host.Action, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	if n.Draft != nil {
		refs, err := r.ResolveSharedModules(ctx, n.Draft.Source.SharedModules)
		if err != nil {
			return host.Action{}, err
		}
		n.Draft.Source.SharedModules = refs
	}
	a, err := r.createAction(ctx, n)
	if err == nil {
		r.Record(ctx, "action.create", a.ID, a.Name, nil, aboutAction(a, n.Draft))
	}
	return a, err
}

// createAction stores what is valid. The caller holds changing.
func (r *Registry) createAction(ctx context.Context, n host.NewAction) (host.Action, error) {
	if err := r.nameIsFree(ctx, n.Name); err != nil {
		return host.Action{}, err
	}
	now := time.Now().UTC()
	w := host.ActionWrite{
		Action: host.Action{ID: host.NewID(host.ActionPrefix), Name: n.Name, Trigger: n.Trigger, CreatedAt: now, UpdatedAt: now},
		New:    true, Draft: n.Draft,
	}
	var err error
	if w.Put, err = r.seal(w.Action.ID, n.Secrets); err != nil {
		return host.Action{}, err
	}
	if n.Draft != nil {
		n.Draft.ActionID, n.Draft.UpdatedAt = w.Action.ID, now
	}
	if actor := host.ActorOf(ctx); n.DeployWhenBuilt {
		w.DeployWhenBuilt = &actor
	}
	if err := r.Store.WriteAction(ctx, w); err != nil {
		return host.Action{}, err
	}
	return r.Store.Action(context.WithoutCancel(ctx), w.Action.ID)
}

// name checks an action's name.
func (f *fields) name(name string) {
	switch {
	case len(name) < 1 || utf8.RuneCountInString(name) > MaxActionNameChars:
		f.add("/name", "must have 1 to %d characters", MaxActionNameChars)
	case host.Unprintable(name) != "":
		f.printable("/name", name)
	case !actionName.MatchString(name):
		f.add("/name", "must have no '/' and no '\\', no '-' at its beginning and no blanks around it")
	case name == "." || name == "..":
		f.add("/name", "must not be %q: paths take it for a folder", name)
	case strings.HasPrefix(name, host.ActionPrefix) || strings.HasPrefix(name, host.BindingPrefix):
		f.add("/name", "must not begin with %q or %q: ids do", host.ActionPrefix, host.BindingPrefix)
	}
}

// newSecrets checks secrets of which none is stored yet.
func (f *fields) newSecrets(secrets []host.SecretWrite) {
	f.secrets("/secrets", secrets)
	for i, s := range secrets {
		if s.Value == nil {
			f.add(fmt.Sprintf("/secrets/%d/value", i), "is required: no value is stored that could be kept")
		}
	}
}

func (r *Registry) nameIsFree(ctx context.Context, name string) error {
	_, err := r.Store.Action(ctx, name)
	if err == nil {
		return &host.Error{
			Code: host.Conflict,
			Text: fmt.Sprintf("there is an action %q already", name),
			Hint: "choose another name", Fix: host.FixDeploy.With(name),
		}
	}
	if host.CodeOf(err) == host.NotFound {
		return nil
	}
	return err
}

// Action returns the action with this id or name.
func (r *Registry) Action(ctx context.Context, idOrName string) (host.Action, error) {
	a, err := r.Store.Action(ctx, idOrName)
	if host.CodeOf(err) == host.NotFound {
		return host.Action{}, noAction(idOrName)
	}
	return a, err
}

func noAction(idOrName string) *host.Error {
	return &host.Error{
		Code: host.NotFound,
		Text: fmt.Sprintf("there is no action %q", idOrName),
		Fix:  host.FixListActions.With(),
	}
}

// Actions returns the actions for a trigger in the order of their names, all
// when trigger is "".
func (r *Registry) Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error) {
	if trigger != "" && !trigger.Valid() {
		return nil, noTrigger(trigger)
	}
	return r.Store.Actions(ctx, trigger)
}

// DeleteAction deletes an action with its versions and secrets, and returns how many of its
// steps were canceled in executions that have not ended. A bound action is a
// [host.Conflict], unless force unbinds it.
func (r *Registry) DeleteAction(ctx context.Context, idOrName string, force bool) (canceled int, err error) {
	defer r.rebound(ctx)
	defer r.present.clear()
	defer r.there.clear()
	r.changing.Lock()
	defer r.changing.Unlock()
	a, err := r.Action(ctx, idOrName)
	if err != nil {
		return 0, err
	}
	var draft *host.Draft
	if d, err := r.Store.Draft(ctx, a.ID); err == nil {
		draft = &d
	}
	if canceled, err = r.Store.DeleteAction(ctx, a.ID, force); err != nil {
		if host.CodeOf(err) == host.Conflict {
			return 0, &host.Error{
				Code: host.Conflict,
				Text: fmt.Sprintf("action %q is bound to %s", a.Name, a.Trigger),
				Fix:  host.FixDeleteAction.With(a.Name),
				Err:  err,
			}
		}
		return 0, err
	}
	r.secrets.forget(a.ID)
	r.changed()
	var after any
	if canceled > 0 {
		after = map[string]any{"canceled_steps": canceled}
	}
	r.Record(ctx, "action.delete", a.ID, a.Name, aboutAction(a, draft), after)
	return canceled, nil
}

// Deleted reports whether the action of a step is deleted. One of which that can't be read
// is not.
func (r *Registry) Deleted(ctx context.Context, step host.Step) bool {
	there, known, at := r.there.get(step.ActionID)
	if known {
		return !there
	}
	_, err := r.Store.Action(ctx, step.ActionID)
	if err != nil && host.CodeOf(err) != host.NotFound {
		return false
	}
	r.there.put(step.ActionID, err == nil, at)
	return err != nil
}

func noTrigger(t host.Trigger) *host.Error {
	return &host.Error{
		Code: host.NotFound,
		Text: fmt.Sprintf("there is no trigger %q", t),
		Hint: "this host serves: " + host.TriggerNames(),
	}
}
