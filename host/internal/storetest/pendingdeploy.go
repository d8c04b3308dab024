package storetest

import (
	"time"

	"github.com/usherhost/usher/host"
)

var pendingDeployPromises = []promise{
	{"an action is written whole, or not at all", actionWrittenWhole},
	{"a shared module is written whole, or not at all", sharedModuleWrittenWhole},
	{"a pending deploy stays with its draft, after a reopen and a patch too", pendingDeployStored},
	{"a deploy of any version ends the pending deploy", pendingDeployEnds},
	{"a version is stored and deployed at once, with a draft, or not at all", releasedWhole},
	{"a draft's module is stored with it, or not at all", draftWithModule},
}

var asking = host.Actor{Kind: "key", ID: "key_1", Name: "ada"}

// pendingDeploy is a new action with a draft and a pending deploy.
func (b *bench) pendingDeploy(name string) (host.Action, host.Draft) {
	b.Helper()
	a := host.Action{ID: host.NewID(host.ActionPrefix), Name: name, Trigger: trigger}
	d := host.Draft{ActionID: a.ID, Source: source("one"), Revision: 1, Status: host.BuildPending}
	b.ok(b.WriteAction(b.ctx, host.ActionWrite{
		Action: a, New: true, Draft: &d, DeployWhenBuilt: &asking, Put: []host.SealedSecret{{Name: "A", Value: []byte("1")}},
	}))
	return a, d
}

func actionWrittenWhole(b *bench) {
	a, _ := b.pendingDeploy("one")
	b.pendingDeploy("two")
	got, err := b.Action(b.ctx, "one")
	b.ok(err)
	b.equal("secrets", len(got.Secrets), 1)
	invalid := host.Draft{ActionID: a.ID, Revision: 2, Status: host.BuildPending, Source: host.Source{
		Code: "two", SharedModules: []host.SharedModuleRef{{SharedModuleID: "lib_1"}},
	}}
	other := host.Action{ID: host.NewID(host.ActionPrefix), Name: "three", Trigger: trigger}
	for _, w := range []host.ActionWrite{
		{Action: host.Action{ID: a.ID, Name: "renamed"}, Remove: []string{"A"}, Draft: &invalid},
		{Action: host.Action{ID: a.ID, Name: "two"}, Remove: []string{"A"}},
		{Action: other, New: true, Put: []host.SealedSecret{{Name: "A"}}, Draft: &invalid},
	} {
		if err := b.WriteAction(b.ctx, w); err == nil {
			b.Error("it was written")
		}
	}
	after, err := b.Action(b.ctx, a.ID)
	b.ok(err)
	b.equal("action", after, got)
	d, err := b.Draft(b.ctx, a.ID)
	b.ok(err)
	b.equal("revision", d.Revision, int64(1))
	_, err = b.Action(b.ctx, other.ID)
	b.code(err, host.NotFound)
	secrets, err := b.SealedSecrets(b.ctx, other.ID)
	b.ok(err)
	b.equal("secrets without an owner", len(secrets), 0)
}

func sharedModuleWrittenWhole(b *bench) {
	l := host.SharedModule{ID: host.NewID(host.SharedModulePrefix), Name: "shared", Source: source("one")}
	b.ok(b.WriteSharedModule(b.ctx, host.SharedModuleWrite{
		SharedModule: l, New: true, Put: []host.SealedSecret{{Name: "A", Value: []byte("1")}},
		Publish: &host.SharedModuleVersion{SharedModuleID: l.ID, Source: l.Source},
	}))
	got, err := b.SharedModule(b.ctx, "shared")
	b.ok(err)
	b.equal("version", got.Latest.Number, 1)
	l.Source = source("two")
	err = b.WriteSharedModule(b.ctx, host.SharedModuleWrite{
		SharedModule: l, Remove: []string{"A"}, Publish: &host.SharedModuleVersion{SharedModuleID: "lib_1"},
	})
	b.code(err, host.NotFound)
	after, err := b.SharedModule(b.ctx, "shared")
	b.ok(err)
	b.equal("shared module", after, got)
}

func pendingDeployStored(b *bench) {
	a, d := b.pendingDeploy("one")
	b.pendingDeploy("two")
	patched := d
	patched.Revision, patched.Source = 2, source("two")
	b.ok(b.WriteAction(b.ctx, host.ActionWrite{Action: a, Draft: &patched}))
	b.reopen(nil)
	w, err := b.PendingDeploy(b.ctx, a.ID)
	b.ok(err)
	b.equal("asked at some time", w.AskedAt.IsZero(), false)
	w.AskedAt = time.Time{}
	b.equal("pending deploy", w, host.PendingDeploy{ActionID: a.ID, Revision: 1, Source: d.Source, Actor: asking})
	all, err := b.PendingDeploys(b.ctx)
	b.ok(err)
	b.equal("pending deploys", len(all), 2)
	b.ok(b.DropPendingDeploy(b.ctx, a.ID, 2))
	_, err = b.PendingDeploy(b.ctx, a.ID)
	b.ok(err) // it is for another revision
	b.ok(b.DropPendingDeploy(b.ctx, a.ID, 1))
	_, err = b.PendingDeploy(b.ctx, a.ID)
	b.code(err, host.NotFound)
}

func pendingDeployEnds(b *bench) {
	for name, end := range map[string]func(host.Action){
		"a deploy": func(a host.Action) {
			v, err := b.CreateVersion(b.ctx, host.Version{ActionID: a.ID}, []byte("module"))
			b.ok(err)
			_, err = b.Deploy(b.ctx, a.ID, v.ID)
			b.ok(err)
		},
		"a release": func(a host.Action) {
			_, err := b.Release(b.ctx, host.Version{ActionID: a.ID}, []byte("module"), nil)
			b.ok(err)
		},
		"its end": func(a host.Action) { b.ok(second(b.DeleteAction(b.ctx, a.ID, false))) },
	} {
		a, _ := b.pendingDeploy(name)
		end(a)
		_, err := b.PendingDeploy(b.ctx, a.ID)
		b.code(err, host.NotFound)
	}
}

func releasedWhole(b *bench) {
	a, d := b.pendingDeploy("one")
	d.Revision, d.Status, d.Digest = 2, host.BuildBuilt, host.Digest([]byte("module"))
	v, err := b.Release(b.ctx, host.Version{ActionID: a.ID, Source: &d.Source, Revision: 2}, []byte("module"), &d)
	b.ok(err)
	b.equal("deployed", v.Deployed, true)
	b.equal("number", v.Number, 1)
	got, err := b.Draft(b.ctx, a.ID)
	b.ok(err)
	b.equal("draft", got.Digest, v.Digest)
	stale := d
	stale.Revision = 1
	_, err = b.Release(b.ctx, host.Version{ActionID: a.ID}, []byte("other"), &stale)
	b.code(err, host.Conflict)
	_, err = b.Release(b.ctx, host.Version{ActionID: a.ID, Digest: "sha256:0"}, nil, nil)
	b.code(err, host.NotFound)
	versions, err := b.Versions(b.ctx, a.ID)
	b.ok(err)
	b.equal("versions", len(versions), 1)
	_, err = b.Module(b.ctx, host.Digest([]byte("other")))
	b.code(err, host.NotFound)
}

func draftWithModule(b *bench) {
	a, d := b.pendingDeploy("one")
	d.Status, d.Digest = host.BuildBuilt, host.Digest([]byte("module"))
	b.code(b.PutDraft(b.ctx, d, []byte("another")), host.Invalid)
	b.draft(a.ID, 2, "")
	b.code(b.PutDraft(b.ctx, d, []byte("module")), host.Conflict)
	_, err := b.Module(b.ctx, d.Digest)
	b.code(err, host.NotFound)
}
