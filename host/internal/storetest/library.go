package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

var libraryPromises = []promise{
	{"a library is found by id and by name, after a reopen too", libraryFound},
	{"a library's name is its own", libraryNameTaken},
	{"a library's versions are numbered from 1 and listed newest first", libraryPublished},
	{"a library has secrets as an action has", librarySecrets},
	{"a library that a draft or a version uses is not deleted, and says who does", libraryInUse},
	{"the actions whose drafts use a library are found, with what they use of it", libraryUsers},
	{"deleting a library deletes its versions and secrets", libraryDeleted},
	{"what is no library is not found", libraryNotFound},
}

func (b *bench) library(name string) host.Library {
	b.Helper()
	b.ok(b.WriteLibrary(b.ctx, host.LibraryWrite{New: true, Library: host.Library{ID: host.NewID(host.LibraryPrefix), Name: name, Source: source("code of " + name)}}))
	l, err := b.Library(b.ctx, name)
	b.ok(err)
	return l
}

func libraryFound(b *bench) {
	l := b.library("shared")
	b.library("another")
	l.Source, l.UpdatedAt = source("newer"), time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	b.ok(b.WriteLibrary(b.ctx, host.LibraryWrite{Library: l}))
	b.reopen(nil)
	for _, by := range []string{l.ID, "shared"} {
		got, err := b.Library(b.ctx, by)
		b.ok(err)
		b.equal("library by "+by, got, l)
	}
	all, err := b.Libraries(b.ctx)
	b.ok(err)
	if len(all) != 2 || all[0].Name != "another" || all[1].Source.Code != "newer" {
		b.Errorf("libraries are %+v, want both by name", all)
	}
}

func libraryNameTaken(b *bench) {
	b.library("shared")
	b.code(b.WriteLibrary(b.ctx, host.LibraryWrite{New: true, Library: host.Library{ID: host.NewID(host.LibraryPrefix), Name: "shared"}}), host.Conflict)
	b.code(b.WriteLibrary(b.ctx, host.LibraryWrite{New: true, Library: host.Library{Name: "nameless"}}), host.Invalid)
}

func libraryPublished(b *bench) {
	l := b.library("shared")
	for number, code := range []string{"first", "second"} {
		v, err := b.PublishLibrary(b.ctx, host.LibraryVersion{LibraryID: l.ID, Source: source(code)})
		b.ok(err)
		b.equal("number", v.Number, number+1)
		if !strings.HasPrefix(v.ID, host.ReleasePrefix) || v.CreatedAt.IsZero() {
			b.Errorf("version is %+v, want an id and a time", v)
		}
	}
	b.reopen(nil)
	versions, err := b.LibraryVersions(b.ctx, l.ID)
	b.ok(err)
	if len(versions) != 2 || versions[0].Source.Code != "second" || versions[1].Source.Code != "first" {
		b.Errorf("versions are %+v, want the second and the first", versions)
	}
	l, err = b.Library(b.ctx, l.ID)
	b.ok(err)
	b.equal("latest", *l.Latest, versions[0])
}

func librarySecrets(b *bench) {
	l := b.library("shared")
	b.ok(b.SetSecrets(b.ctx, l.ID, []host.SealedSecret{{Name: "B", Value: []byte("b")}, {Name: "A", Value: []byte("a")}}, nil))
	b.ok(b.SetSecrets(b.ctx, l.ID, nil, []string{"B"}))
	got, err := b.SealedSecrets(b.ctx, l.ID)
	b.ok(err)
	b.equal("secrets", got, []host.SealedSecret{{Name: "A", Value: []byte("a")}})
	l, err = b.Library(b.ctx, l.ID)
	b.ok(err)
	if len(l.Secrets) != 1 || l.Secrets[0].Name != "A" {
		b.Errorf("the library's secrets are %+v, want A", l.Secrets)
	}
}

// using returns a source that names the library twice.
func using(l host.Library) host.Source {
	s := source("require")
	ref := host.LibraryRef{LibraryID: l.ID, Name: l.Name, Number: 1}
	s.Libraries = []host.LibraryRef{ref, ref}
	return s
}

func libraryInUse(b *bench) {
	l, a, other := b.library("shared"), b.bareAction("drafted"), b.action("deployed")
	b.ok(b.PutDraft(b.ctx, host.Draft{ActionID: a.ID, Source: using(l), Revision: 1, Status: host.BuildPending}, nil))
	of := using(l)
	_, err := b.CreateVersion(b.ctx, host.Version{ActionID: other.ID, Source: &of}, []byte("w"))
	b.ok(err)
	err = b.DeleteLibrary(b.ctx, l.ID)
	b.code(err, host.Conflict)
	if !strings.Contains(err.Error(), `"deployed", "drafted"`) {
		b.Errorf("error is %q, want the names of both actions", err)
	}
	b.ok(b.PutDraft(b.ctx, host.Draft{ActionID: a.ID, Source: source("none"), Revision: 2, Status: host.BuildPending}, nil))
	err = b.DeleteLibrary(b.ctx, l.ID)
	b.code(err, host.Conflict)
	if strings.Contains(err.Error(), "drafted") {
		b.Errorf("error is %q, the draft uses it no more", err)
	}
	b.ok(b.DeleteAction(b.ctx, other.ID, true))
	b.ok(b.DeleteLibrary(b.ctx, l.ID))
}

func libraryUsers(b *bench) {
	l, other := b.library("shared"), b.library("other")
	for _, name := range []string{"b", "a", "former", "none"} {
		b.bareAction(name)
	}
	use := func(action string, revision int64, libraries ...host.Library) {
		a, err := b.Action(b.ctx, action)
		b.ok(err)
		s := source("require")
		for i, l := range libraries {
			s.Libraries = append(s.Libraries, host.LibraryRef{LibraryID: l.ID, Name: l.Name, Number: i + 1})
		}
		b.ok(b.PutDraft(b.ctx, host.Draft{ActionID: a.ID, Source: s, Revision: revision, Status: host.BuildPending}, nil))
	}
	use("b", 1, other, l)
	use("a", 1, l)
	use("former", 1, l)
	use("former", 2, other)
	users, err := b.LibraryUsers(b.ctx, l.ID)
	b.ok(err)
	got := ""
	for _, u := range users {
		got += fmt.Sprintf("%s %s@%d ", u.Action.Name, u.Ref.Name, u.Ref.Number)
	}
	b.equal("users", got, "a shared@1 b shared@2 ")
	users, err = b.LibraryUsers(b.ctx, "lib_1")
	b.ok(err)
	b.equal("users of none", len(users), 0)
}

func libraryDeleted(b *bench) {
	l := b.library("shared")
	_, err := b.PublishLibrary(b.ctx, host.LibraryVersion{LibraryID: l.ID})
	b.ok(err)
	b.ok(b.SetSecrets(b.ctx, l.ID, []host.SealedSecret{{Name: "A"}}, nil))
	b.ok(b.DeleteLibrary(b.ctx, l.ID))
	secrets, err := b.SealedSecrets(b.ctx, l.ID)
	b.ok(err)
	b.equal("secrets", len(secrets), 0)
	_, err = b.LibraryVersions(b.ctx, l.ID)
	b.code(err, host.NotFound)
	b.library("shared")
}

func libraryNotFound(b *bench) {
	for what, err := range map[string]error{
		"read":     second(b.Library(b.ctx, "lib_1")),
		"update":   b.WriteLibrary(b.ctx, host.LibraryWrite{Library: host.Library{ID: "lib_1"}}),
		"delete":   b.DeleteLibrary(b.ctx, "lib_1"),
		"publish":  second(b.PublishLibrary(b.ctx, host.LibraryVersion{LibraryID: "lib_1"})),
		"versions": second(b.LibraryVersions(b.ctx, "lib_1")),
	} {
		if host.CodeOf(err) != host.NotFound || err == nil {
			b.Errorf("%s: error is %v, want not found", what, err)
		}
	}
}
