package registry_test

import (
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/registry"
)

func replace(t *testing.T, r *registry.Registry, list ...host.BindingWrite) []host.Binding {
	t.Helper()
	bindings, err := r.ReplaceBindings(t.Context(), trigger, list)
	if err != nil {
		t.Fatal(err)
	}
	return bindings
}

func TestAListReplacesTheWholeOrder(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	for _, name := range []string{"a", "b", "c"} {
		action(t, r, name, true)
	}
	settings := host.Settings{OnFailure: host.Stop, Egress: host.Egress{Allow: []string{"hooks.slack.com"}}}
	before := replace(t, r,
		host.BindingWrite{Action: "a", Settings: &settings, DisplayName: pointer("First")},
		host.BindingWrite{Action: "b"})
	after := replace(t, r, host.BindingWrite{Action: "c"}, host.BindingWrite{Action: before[0].ActionID})
	if len(after) != 2 || after[0].Action != "c" || after[1].Action != "a" || after[0].Position != 0 || after[1].Position != 1 {
		t.Fatalf("order is %+v", after)
	}
	if kept := after[1]; kept.ID != before[0].ID || kept.DisplayName != "First" || kept.Settings.OnFailure != host.Stop {
		t.Errorf("kept %+v of %+v", kept, before[0])
	}
	if after[0].DisplayName != "c" || after[0].Trigger != trigger {
		t.Errorf("new binding is %+v", after[0])
	}
	again := replace(t, r, host.BindingWrite{Action: "a", Settings: &host.Settings{}, DisplayName: pointer("")})
	if again[0].DisplayName != "a" || again[0].Settings.OnFailure != "" {
		t.Errorf("replaced settings are %+v", again[0])
	}
	if left := replace(t, r); len(left) != 0 {
		t.Errorf("still bound: %+v", left)
	}
}

func TestANameThatForgesWhatPeopleSeeIsNotDisplayed(t *testing.T) {
	t.Parallel()
	r, store := open(t)
	action(t, r, "a", true)
	_, err := r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{{Action: "a", DisplayName: pointer("b\u202ec")}})
	hosttest.Refused(t, err, host.Invalid, []string{"/bindings/0/display_name"}, "U+202E")
	b := replace(t, r, host.BindingWrite{Action: "a"})[0]
	_, err = r.UpdateBinding(t.Context(), b.ID, func(b *host.Binding) error { b.DisplayName = "b\x1b[2J"; return nil })
	hosttest.Refused(t, err, host.Invalid, []string{"/display_name"}, "U+001B")

	// One that an older host let in can be changed, and given another name.
	b.DisplayName = "old\u202e"
	if err := store.UpdateBinding(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(b *host.Binding) error{
		func(b *host.Binding) error { b.Settings.OnFailure = host.Stop; return nil },
		func(b *host.Binding) error { b.DisplayName = "new"; return nil },
	} {
		if b, err = r.UpdateBinding(t.Context(), b.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	if b.DisplayName != "new" || b.Settings.OnFailure != host.Stop {
		t.Errorf("it is %+v", b)
	}
}

func TestBindingsThatCannotBeAreRefusedTogether(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "ready", true)
	action(t, r, "draft", false)
	_, err := r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{
		{Action: "ready"}, {Action: "nope"}, {Action: "draft"}, {Action: "ready"},
	})
	hosttest.Refused(t, err, host.Refused, []string{"/bindings/1/action", "/bindings/2/action", "/bindings/3/action"},
		`no action "nope"`, "usher actions list", `"draft" has no deployed version`, "listed twice") // the fix is that of the first
	_, err = r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{{Action: "draft"}})
	hosttest.Refused(t, err, host.Refused, []string{"/bindings/0/action"}, `"draft" has no deployed version`, "usher actions deploy")
	_, err = r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{{Action: "ready", Settings: &host.Settings{
		Egress: host.Egress{Mode: "all", Allow: []string{"http://"}},
	}}})
	hosttest.Refused(t, err, host.Invalid, []string{"/bindings/0/settings/egress/mode", "/bindings/0/settings/egress/allow/0"})
	_, err = r.ReplaceBindings(t.Context(), "post-login", nil)
	hosttest.Refused(t, err, host.NotFound, nil, "post-login")
	_, err = r.ReplaceBindings(t.Context(), trigger, make([]host.BindingWrite, registry.MaxBindings+1))
	hosttest.Refused(t, err, host.Invalid, []string{"/bindings"})
	if list, err := r.Bindings(t.Context(), trigger); err != nil || len(list) != 0 {
		t.Errorf("something was bound: %v, %v", list, err)
	}
}

func TestUpdateBinding(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "a", true)
	action(t, r, "loose", true)
	bound := replace(t, r, host.BindingWrite{Action: "a"})[0]

	b, err := r.UpdateBinding(t.Context(), "a", func(b *host.Binding) error {
		b.Settings.Limits.TimeoutMillis = 5000
		b.ID, b.ActionID, b.Position = "bnd_other", "act_other", 7 // not theirs to change
		return nil
	})
	if err != nil || b.ID != bound.ID || b.ActionID != bound.ActionID || b.Position != 0 {
		t.Fatalf("binding is %+v, %v", b, err)
	}
	stored, err := r.Binding(t.Context(), bound.ID)
	if err != nil || stored.Settings.Limits.TimeoutMillis != 5000 {
		t.Errorf("stored %+v, %v", stored, err)
	}
	_, err = r.UpdateBinding(t.Context(), bound.ID, func(b *host.Binding) error {
		b.Settings.Retry.MaxAttempts = 101
		return nil
	})
	hosttest.Refused(t, err, host.Invalid, []string{"/settings/retry/max_attempts"})
	mine := errors.New("mine")
	if _, err = r.UpdateBinding(t.Context(), "a", func(*host.Binding) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("error is %v", err)
	}
	_, err = r.UpdateBinding(t.Context(), "loose", nil)
	hosttest.Refused(t, err, host.NotFound, nil, "not bound", "usher bind loose")
	_, err = r.UpdateBinding(t.Context(), "bnd_nope", nil)
	hosttest.Refused(t, err, host.NotFound, nil, "bnd_nope")
}

func TestChangesOfOneBindingAtOnceAllHold(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	action(t, r, "a", true)
	replace(t, r, host.BindingWrite{Action: "a"})
	const changes = 20
	var done sync.WaitGroup
	for i := range changes {
		done.Go(func() {
			_, err := r.UpdateBinding(t.Context(), "a", func(b *host.Binding) error {
				b.Settings.Egress.Allow = append(slices.Clone(b.Settings.Egress.Allow), "host"+strconv.Itoa(i)+".example.com")
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	b, err := r.Binding(t.Context(), "a")
	if err != nil || len(b.Settings.Egress.Allow) != changes {
		t.Errorf("%d origins, %v", len(b.Settings.Egress.Allow), err)
	}
}
