package registry

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

var secretName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// SetSecrets changes some of an action's secrets and leaves the others: put
// sets those with a value, remove forgets. An item without a value must name a
// stored secret, which is kept. It returns the secrets as they are then.
func (r *Registry) SetSecrets(ctx context.Context, action string, put []host.SecretWrite, remove []string) ([]host.Secret, error) {
	return r.changeSecrets(ctx, action, put, func(host.Action) ([]string, error) {
		var bad fields
		for i, name := range remove {
			if slices.ContainsFunc(put, func(s host.SecretWrite) bool { return s.Name == name }) {
				bad.add("/remove/"+strconv.Itoa(i), "%q is set by the same request", name)
			}
		}
		return remove, bad.invalid("the secrets are not valid")
	})
}

// ReplaceSecrets makes list all of an action's secrets. An item without a
// value must name a stored secret, which is kept; a stored secret that list
// does not name is forgotten.
func (r *Registry) ReplaceSecrets(ctx context.Context, action string, list []host.SecretWrite) ([]host.Secret, error) {
	return r.changeSecrets(ctx, action, list, func(a host.Action) ([]string, error) {
		return unnamed(a.Secrets, list), nil
	})
}

// unnamed returns the names of the stored secrets that list does not name.
func unnamed(stored []host.Secret, list []host.SecretWrite) []string {
	var names []string
	for _, s := range stored {
		if !slices.ContainsFunc(list, func(w host.SecretWrite) bool { return w.Name == s.Name }) {
			names = append(names, s.Name)
		}
	}
	return names
}

// DeleteSecret forgets one secret of an action.
func (r *Registry) DeleteSecret(ctx context.Context, action, name string) error {
	_, err := r.changeSecrets(ctx, action, nil, func(a host.Action) ([]string, error) {
		if !holds(a.Secrets, name) {
			return nil, &host.Error{
				Code: host.NotFound,
				Text: fmt.Sprintf("action %q has no secret %q", a.Name, name),
				Fix:  host.FixListSecrets.With(a.Name),
			}
		}
		return []string{name}, nil
	})
	return err
}

// changeSecrets puts, and removes what removed says of the action as it is
// while no other call changes it.
func (r *Registry) changeSecrets(ctx context.Context, action string, put []host.SecretWrite, removed func(host.Action) ([]string, error)) ([]host.Secret, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	a, err := r.Action(ctx, action)
	if err != nil {
		return nil, err
	}
	remove, err := removed(a)
	if err != nil {
		return nil, err
	}
	if err := checkSecrets(a.Secrets, put, remove); err != nil {
		return nil, err
	}
	if err := r.setSecrets(ctx, a.ID, put, remove); err != nil {
		return nil, err
	}
	was := secretsOf(a.Secrets)
	if a, err = r.Store.Action(ctx, a.ID); err == nil {
		r.Record(ctx, "secret.change", a.ID, a.Name, secretNote{Secrets: was}, secretNote{secretsOf(a.Secrets), written(put)})
	}
	return a.Secrets, err
}

// secretNote is what the log of changes records of secrets: names alone.
type secretNote struct {
	Secrets []string `json:"secrets"`
	Set     []string `json:"set,omitempty"` // those that got a value
}

func written(put []host.SecretWrite) []string {
	var names []string
	for _, s := range put {
		if s.Value != nil {
			names = append(names, s.Name)
		}
	}
	return names
}

// checkSecrets checks a change of the stored secrets.
func checkSecrets(stored []host.Secret, put []host.SecretWrite, remove []string) error {
	var bad fields
	bad.secrets("/secrets", put)
	total := len(stored)
	for i, s := range put {
		switch {
		case holds(stored, s.Name):
		case s.Value == nil:
			bad.add(fmt.Sprintf("/secrets/%d/value", i), "is required: no value of %q is stored that could be kept", s.Name)
		default:
			total++
		}
	}
	for _, name := range remove {
		if holds(stored, name) {
			total--
		}
	}
	if total > host.MaxSecrets && len(put) <= host.MaxSecrets {
		bad.add("/secrets", "would make %d secrets; no more than %d may be", total, host.MaxSecrets)
	}
	return bad.invalid("the secrets are not valid")
}

func holds(stored []host.Secret, name string) bool {
	return slices.ContainsFunc(stored, func(s host.Secret) bool { return s.Name == name })
}

// setSecrets seals and stores for the action with this id. The caller has
// checked put and holds changing.
func (r *Registry) setSecrets(ctx context.Context, id string, put []host.SecretWrite, remove []string) error {
	sealed, err := r.seal(id, put)
	if err != nil || len(sealed)+len(remove) == 0 {
		return err
	}
	err = r.Store.SetSecrets(ctx, id, sealed, remove)
	r.forgetSecrets(id) // also after an error: it may have been stored
	return err
}

// seal encrypts those of put that have a value, for the action or shared module with
// this id.
func (r *Registry) seal(id string, put []host.SecretWrite) ([]host.SealedSecret, error) {
	var sealed []host.SealedSecret
	for _, s := range put {
		if s.Value == nil {
			continue
		}
		value, err := r.Box.Seal([]byte(*s.Value), host.SecretPlace(id, s.Name))
		if err != nil {
			return nil, fmt.Errorf("seal secret %s of %s: %w", s.Name, id, err)
		}
		sealed = append(sealed, host.SealedSecret{Name: s.Name, Value: value})
	}
	return sealed, nil
}

// Secrets returns the values of an action's secrets by name, for a run; those
// of the shared modules that it uses as "actions:MODULE/NAME". The map is shared: it
// must not be changed. A change of a secret shows in the next call.
func (r *Registry) Secrets(ctx context.Context, actionID string) (map[string]string, error) {
	values, known, at := r.secrets.get(actionID)
	if known {
		return values, nil
	}
	values = map[string]string{}
	if err := r.open(ctx, actionID, "", values); err != nil {
		return nil, err
	}
	used, err := r.sharedModulesInUse(ctx, actionID)
	if err != nil {
		return nil, err
	}
	for _, l := range used {
		if err := r.open(ctx, l.SharedModuleID, "actions:"+l.Name+"/", values); err != nil {
			return nil, err
		}
	}
	r.secrets.put(actionID, values, at)
	return values, nil
}

// open puts the secrets of an action or shared module into values, each under its
// name behind prefix.
func (r *Registry) open(ctx context.Context, id, prefix string, values map[string]string) error {
	sealed, err := r.Store.SealedSecrets(ctx, id)
	if err != nil {
		return err
	}
	for _, s := range sealed {
		value, err := r.Box.Open(s.Value, host.SecretPlace(id, s.Name))
		if err != nil {
			return r.unopened(ctx, id, s.Name, err)
		}
		values[prefix+s.Name] = string(value)
	}
	return nil
}

// shared modulesInUse are those of the action's draft and of what is deployed.
func (r *Registry) sharedModulesInUse(ctx context.Context, actionID string) ([]host.SharedModuleRef, error) {
	var used []host.SharedModuleRef
	a, err := r.Store.Action(ctx, actionID)
	if host.CodeOf(err) == host.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if a.Deployed != nil && a.Deployed.Source != nil {
		used = a.Deployed.Source.SharedModules
	}
	d, err := r.Store.Draft(ctx, actionID)
	if host.CodeOf(err) == host.NotFound {
		return used, nil
	}
	return slices.Concat(used, d.Source.SharedModules), err
}

func (r *Registry) unopened(ctx context.Context, id, name string, cause error) error {
	if l, err := r.Store.SharedModule(ctx, id); err == nil {
		return &host.Error{
			Code: host.Internal, Text: fmt.Sprintf("secret %q of module %q can't be decrypted", name, l.Name),
			Hint: "start the host with the key that encrypted it, or patch the module with a new value", Err: cause,
		}
	}
	action := id
	if a, err := r.Store.Action(ctx, id); err == nil {
		action = a.Name
	}
	return &host.Error{
		Code: host.Internal,
		Text: fmt.Sprintf("secret %q of action %q can't be decrypted", name, action),
		Hint: "start the host with the key that encrypted it, or set it again", Fix: host.FixSetSecret.With(action, name),
		Err: cause,
	}
}

// secrets checks the names and values of writes.
func (f *fields) secrets(pointer string, writes []host.SecretWrite) {
	names := make([]string, len(writes))
	for i, s := range writes {
		names[i] = s.Name
		if s.Value == nil {
			continue
		}
		if n := utf8.RuneCountInString(*s.Value); n < 1 || n > host.MaxSecretValueChars {
			f.add(fmt.Sprintf("%s/%d/value", pointer, i), "must have 1 to %d characters, not %d", host.MaxSecretValueChars, n)
		}
		if !utf8.ValidString(*s.Value) {
			f.add(fmt.Sprintf("%s/%d/value", pointer, i), "must be UTF-8; encode bytes, for example as base64")
		}
	}
	f.names(pointer, "/name", names)
}

// secretNames checks the names that a manifest declares.
func (f *fields) secretNames(pointer string, names []string) { f.names(pointer, "", names) }

func (f *fields) names(pointer, suffix string, names []string) {
	if len(names) > host.MaxSecrets {
		f.add(pointer, "must not have more than %d secrets, not %d", host.MaxSecrets, len(names))
	}
	for i, name := range names {
		at := pointer + "/" + strconv.Itoa(i) + suffix
		switch {
		case len(name) < 1 || len(name) > host.MaxSecretNameChars:
			f.add(at, "must have 1 to %d characters", host.MaxSecretNameChars)
		case !secretName.MatchString(name):
			f.add(at, "must have only letters, digits, '_', '.' and '-'")
		case slices.Index(names, name) < i:
			f.add(at, "%q is listed twice", name)
		}
	}
}

// forgetSecrets drops the opened secrets of an action after a change; those of all
// actions when id is a shared module's, whose secrets are among those of its users.
func (r *Registry) forgetSecrets(id string) {
	if strings.HasPrefix(id, host.SharedModulePrefix) {
		r.secrets.clear()
		return
	}
	r.secrets.forget(id)
}
