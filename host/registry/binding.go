package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// The bounds of a trigger's list.
const (
	MaxBindings         = 100
	MaxDisplayNameChars = 256
)

// Bindings returns a trigger's bindings in the order in which they run.
func (r *Registry) Bindings(ctx context.Context, trigger host.Trigger) ([]host.Binding, error) {
	if !trigger.Valid() {
		return nil, noTrigger(trigger)
	}
	return r.Store.Bindings(ctx, trigger)
}

// ReplaceBindings makes list the whole order of a trigger. A binding of the
// same action keeps its id, and what its item leaves nil. An action that is
// unknown, listed twice, made for another trigger or not deployed is
// [host.Refused], with a pointer to each.
func (r *Registry) ReplaceBindings(ctx context.Context, trigger host.Trigger, list []host.BindingWrite) ([]host.Binding, error) {
	return r.ReplaceBindingsIf(ctx, trigger, list, func([]host.Binding) error { return nil })
}

// ReplaceBindingsIf is ReplaceBindings that check may refuse for what is bound
// before; no other change happens meanwhile.
func (r *Registry) ReplaceBindingsIf(
	ctx context.Context, trigger host.Trigger, list []host.BindingWrite, check func(stored []host.Binding) error,
) ([]host.Binding, error) {
	if !trigger.Valid() {
		return nil, noTrigger(trigger)
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	defer r.rebound(ctx)
	defer r.present.clear()
	if err := r.checkBindings(trigger, list); err != nil {
		return nil, err
	}
	stored, err := r.Store.Bindings(ctx, trigger)
	if err == nil {
		err = check(stored)
	}
	if err != nil {
		return nil, err
	}
	actions, err := r.bindable(ctx, trigger, list)
	if err != nil {
		return nil, err
	}
	next := make([]host.Binding, len(list))
	for i, w := range list {
		next[i] = bind(actions[i], stored, w)
		next[i].Position = i
	}
	after, err := r.Store.ReplaceBindings(ctx, trigger, next)
	if err == nil {
		r.Record(ctx, "binding.replace", string(trigger), "", aboutBindings(stored), aboutBindings(after))
	}
	return after, err
}

// checkBindings checks what can be checked without the store.
func (r *Registry) checkBindings(trigger host.Trigger, list []host.BindingWrite) error {
	var bad fields
	if len(list) > MaxBindings {
		bad.add("/bindings", "must not have more than %d bindings, not %d", MaxBindings, len(list))
	}
	for i, w := range list {
		at := fmt.Sprintf("/bindings/%d", i)
		if w.DisplayName != nil {
			bad.displayName(at+"/display_name", *w.DisplayName)
		}
		if w.Settings != nil {
			bad.settings(at+"/settings", *w.Settings, trigger, r.CheckOrigin)
		}
	}
	return bad.invalid("the bindings are not valid")
}

func (f *fields) displayName(pointer, name string) {
	if n := utf8.RuneCountInString(name); n > MaxDisplayNameChars {
		f.add(pointer, "must not have more than %d characters, not %d", MaxDisplayNameChars, n)
	}
	f.printable(pointer, name)
}

// bindable returns the action of every item, or an error that lists all items
// that can't be bound.
func (r *Registry) bindable(ctx context.Context, trigger host.Trigger, list []host.BindingWrite) ([]host.Action, error) {
	var bad fields
	var fix *host.Fix // the first of them
	actions := make([]host.Action, len(list))
	for i, w := range list {
		a, err := r.Action(ctx, w.Action)
		if err != nil && host.CodeOf(err) != host.NotFound {
			return nil, err
		}
		why, instead := unbindable(a, err != nil, trigger, actions[:i], w.Action)
		if why != "" {
			bad.add(fmt.Sprintf("/bindings/%d/action", i), "%s", why)
			fix = cmp.Or(fix, instead)
		}
		actions[i] = a
	}
	return actions, bad.refuse(host.Refused, "the actions can't be bound like this", fix)
}

func unbindable(a host.Action, missing bool, trigger host.Trigger, before []host.Action, asked string) (why string, fix *host.Fix) {
	switch {
	case missing:
		return fmt.Sprintf("there is no action %q", asked), host.FixListActions.With()
	case slices.ContainsFunc(before, func(b host.Action) bool { return b.ID == a.ID }):
		return fmt.Sprintf("action %q is listed twice; a trigger binds it once", a.Name), nil
	case a.Trigger != trigger:
		return fmt.Sprintf("action %q is for trigger %s", a.Name, a.Trigger), host.FixCreateAction.With(string(trigger))
	case a.Deployed == nil:
		return fmt.Sprintf("action %q has no deployed version", a.Name), host.FixDeploy.With(a.Name)
	}
	return "", nil
}

// bind returns the binding that w asks for, laid over the one that action had.
func bind(a host.Action, stored []host.Binding, w host.BindingWrite) host.Binding {
	now := time.Now().UTC()
	b := host.Binding{ID: host.NewID(host.BindingPrefix), Trigger: a.Trigger, ActionID: a.ID, DisplayName: a.Name, CreatedAt: now}
	if i := slices.IndexFunc(stored, func(b host.Binding) bool { return b.ActionID == a.ID }); i >= 0 {
		b = stored[i]
	}
	b.Action, b.UpdatedAt = a.Name, now
	if w.DisplayName != nil {
		b.DisplayName = cmp.Or(*w.DisplayName, a.Name)
	}
	if w.Settings != nil {
		b.Settings = *w.Settings
	}
	return b
}

// Binding returns the binding with this id, or that of the action with this id
// or name.
func (r *Registry) Binding(ctx context.Context, idOrAction string) (host.Binding, error) {
	if strings.HasPrefix(idOrAction, host.BindingPrefix) {
		b, err := r.Store.Binding(ctx, idOrAction)
		if host.CodeOf(err) == host.NotFound {
			return host.Binding{}, noBinding(fmt.Sprintf("there is no binding %q", idOrAction), host.FixListBindings.With())
		}
		return b, err
	}
	a, err := r.Action(ctx, idOrAction)
	if err != nil {
		return host.Binding{}, err
	}
	list, err := r.Store.Bindings(ctx, a.Trigger)
	if err != nil {
		return host.Binding{}, err
	}
	for _, b := range list {
		if b.ActionID == a.ID {
			return b, nil
		}
	}
	return host.Binding{}, noBinding(fmt.Sprintf("action %q is not bound", a.Name), host.FixBind.With(a.Name))
}

func noBinding(text string, fix *host.Fix) *host.Error {
	return &host.Error{Code: host.NotFound, Text: text, Fix: fix}
}

// UpdateBinding lets change alter a binding's Settings and DisplayName, and
// stores it when it is still valid. No other call changes the binding meanwhile:
// change should be short, and must not call the registry.
func (r *Registry) UpdateBinding(ctx context.Context, idOrAction string, change func(*host.Binding) error) (host.Binding, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	defer r.rebound(ctx)
	defer r.present.clear()
	stored, err := r.Binding(ctx, idOrAction)
	if err != nil {
		return host.Binding{}, err
	}
	b, was := stored, aboutBinding(stored)
	if err := change(&b); err != nil {
		return host.Binding{}, err
	}
	stored.Settings, stored.DisplayName, stored.UpdatedAt = b.Settings, cmp.Or(b.DisplayName, b.Action), time.Now().UTC()
	var bad fields
	if stored.DisplayName != was.DisplayName { // an older one may have been let in by older rules
		bad.displayName("/display_name", stored.DisplayName)
	}
	bad.settings("/settings", stored.Settings, stored.Trigger, r.CheckOrigin)
	if err := bad.invalid("the binding is not valid"); err != nil {
		return host.Binding{}, err
	}
	if err := r.Store.UpdateBinding(ctx, stored); err != nil {
		return host.Binding{}, err
	}
	r.Record(ctx, "binding.update", stored.ID, stored.Action, was, aboutBinding(stored))
	return stored, nil
}
