package registry_test

import (
	"context"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

func TestCreateAction(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	long := strings.Repeat("a", 128)
	for _, tt := range []struct {
		name     string
		action   string
		trigger  host.Trigger
		secrets  []host.SecretWrite
		pointers []string // none: it is made
		text     string
	}{
		{name: "takes a plain name", action: "notify-slack", trigger: trigger},
		{name: "takes blanks, dots and digits", action: "0 Notify_v1.2 team", trigger: trigger},
		{name: "takes what people write", action: "Grüße: (new) & \"old\" user's [EU]", trigger: trigger},
		{name: "takes 128 characters", action: long, trigger: trigger},
		{name: "refuses 129", action: long + "a", trigger: trigger, pointers: []string{"/name"}, text: "1 to 128"},
		{name: "refuses an empty name", trigger: trigger, pointers: []string{"/name"}, text: "1 to 128"},
		{name: "refuses a leading dash", action: "-a", trigger: trigger, pointers: []string{"/name"}, text: "no '-'"},
		{name: "refuses a slash", action: "a/b", trigger: trigger, pointers: []string{"/name"}, text: "no '/'"},
		{name: "refuses a line break at the end", action: "a\n", trigger: trigger, pointers: []string{"/name"}, text: "no control or invisible characters"},
		{name: "refuses what turns text around", action: "a\u202eb", trigger: trigger, pointers: []string{"/name"}, text: "U+202E"},
		{name: "refuses an escape of C1", action: "a\u009b2J", trigger: trigger, pointers: []string{"/name"}, text: "U+009B"},
		{name: "refuses a backslash", action: `a\b`, trigger: trigger, pointers: []string{"/name"}, text: "no '\\'"},
		{name: "refuses this folder", action: ".", trigger: trigger, pointers: []string{"/name"}, text: `"."`},
		{name: "refuses the folder above", action: "..", trigger: trigger, pointers: []string{"/name"}, text: `".."`},
		{name: "takes more dots", action: "...", trigger: trigger},
		{name: "refuses a blank at the end", action: "a ", trigger: trigger, pointers: []string{"/name"}, text: "no blanks around"},
		{name: "refuses what is no UTF-8", action: "a\xff", trigger: trigger, pointers: []string{"/name"}},
		{name: "refuses what looks like an id", action: "act_x", trigger: trigger, pointers: []string{"/name"}, text: "ids do"},
		{name: "refuses another trigger", action: "b", trigger: "post-login", pointers: []string{"/trigger"}, text: "post-user-registration"},
		{name: "refuses a secret without a value", action: "c", trigger: trigger, secrets: []host.SecretWrite{{Name: "A"}}, pointers: []string{"/secrets/0/value"}, text: "is required"},
		{name: "reports all faults at once", pointers: []string{"/name", "/trigger"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := r.CreateAction(t.Context(), tt.action, tt.trigger, tt.secrets)
			if tt.pointers != nil {
				hosttest.Refused(t, err, host.Invalid, tt.pointers, tt.text)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if byName, err := r.Action(t.Context(), tt.action); err != nil || byName.ID != a.ID {
				t.Errorf("found by name: %v, %v", byName.ID, err)
			}
		})
	}
}

func TestAnActionsNameIsItsOwn(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "notify", false)
	_, err := r.CreateAction(t.Context(), "notify", trigger, nil)
	hosttest.Refused(t, err, host.Conflict, nil, `"notify"`, "usher actions deploy")
}

func TestAnUnknownActionIsNotFoundByWhateverIsAsked(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	ctx := t.Context()
	_, err := r.Action(ctx, "nope")
	hosttest.Refused(t, err, host.NotFound, nil, `"nope"`, "usher actions list")
	_, err = r.Versions(ctx, "nope")
	hosttest.Refused(t, err, host.NotFound, nil, `"nope"`)
	_, err = r.Deploy(ctx, "nope", "1")
	hosttest.Refused(t, err, host.NotFound, nil, `"nope"`)
	_, err = r.SetSecrets(ctx, "nope", nil, nil)
	hosttest.Refused(t, err, host.NotFound, nil, `"nope"`)
	hosttest.Refused(t, second(r.DeleteAction(ctx, "nope", true)), host.NotFound, nil, `"nope"`)
	_, err = r.Actions(ctx, "post-login")
	hosttest.Refused(t, err, host.NotFound, nil, "post-user-registration")
}

func TestABoundActionIsDeletedOnlyByForce(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a := action(t, r, "notify", true)
	if _, err := r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{{Action: "notify"}}); err != nil {
		t.Fatal(err)
	}
	hosttest.Refused(t, second(r.DeleteAction(t.Context(), "notify", false)), host.Conflict, nil, "bound", "--force")
	if _, err := r.DeleteAction(t.Context(), "notify", true); err != nil {
		t.Fatal(err)
	}
	_, err := r.Action(t.Context(), a.ID)
	hosttest.Refused(t, err, host.NotFound, nil)
	if list, err := r.Bindings(t.Context(), trigger); err != nil || len(list) != 0 {
		t.Errorf("still bound: %v, %v", list, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestADeletedActionIsKnownToBe(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	ctx := t.Context()
	a, err := r.CreateAction(ctx, "notify", host.PostUserRegistration, nil)
	if err != nil {
		t.Fatal(err)
	}
	step := host.Step{ActionID: a.ID}
	for range 2 { // once read, once known
		if r.Deleted(ctx, step) {
			t.Error("an action that is there counts as deleted")
		}
	}
	if _, err := r.DeleteAction(ctx, "notify", false); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if !r.Deleted(ctx, step) {
			t.Error("a deleted action counts as there")
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if r.Deleted(ended, host.Step{ActionID: "act_unread"}) {
		t.Error("an action that can't be read counts as deleted")
	}
}
