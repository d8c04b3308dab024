package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

var sharedModulePromises = []promise{
	{"a shared module is found by id and by name, after a reopen too", sharedModuleFound},
	{"a shared module's name is its own", sharedModuleNameTaken},
	{"a shared module's versions are numbered from 1 and listed newest first", sharedModulePublished},
	{"a shared module has secrets as an action has", sharedModuleSecrets},
	{"a shared module that a draft or a version uses is not deleted, and the error names the users", sharedModuleInUse},
	{"the actions whose drafts use a shared module are found, with what they use of it", sharedModuleUsers},
	{"deleting a shared module deletes its versions and secrets", sharedModuleDeleted},
	{"what is no shared module is not found", sharedModuleNotFound},
}

func (b *bench) sharedModule(name string) host.SharedModule {
	b.Helper()
	b.ok(b.WriteSharedModule(b.ctx, host.SharedModuleWrite{New: true, SharedModule: host.SharedModule{ID: host.NewID(host.SharedModulePrefix), Name: name, Source: source("code of " + name)}}))
	l, err := b.SharedModule(b.ctx, name)
	b.ok(err)
	return l
}

func sharedModuleFound(b *bench) {
	l := b.sharedModule("shared")
	b.sharedModule("another")
	l.Source, l.UpdatedAt = source("newer"), time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	b.ok(b.WriteSharedModule(b.ctx, host.SharedModuleWrite{SharedModule: l}))
	b.reopen(nil)
	for _, by := range []string{l.ID, "shared"} {
		got, err := b.SharedModule(b.ctx, by)
		b.ok(err)
		b.equal("shared module by "+by, got, l)
	}
	all, err := b.SharedModules(b.ctx)
	b.ok(err)
	if len(all) != 2 || all[0].Name != "another" || all[1].Source.Code != "newer" {
		b.Errorf("shared modules are %+v, want both by name", all)
	}
}

func sharedModuleNameTaken(b *bench) {
	b.sharedModule("shared")
	b.code(b.WriteSharedModule(b.ctx, host.SharedModuleWrite{New: true, SharedModule: host.SharedModule{ID: host.NewID(host.SharedModulePrefix), Name: "shared"}}), host.Conflict)
	b.code(b.WriteSharedModule(b.ctx, host.SharedModuleWrite{New: true, SharedModule: host.SharedModule{Name: "nameless"}}), host.Invalid)
}

func sharedModulePublished(b *bench) {
	l := b.sharedModule("shared")
	for number, code := range []string{"first", "second"} {
		v, err := b.PublishSharedModule(b.ctx, host.SharedModuleVersion{SharedModuleID: l.ID, Source: source(code)})
		b.ok(err)
		b.equal("number", v.Number, number+1)
		if !strings.HasPrefix(v.ID, host.ReleasePrefix) || v.CreatedAt.IsZero() {
			b.Errorf("version is %+v, want an id and a time", v)
		}
	}
	b.reopen(nil)
	versions, err := b.SharedModuleVersions(b.ctx, l.ID)
	b.ok(err)
	if len(versions) != 2 || versions[0].Source.Code != "second" || versions[1].Source.Code != "first" {
		b.Errorf("versions are %+v, want the second and the first", versions)
	}
	l, err = b.SharedModule(b.ctx, l.ID)
	b.ok(err)
	b.equal("latest", *l.Latest, versions[0])
}

func sharedModuleSecrets(b *bench) {
	l := b.sharedModule("shared")
	b.ok(b.SetSecrets(b.ctx, l.ID, []host.SealedSecret{{Name: "B", Value: []byte("b")}, {Name: "A", Value: []byte("a")}}, nil))
	b.ok(b.SetSecrets(b.ctx, l.ID, nil, []string{"B"}))
	got, err := b.SealedSecrets(b.ctx, l.ID)
	b.ok(err)
	b.equal("secrets", got, []host.SealedSecret{{Name: "A", Value: []byte("a")}})
	l, err = b.SharedModule(b.ctx, l.ID)
	b.ok(err)
	if len(l.Secrets) != 1 || l.Secrets[0].Name != "A" {
		b.Errorf("the shared module's secrets are %+v, want A", l.Secrets)
	}
}

// using returns a source that names the shared module twice.
func using(l host.SharedModule) host.Source {
	s := source("require")
	ref := host.SharedModuleRef{SharedModuleID: l.ID, Name: l.Name, Number: 1}
	s.SharedModules = []host.SharedModuleRef{ref, ref}
	return s
}

func sharedModuleInUse(b *bench) {
	l, a, other := b.sharedModule("shared"), b.bareAction("drafted"), b.action("deployed")
	b.ok(b.PutDraft(b.ctx, host.Draft{ActionID: a.ID, Source: using(l), Revision: 1, Status: host.BuildPending}, nil))
	of := using(l)
	_, err := b.CreateVersion(b.ctx, host.Version{ActionID: other.ID, Source: &of}, []byte("w"))
	b.ok(err)
	err = b.DeleteSharedModule(b.ctx, l.ID)
	b.code(err, host.Conflict)
	if !strings.Contains(err.Error(), `"deployed", "drafted"`) {
		b.Errorf("error is %q, want the names of both actions", err)
	}
	b.ok(b.PutDraft(b.ctx, host.Draft{ActionID: a.ID, Source: source("none"), Revision: 2, Status: host.BuildPending}, nil))
	err = b.DeleteSharedModule(b.ctx, l.ID)
	b.code(err, host.Conflict)
	if strings.Contains(err.Error(), "drafted") {
		b.Errorf("error is %q, the draft uses it no more", err)
	}
	b.ok(second(b.DeleteAction(b.ctx, other.ID, true)))
	b.ok(b.DeleteSharedModule(b.ctx, l.ID))
}

func sharedModuleUsers(b *bench) {
	l, other := b.sharedModule("shared"), b.sharedModule("other")
	for _, name := range []string{"b", "a", "former", "none"} {
		b.bareAction(name)
	}
	use := func(action string, revision int64, sharedModules ...host.SharedModule) {
		a, err := b.Action(b.ctx, action)
		b.ok(err)
		s := source("require")
		for i, l := range sharedModules {
			s.SharedModules = append(s.SharedModules, host.SharedModuleRef{SharedModuleID: l.ID, Name: l.Name, Number: i + 1})
		}
		b.ok(b.PutDraft(b.ctx, host.Draft{ActionID: a.ID, Source: s, Revision: revision, Status: host.BuildPending}, nil))
	}
	use("b", 1, other, l)
	use("a", 1, l)
	use("former", 1, l)
	use("former", 2, other)
	users, err := b.SharedModuleUsers(b.ctx, l.ID)
	b.ok(err)
	got := ""
	for _, u := range users {
		got += fmt.Sprintf("%s %s@%d ", u.Action.Name, u.Ref.Name, u.Ref.Number)
	}
	b.equal("users", got, "a shared@1 b shared@2 ")
	users, err = b.SharedModuleUsers(b.ctx, "lib_1")
	b.ok(err)
	b.equal("users of none", len(users), 0)
}

func sharedModuleDeleted(b *bench) {
	l := b.sharedModule("shared")
	_, err := b.PublishSharedModule(b.ctx, host.SharedModuleVersion{SharedModuleID: l.ID})
	b.ok(err)
	b.ok(b.SetSecrets(b.ctx, l.ID, []host.SealedSecret{{Name: "A"}}, nil))
	b.ok(b.DeleteSharedModule(b.ctx, l.ID))
	secrets, err := b.SealedSecrets(b.ctx, l.ID)
	b.ok(err)
	b.equal("secrets", len(secrets), 0)
	_, err = b.SharedModuleVersions(b.ctx, l.ID)
	b.code(err, host.NotFound)
	b.sharedModule("shared")
}

func sharedModuleNotFound(b *bench) {
	for what, err := range map[string]error{
		"read":     second(b.SharedModule(b.ctx, "lib_1")),
		"update":   b.WriteSharedModule(b.ctx, host.SharedModuleWrite{SharedModule: host.SharedModule{ID: "lib_1"}}),
		"delete":   b.DeleteSharedModule(b.ctx, "lib_1"),
		"publish":  second(b.PublishSharedModule(b.ctx, host.SharedModuleVersion{SharedModuleID: "lib_1"})),
		"versions": second(b.SharedModuleVersions(b.ctx, "lib_1")),
	} {
		if host.CodeOf(err) != host.NotFound || err == nil {
			b.Errorf("%s: error is %v, want not found", what, err)
		}
	}
}
