package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

var registryPromises = []promise{
	{"an action is found by id and by name, after a reopen too", actionFound},
	{"an action's name is its own", actionNameTaken},
	{"actions are listed by name, and by trigger", actionsListed},
	{"versions are numbered from 1 and listed newest first", versionsNumbered},
	{"a version's digest must be its module's", versionDigest},
	{"one version is deployed, and an older one again", deployAndRollBack},
	{"only a built version of the action itself is deployed", deployRefused},
	{"bindings are replaced whole, and keep their id", bindingsReplaced},
	{"bindings that can't be are refused with a pointer each", bindingsRefused},
	{"a binding's settings are stored", bindingUpdated},
	{"a bound action is deleted by force only", deleteBound},
	{"secrets are opaque, merged and removed", secretsOpaque},
	{"keys are found by hash until they are deleted", keysFound},
	{"when a key was last used is stored", keyUsesStored},
	{"a small blob is stored over the one before", metaStored},
}

func actionFound(b *bench) {
	a := b.action("one")
	b.reopen(nil)
	for _, by := range []string{a.ID, "one"} {
		got, err := b.Action(b.ctx, by)
		b.ok(err)
		b.equal("action by "+by, got, a)
	}
	if a.Deployed == nil || a.Deployed.Number != 1 || !a.Deployed.Deployed || a.CreatedAt.IsZero() {
		b.Errorf("action is %+v, want version 1 deployed", a)
	}
}

func actionNameTaken(b *bench) {
	a := b.action("one")
	err := b.createAction(host.Action{ID: host.NewID(host.ActionPrefix), Name: "one", Trigger: trigger})
	b.code(err, host.Conflict)
	b.ok(second(b.DeleteAction(b.ctx, a.ID, false)))
	b.action("one")
	b.code(b.createAction(host.Action{ID: "act_1", Name: "two", Trigger: "no such"}), host.Invalid)
}

func actionsListed(b *bench) {
	for _, name := range []string{"b", "c", "a"} {
		b.action(name)
	}
	for _, tt := range []struct {
		trigger host.Trigger
		want    string
	}{{"", "a b c "}, {trigger, "a b c "}, {"other", ""}} {
		actions, err := b.Actions(b.ctx, tt.trigger)
		b.ok(err)
		got := ""
		for _, a := range actions {
			got += a.Name + " "
		}
		b.equal("actions of "+string(tt.trigger), got, tt.want)
	}
}

func versionsNumbered(b *bench) {
	a := b.action("one")
	same, err := b.CreateVersion(b.ctx, host.Version{ActionID: a.ID}, []byte("module of one"))
	b.ok(err)
	b.equal("number", same.Number, 2)
	b.equal("digest", same.Digest, a.Deployed.Digest)
	b.equal("size", same.SizeBytes, int64(len("module of one")))
	b.equal("status", same.Status, host.BuildBuilt)
	versions, err := b.Versions(b.ctx, a.ID)
	b.ok(err)
	if len(versions) != 2 || versions[0].Number != 2 || versions[1].Number != 1 || !versions[1].Deployed {
		b.Errorf("versions are %+v, want 2 and 1, the latter deployed", versions)
	}
	for _, by := range []string{"2", same.ID} {
		got, err := b.Version(b.ctx, a.ID, by)
		b.ok(err)
		b.equal("version by "+by, got, same)
	}
	wasm, err := b.Module(b.ctx, same.Digest)
	b.ok(err)
	b.equal("module", string(wasm), "module of one")
}

func versionDigest(b *bench) {
	a := b.action("one")
	_, err := b.CreateVersion(b.ctx, host.Version{ActionID: a.ID, Digest: "sha256:0"}, []byte("w"))
	b.code(err, host.Invalid)
	sum := sha256.Sum256([]byte("w"))
	_, err = b.CreateVersion(b.ctx, host.Version{ActionID: a.ID, Digest: fmt.Sprintf("sha256:%x", sum)}, []byte("w"))
	b.ok(err)
}

func deployAndRollBack(b *bench) {
	a := b.action("one")
	first := *a.Deployed
	second := b.deploy(a.ID, "second")
	b.equal("deployed", second.Deployed, true)
	got, err := b.Version(b.ctx, a.ID, "1")
	b.ok(err)
	b.equal("the first is deployed", got.Deployed, false)
	_, err = b.Deploy(b.ctx, a.ID, first.ID)
	b.ok(err)
	got, err = b.Version(b.ctx, a.ID, "1")
	b.ok(err)
	b.equal("version 1 after the roll-back", got, first)
}

func deployRefused(b *bench) {
	one, two := b.action("one"), b.action("two")
	_, err := b.Deploy(b.ctx, one.ID, two.Deployed.ID)
	b.code(err, host.NotFound)
	failed, err := b.CreateVersion(b.ctx, host.Version{ActionID: one.ID, Status: host.BuildFailed}, []byte("module"))
	b.ok(err)
	_, err = b.Deploy(b.ctx, one.ID, failed.ID)
	b.code(err, host.Conflict)
}

func bindingsReplaced(b *bench) {
	one, two, three := b.action("one"), b.action("two"), b.action("three")
	first := b.bind(one, two)
	b.equal("position", first[1].Position, 1)
	b.equal("name of the action", first[1].Action, "two")
	second := b.bind(two, three)
	b.equal("id of the binding of two", second[0].ID, first[1].ID)
	b.equal("its age", second[0].CreatedAt, first[1].CreatedAt)
	b.equal("its position", second[0].Position, 0)
	b.reopen(nil)
	stored, err := b.Bindings(b.ctx, trigger)
	b.ok(err)
	b.equal("bindings after a reopen", stored, second)
	_, err = b.Binding(b.ctx, first[0].ID)
	b.code(err, host.NotFound)
	b.equal("bindings after clearing", len(b.bind()), 0)
}

func bindingsRefused(b *bench) {
	one := b.action("one")
	before := b.bind(one)
	_, err := b.ReplaceBindings(b.ctx, trigger, []host.Binding{{ActionID: one.ID}, {ActionID: "act_1"}, {ActionID: one.ID}})
	b.code(err, host.Invalid)
	refused, _ := errors.AsType[*host.Error](err)
	fields := refused.Fields
	if len(fields) != 2 || fields[0].Pointer != "/bindings/1/action" || fields[1].Pointer != "/bindings/2/action" {
		b.Errorf("fields are %+v, want the second and the third", fields)
	}
	after, err := b.Bindings(b.ctx, trigger)
	b.ok(err)
	b.equal("bindings", after, before)
}

func bindingUpdated(b *bench) {
	binding := b.bind(b.action("one"))[0]
	binding.DisplayName = "The one"
	binding.Settings = host.Settings{
		OnFailure: host.Stop, Egress: host.Egress{Allow: []string{"example.com"}}, Config: map[string]string{"a": "b"},
	}
	b.ok(b.UpdateBinding(b.ctx, binding))
	got, err := b.Binding(b.ctx, binding.ID)
	b.ok(err)
	b.equal("settings", got.Settings, binding.Settings)
	b.equal("display name", got.DisplayName, "The one")
}

func deleteBound(b *bench) {
	a := b.action("one")
	binding := b.bind(a)[0]
	b.ok(b.SetSecrets(b.ctx, a.ID, []host.SealedSecret{{Name: "A", Value: []byte("1")}}, nil))
	b.code(second(b.DeleteAction(b.ctx, a.ID, false)), host.Conflict)
	_, err := b.Action(b.ctx, a.ID)
	b.ok(err)
	b.ok(second(b.DeleteAction(b.ctx, a.ID, true)))
	_, err = b.Binding(b.ctx, binding.ID)
	b.code(err, host.NotFound)
	secrets, err := b.SealedSecrets(b.ctx, a.ID)
	b.ok(err)
	b.equal("secrets", len(secrets), 0)
}

func secretsOpaque(b *bench) {
	a := b.action("one")
	b.ok(b.SetSecrets(b.ctx, a.ID, []host.SealedSecret{
		{Name: "B", Value: []byte{0, 255}}, {Name: "A", Value: []byte("a")}, {Name: "C"},
	}, nil))
	b.ok(b.SetSecrets(b.ctx, a.ID, []host.SealedSecret{{Name: "A", Value: []byte("new")}}, []string{"C", "none"}))
	b.reopen(nil)
	got, err := b.SealedSecrets(b.ctx, a.ID)
	b.ok(err)
	b.equal("secrets", got, []host.SealedSecret{{Name: "A", Value: []byte("new")}, {Name: "B", Value: []byte{0, 255}}})
	a, err = b.Action(b.ctx, a.ID)
	b.ok(err)
	if len(a.Secrets) != 2 || a.Secrets[0].Name != "B" || time.Since(a.Secrets[1].UpdatedAt) > time.Minute {
		b.Errorf("the action's secrets are %+v, want B and A, as they were first set", a.Secrets)
	}
}

func keysFound(b *bench) {
	k := host.Key{
		ID: host.NewID(host.KeyPrefix), Name: "ci", Scopes: []host.Scope{host.ScopeIngest, host.ScopeRead},
		Hash: sha256.Sum256([]byte("k")), CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	b.ok(b.CreateKey(b.ctx, k))
	b.code(b.CreateKey(b.ctx, k), host.Conflict)
	for range 2 {
		got, err := b.KeyByHash(b.ctx, k.Hash)
		b.ok(err)
		b.equal("key", got, k)
		b.reopen(nil)
	}
	k.Name, k.Scopes, k.Hash, k.PreviousHash = "ci 2", []host.Scope{host.ScopeRead}, sha256.Sum256([]byte("l")), k.Hash
	k.ExpiresAt, k.RotatedAt, k.PreviousUntil = k.CreatedAt.AddDate(200, 0, 0), k.CreatedAt.AddDate(1, 0, 0), k.CreatedAt.AddDate(100, 0, 0)
	b.ok(b.UpdateKey(b.ctx, k))
	b.code(b.UpdateKey(b.ctx, host.Key{ID: "key_1"}), host.NotFound)
	for range 2 {
		for _, hash := range [][32]byte{k.Hash, k.PreviousHash} {
			got, err := b.KeyByHash(b.ctx, hash)
			b.ok(err)
			got.LastUsedAt = time.Time{} // it was used before
			b.equal("rotated key", got, k)
		}
		b.reopen(nil)
	}
	keys, err := b.Keys(b.ctx)
	b.ok(err)
	keys[0].LastUsedAt = time.Time{}
	b.equal("keys", keys, []host.Key{k})
	b.ok(b.DeleteKey(b.ctx, k.ID))
	_, err = b.KeyByHash(b.ctx, k.Hash)
	b.code(err, host.NotFound)
}

func keyUsesStored(b *bench) {
	used := func(hash [32]byte) time.Time {
		_, err := b.KeyByHash(b.ctx, hash)
		b.ok(err)
		keys, err := b.Keys(b.ctx)
		b.ok(err)
		return keys[0].LastUsedAt
	}
	now := time.Now()
	k := host.Key{ID: host.NewID(host.KeyPrefix), Name: "ci", Scopes: host.Scopes(), Hash: [32]byte{1}, CreatedAt: now, ExpiresAt: now.Add(-time.Hour)}
	b.ok(b.CreateKey(b.ctx, k))
	if at := used(k.Hash); !at.IsZero() {
		b.Errorf("an expired key was used at %v", at)
	}
	k.ExpiresAt = time.Time{}
	b.ok(b.UpdateKey(b.ctx, k))
	at := used(k.Hash)
	if at.Before(now.Add(-time.Second)) {
		b.Errorf("used at %v, want now", at)
	}
	b.ok(b.StoreKeyUses(b.ctx))
	b.ok(b.StoreKeyUses(b.ctx))
	b.reopen(nil)
	keys, err := b.Keys(b.ctx)
	b.ok(err)
	if !keys[0].LastUsedAt.Equal(at) {
		b.Errorf("used at %v after the next start, want %v", keys[0].LastUsedAt, at)
	}
}

func metaStored(b *bench) {
	b.ok(b.SetMeta(b.ctx, "keyset", []byte{1}))
	b.ok(b.SetMeta(b.ctx, "keyset", []byte{2, 0}))
	b.reopen(nil)
	got, err := b.Meta(b.ctx, "keyset")
	b.ok(err)
	b.equal("blob", got, []byte{2, 0})
}
