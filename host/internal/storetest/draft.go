package storetest

import (
	"time"

	"github.com/usherhost/usher/host"
)

var draftPromises = []promise{
	{"a draft is kept whole, after a reopen too", draftKept},
	{"an older revision of a draft is refused, the same one overwrites", draftRevisions},
	{"drafts are listed by status, those that wait longest first", draftsListed},
	{"a draft needs its action, its module and its shared modules", draftRefused},
	{"deleting an action deletes its draft", draftDeleted},
	{"a module that only an older draft had is gone", draftModuleDropped},
	{"a module that a plan has stays when the draft changes", draftModuleStays},
	{"a version is made of a stored module, and keeps its source", versionOfModule},
	{"an action gets another name", actionRenamed},
}

// source returns what an author may have written.
func source(code string) host.Source {
	return host.Source{
		Runtime: host.RuntimeNode, Code: code,
		Dependencies: []host.Dependency{{Name: "axios", Version: "1.7.0", RegistryURL: "https://registry.npmjs.org"}},
	}
}

func (b *bench) bareAction(name string) host.Action {
	b.Helper()
	a := host.Action{ID: host.NewID(host.ActionPrefix), Name: name, Trigger: trigger}
	b.ok(b.createAction(a))
	return a
}

// draft puts a draft that has this module.
func (b *bench) draft(actionID string, revision int64, wasm string) host.Draft {
	b.Helper()
	d := host.Draft{ActionID: actionID, Source: source(wasm), Revision: revision, Status: host.BuildPending}
	var module []byte
	if wasm != "" {
		module = []byte(wasm)
		d.Status, d.Digest, d.BuiltAt = host.BuildBuilt, host.Digest(module), time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	}
	b.ok(b.PutDraft(b.ctx, d, module))
	d, err := b.Draft(b.ctx, actionID)
	b.ok(err)
	return d
}

func draftKept(b *bench) {
	a := b.bareAction("one")
	want := host.Draft{
		ActionID: a.ID, Source: source("throw"), Revision: 3, Status: host.BuildFailed,
		Errors:    []host.BuildMessage{{Text: "unexpected }", File: "action.js", Line: 2, Column: 7, LineText: "}}", Hint: "remove it"}},
		UpdatedAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
	}
	b.ok(b.PutDraft(b.ctx, want, nil))
	b.reopen(nil)
	got, err := b.Draft(b.ctx, a.ID)
	b.ok(err)
	b.equal("draft", got, want)
}

func draftRevisions(b *bench) {
	a := b.bareAction("one")
	d := b.draft(a.ID, 2, "")
	d.Status = host.BuildBuilding
	b.ok(b.PutDraft(b.ctx, d, nil))
	d.Revision, d.Status = 1, host.BuildFailed
	b.code(b.PutDraft(b.ctx, d, nil), host.Conflict)
	got, err := b.Draft(b.ctx, a.ID)
	b.ok(err)
	b.equal("status", got.Status, host.BuildBuilding)
	d.Revision = 4
	b.ok(b.PutDraft(b.ctx, d, nil))
	got, err = b.Draft(b.ctx, a.ID)
	b.ok(err)
	b.equal("revision", got.Revision, int64(4))
}

func draftsListed(b *bench) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i, status := range []host.BuildStatus{host.BuildPending, host.BuildBuilding, host.BuildFailed, host.BuildPending} {
		a := b.bareAction(string(rune('a' + i)))
		b.ok(b.PutDraft(b.ctx, host.Draft{
			ActionID: a.ID, Source: source(a.Name), Revision: 1, Status: status, UpdatedAt: at.Add(-time.Duration(i) * time.Second),
		}, nil))
	}
	for _, tt := range []struct {
		statuses []host.BuildStatus
		want     string
	}{
		{nil, "dcba"},
		{[]host.BuildStatus{host.BuildPending, host.BuildBuilding}, "dba"},
		{[]host.BuildStatus{host.BuildBuilt}, ""},
	} {
		drafts, err := b.Drafts(b.ctx, tt.statuses...)
		b.ok(err)
		got := ""
		for _, d := range drafts {
			got += d.Source.Code
		}
		b.equal("drafts", got, tt.want)
	}
}

func draftRefused(b *bench) {
	a := b.bareAction("one")
	for _, tt := range []struct {
		name   string
		change func(*host.Draft)
		want   host.Code
	}{
		{"of no action", func(d *host.Draft) { d.ActionID = "act_1" }, host.NotFound},
		{"without a revision", func(d *host.Draft) { d.Revision = 0 }, host.Invalid},
		{"without a status", func(d *host.Draft) { d.Status = "" }, host.Invalid},
		{"with a module that is not stored", func(d *host.Draft) { d.Digest = "sha256:0" }, host.Conflict},
		{"with a shared module there is not", func(d *host.Draft) { d.Source.SharedModules = []host.SharedModuleRef{{SharedModuleID: "lib_1"}} }, host.NotFound},
	} {
		d := host.Draft{ActionID: a.ID, Source: source("x"), Revision: 1, Status: host.BuildPending}
		tt.change(&d)
		if err := b.PutDraft(b.ctx, d, nil); err == nil || host.CodeOf(err) != tt.want {
			b.Errorf("%s: error is %v, want one with code %q", tt.name, err, tt.want)
		}
	}
	_, err := b.Draft(b.ctx, a.ID)
	b.code(err, host.NotFound)
}

func draftDeleted(b *bench) {
	a := b.bareAction("one")
	d := b.draft(a.ID, 1, "module")
	b.ok(second(b.DeleteAction(b.ctx, a.ID, false)))
	_, err := b.Draft(b.ctx, a.ID)
	b.code(err, host.NotFound)
	_, err = b.Module(b.ctx, d.Digest)
	b.code(err, host.NotFound)
}

func draftModuleDropped(b *bench) {
	one, two := b.bareAction("one"), b.bareAction("two")
	first := b.draft(one.ID, 1, "first")
	b.draft(two.ID, 1, "first")
	b.draft(one.ID, 2, "second")
	_, err := b.Module(b.ctx, first.Digest)
	b.ok(err) // the other draft has it
	b.draft(two.ID, 2, "")
	_, err = b.Module(b.ctx, first.Digest)
	b.code(err, host.NotFound)
}

func draftModuleStays(b *bench) {
	one := b.action("one")
	wasm := "module of one"
	b.bind(one)
	b.accept(event("a"))
	two := b.bareAction("two")
	b.draft(two.ID, 1, wasm)
	b.ok(second(b.DeleteAction(b.ctx, one.ID, true)))
	b.ok(second(b.DeleteAction(b.ctx, two.ID, false)))
	got, err := b.Module(b.ctx, one.Deployed.Digest)
	b.ok(err)
	b.equal("module", string(got), wasm)
}

func versionOfModule(b *bench) {
	a := b.bareAction("one")
	d := b.draft(a.ID, 5, "module")
	made, err := b.CreateVersion(b.ctx, host.Version{ActionID: a.ID, Digest: d.Digest, Source: &d.Source, Revision: 5}, nil)
	b.ok(err)
	b.equal("size", made.SizeBytes, int64(len("module")))
	_, err = b.Deploy(b.ctx, a.ID, made.ID)
	b.ok(err)
	b.reopen(nil)
	got, err := b.Version(b.ctx, a.ID, "1")
	b.ok(err)
	b.equal("source", *got.Source, d.Source)
	b.equal("revision", got.Revision, int64(5))
	a, err = b.Action(b.ctx, a.ID)
	b.ok(err)
	b.equal("source of the deployed version", *a.Deployed.Source, d.Source)
	_, err = b.CreateVersion(b.ctx, host.Version{ActionID: a.ID, Digest: "sha256:0"}, nil)
	b.code(err, host.NotFound)
	uploaded := b.deploy(a.ID, "uploaded")
	b.equal("source of an uploaded version", uploaded.Source == nil, true)
}

func actionRenamed(b *bench) {
	actions := b.bound("one", "two")
	a := actions[0]
	a.Name, a.UpdatedAt = "first", time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	b.ok(b.WriteAction(b.ctx, host.ActionWrite{Action: a}))
	got, err := b.Action(b.ctx, "first")
	b.ok(err)
	b.equal("action", got, a)
	b.equal("plan", names(b.execution(b.accept(event("a")).ExecutionID).Plan), "first@1 two@1")
	a.Name = "two"
	b.code(b.WriteAction(b.ctx, host.ActionWrite{Action: a}), host.Conflict)
	a.ID = "act_1"
	b.code(b.WriteAction(b.ctx, host.ActionWrite{Action: a}), host.NotFound)
}
