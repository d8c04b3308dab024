package builds_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

func TestEveryChangeIsRecordedWithItsActorAndWithoutSecrets(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	r.Builder = &builder{}
	ada := host.Actor{Kind: "key", ID: "key_1", Name: "ada"}
	ctx := host.WithActor(t.Context(), ada)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	a, _, err := r.CreateSourceAction(ctx, "notify", trigger, code("one"), []host.SecretWrite{write("TOKEN", "hunter2hunter2")}, true)
	must(a, err)
	_, _, err = r.PatchSource(ctx, a.ID, host.SourcePatch{Code: pointer("two"), Name: pointer("notify-2")})
	must(nil, err)
	must(r.DeployVersion(ctx, a.ID, "1", true))
	must(r.SetSecrets(ctx, a.ID, []host.SecretWrite{write("TOKEN", "hunter3hunter3"), write("NEW", "hunter2hunter2")}, nil))
	must(r.CreateAction(ctx, "module", trigger, nil))
	must(r.Upload(ctx, "module", guests.Wasm("noop"), host.Manifest{}, true))
	must(r.Deploy(ctx, "module", "1"))
	list, err := r.ReplaceBindings(ctx, trigger, []host.BindingWrite{{Action: a.ID}})
	must(list, err)
	must(r.UpdateBinding(ctx, list[0].ID, func(b *host.Binding) error {
		b.Settings.OnFailure = host.Stop
		return nil
	}))
	k, secret, err := r.CreateKey(ctx, host.NewKey{Name: "tool", Scopes: []host.Scope{host.ScopeRead}})
	must(k, err)
	must(nil, r.DeleteKey(ctx, k.ID))
	must(r.CreateSharedModule(ctx, "shared", code("lib"), []host.SecretWrite{write("L", "hunter2hunter2")}, true))
	must(r.PatchSharedModule(ctx, "shared", host.SharedModulePatch{Code: pointer("lib 2")}))
	must(nil, r.DeleteSharedModule(ctx, "shared"))
	must(r.DeleteAction(ctx, a.ID, true))

	changes, err := db.Changes(t.Context(), host.ChangeQuery{Limit: 100})
	must(changes, err)
	var verbs []string
	for _, c := range slices.Backward(changes) {
		verbs = append(verbs, c.Verb)
		if c.Actor != ada {
			t.Errorf("%s was done by %+v", c.Verb, c.Actor)
		}
		if text := string(c.Before) + string(c.After); strings.Contains(text, "hunter") || strings.Contains(text, secret) {
			t.Errorf("%s shows a secret: %s", c.Verb, text)
		}
	}
	want := []string{
		"action.create", "version.create", "action.deploy", "action.update", "version.create", "action.deploy", "action.update",
		"secret.change", "action.create", "version.create", "action.deploy", "action.deploy", "binding.replace", "binding.update",
		"key.create", "key.delete", "shared_module.create", "shared_module.publish", "shared_module.update", "shared_module.delete", "action.delete",
	}
	if !slices.Equal(verbs, want) {
		t.Errorf("recorded %q, want %q", verbs, want)
	}
	i := slices.IndexFunc(changes, func(c host.Change) bool { return c.Verb == "binding.update" })
	if before, after := string(changes[i].Before), string(changes[i].After); strings.Contains(before, "stop") || !strings.Contains(after, `"on_failure":"stop"`) {
		t.Errorf("the binding changed from %s to %s", before, after)
	}
}
