package clients

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/auth0/go-auth0"
	"github.com/auth0/go-auth0/management"
)

// library returns Auth0's Go library for the server.
func (s *server) library(t *testing.T) *management.Management {
	t.Helper()
	m, err := management.New(s.address, management.WithClient(s.client(t)), management.WithStaticToken(s.key))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newAction(name, code string) *management.Action {
	return &management.Action{
		Name: &name, Code: &code, Runtime: auth0.String("node22"),
		SupportedTriggers: []management.ActionTrigger{{ID: auth0.String(management.ActionTriggerPostUserRegistration), Version: auth0.String("v2")}},
		Secrets:           &[]management.ActionSecret{{Name: auth0.String("TOKEN"), Value: auth0.String("of " + name)}},
	}
}

// TestTheGoLibrary makes two actions, deploys and binds them in order, fires
// an event, and reads what ran; then it changes one, rolls it back and deletes
// both.
func TestTheGoLibrary(t *testing.T) {
	t.Parallel()
	s, world, ctx := start(t), receive(t), t.Context()
	m := s.library(t).Action
	var bindings []*management.ActionBinding
	var actions []*management.Action
	for _, name := range []string{"second", "first"} {
		a := newAction(name, code(world.URL, name))
		must(t, m.Create(ctx, a))
		until(t, name+" is built", func() bool {
			got, err := m.Read(ctx, a.GetID())
			must(t, err)
			return got.GetStatus() == management.ActionStatusBuilt
		})
		_, err := m.Deploy(ctx, a.GetID())
		must(t, err)
		actions = append(actions, a)
		bindings = slices.Insert(bindings, 0, &management.ActionBinding{
			DisplayName: &name, Ref: &management.ActionBindingReference{Type: auth0.String(management.ActionBindingReferenceByName), Value: &name},
		})
	}
	must(t, m.UpdateBindings(ctx, management.ActionTriggerPostUserRegistration, bindings))
	if got := namesOf(t, m); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("bindings are %q", got)
	}
	execution := s.post(t, "auth0|1")
	until(t, "the execution has ended", func() bool {
		x, err := m.Execution(ctx, execution)
		must(t, err)
		return x.GetStatus() == "final" && len(x.Results) == 2 && x.Results[0].GetActionName() == "first"
	})
	want := []string{"/first auth0|1 of first", "/second auth0|1 of second"}
	if got := world.all(); !slices.Equal(got, want) {
		t.Errorf("the actions sent %q, want %q", got, want)
	}
	change(t, m, s, world, actions[1])
	remove(t, m, actions)
}

// TestTheGoLibraryMakesAnActionThatDecides binds an action to pre-user-registration,
// reads it back, and asks for decisions.
func TestTheGoLibraryMakesAnActionThatDecides(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	m := s.library(t).Action
	code := `exports.onExecutePreUserRegistration = async (event, api) => {
  if (event.user.email === event.secrets.TOKEN) api.access.deny("on the list");
};`
	a := newAction("gate", code)
	a.SupportedTriggers[0].ID = auth0.String(management.ActionTriggerPreUserRegistration)
	must(t, m.Create(ctx, a))
	until(t, "the action is built", func() bool {
		got, err := m.Read(ctx, a.GetID())
		must(t, err)
		return got.GetStatus() == management.ActionStatusBuilt
	})
	_, err := m.Deploy(ctx, a.GetID())
	must(t, err)
	must(t, m.UpdateBindings(ctx, management.ActionTriggerPreUserRegistration, []*management.ActionBinding{{
		DisplayName: a.Name, Ref: &management.ActionBindingReference{Type: auth0.String(management.ActionBindingReferenceByID), Value: a.ID},
	}}))
	list, err := m.Bindings(ctx, management.ActionTriggerPreUserRegistration)
	must(t, err)
	if len(list.Bindings) != 1 || list.Bindings[0].GetAction().GetName() != "gate" {
		t.Errorf("bindings are %v", list.Bindings)
	}
	for email, want := range map[string]string{"of gate": "deny on the list", "ada@example.com": "allow"} {
		if got := s.decide(t, email); got != want {
			t.Errorf("%s is answered %q, want %q", email, got, want)
		}
	}
	tried := &management.ActionTestPayload{"event": map[string]any{"user": map[string]any{"email": "of gate"}, "request": map[string]any{}}}
	must(t, m.Test(ctx, a.GetID(), tried))
	if _, failed := (*tried)["error"]; failed {
		t.Errorf("the test answered %v", *tried)
	}
	err = m.UpdateBindings(ctx, management.ActionTriggerPostUserRegistration, []*management.ActionBinding{{
		DisplayName: a.Name, Ref: &management.ActionBindingReference{Type: auth0.String(management.ActionBindingReferenceByID), Value: a.ID},
	}})
	if err == nil || !strings.Contains(err.Error(), "incompatible action and trigger") {
		t.Errorf("a binding to the other trigger is answered %v", err)
	}
}

// namesOf asks for page after page of the bindings, as long as the library says
// that there is another.
func namesOf(t *testing.T, m *management.ActionManager) (names []string) {
	t.Helper()
	for page := range 10 {
		list, err := m.Bindings(t.Context(), management.ActionTriggerPostUserRegistration, management.Page(page))
		must(t, err)
		for _, b := range list.Bindings {
			names = append(names, b.GetDisplayName())
		}
		if !list.HasNext() {
			return names
		}
	}
	t.Fatal("the bindings have no last page")
	return nil
}

// change gives an action new code and a new secret, then rolls it back.
func change(t *testing.T, m *management.ActionManager, s *server, world *receiver, a *management.Action) {
	t.Helper()
	ctx := t.Context()
	must(t, m.Update(ctx, a.GetID(), &management.Action{
		Name: a.Name, SupportedTriggers: a.SupportedTriggers,
		Code:    auth0.String(code(world.URL, "changed")),
		Secrets: &[]management.ActionSecret{{Name: auth0.String("TOKEN"), Value: auth0.String("changed-secret")}},
	}))
	until(t, "the changed action is built", func() bool {
		got, err := m.Read(ctx, a.GetID())
		must(t, err)
		return got.GetStatus() == management.ActionStatusBuilt
	})
	_, err := m.Deploy(ctx, a.GetID())
	must(t, err)
	last := func() string {
		got := world.all()
		return got[len(got)-2] // first of two actions
	}
	s.post(t, "auth0|2")
	until(t, "the new version runs", func() bool { return len(world.all()) == 4 && last() == "/changed auth0|2 changed-secret" })
	versions, err := m.Versions(ctx, a.GetID())
	must(t, err)
	if len(versions.Versions) != 2 || versions.Versions[0].Number != 2 {
		t.Fatalf("versions are %v", versions)
	}
	_, err = m.DeployVersion(ctx, a.GetID(), versions.Versions[1].GetID())
	must(t, err)
	s.post(t, "auth0|3")
	until(t, "the first version runs again", func() bool { return len(world.all()) == 6 && last() == "/first auth0|3 changed-secret" })
	tried := &management.ActionTestPayload{"event": map[string]any{"user": map[string]any{"user_id": "auth0|4"}}}
	must(t, m.Test(ctx, a.GetID(), tried))
	if _, failed := (*tried)["error"]; failed {
		t.Errorf("the test answered %v", *tried)
	}
}

func remove(t *testing.T, m *management.ActionManager, actions []*management.Action) {
	t.Helper()
	ctx := t.Context()
	list, err := m.List(ctx, management.Parameter("triggerId", management.ActionTriggerPostUserRegistration))
	must(t, err)
	if len(list.Actions) != 2 {
		t.Errorf("%d actions are listed", len(list.Actions))
	}
	if triggers, err := m.Triggers(ctx); err != nil || len(triggers.Triggers) == 0 {
		t.Errorf("triggers: %v, %v", triggers, err)
	}
	must(t, m.UpdateBindings(ctx, management.ActionTriggerPostUserRegistration, []*management.ActionBinding{}))
	for _, a := range actions {
		must(t, m.Delete(ctx, a.GetID()))
	}
	_, err = m.Read(ctx, gone)
	var refusal management.Error
	if !errors.As(err, &refusal) || refusal.Status() != http.StatusNotFound || !strings.Contains(err.Error(), "That action does not exist.") {
		t.Errorf("what is not there is answered %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
