package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// MaxLibraryNameChars is how long a library's name may be.
const MaxLibraryNameChars = 255

// CreateLibrary makes a library, with a first version when publish is true. Its
// name must be new: [host.Conflict] otherwise. Every secret needs a value.
func (r *Registry) CreateLibrary(ctx context.Context, name string, src host.Source, secrets []host.SecretWrite, publish bool) (host.Library, error) {
	if err := checkNewLibrary(name, src, secrets); err != nil {
		return host.Library{}, err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	now := time.Now().UTC()
	src.Runtime = cmp.Or(src.Runtime, defaultRuntime)
	l := host.Library{ID: host.NewID(host.LibraryPrefix), Name: name, Source: src, CreatedAt: now, UpdatedAt: now}
	if _, err := r.Store.Library(ctx, name); err == nil {
		return l, &host.Error{Code: host.Conflict, Text: fmt.Sprintf("there is a module %q already", name), Hint: "choose another name"}
	}
	w := host.LibraryWrite{Library: l, New: true}
	if publish {
		w.Publish = &host.LibraryVersion{ID: host.NewID(host.ReleasePrefix), LibraryID: l.ID, Source: src, CreatedAt: now}
	}
	if err := r.writeLibrary(ctx, w, secrets); err != nil {
		return l, err
	}
	ctx = context.WithoutCancel(ctx) // it is done, also when whoever asked has hung up
	r.record(ctx, "library.create", l.ID, l.Name, nil, r.aboutLibrary(ctx, l.ID))
	if publish {
		r.record(ctx, "library.publish", l.ID, l.Name, nil, versionNote{ID: w.Publish.ID, Number: 1})
	}
	return r.Library(ctx, l.ID)
}

// writeLibrary seals put and stores it all.
func (r *Registry) writeLibrary(ctx context.Context, w host.LibraryWrite, put []host.SecretWrite) (err error) {
	if w.Put, err = r.seal(w.Library.ID, put); err != nil {
		return err
	}
	err = r.Store.WriteLibrary(ctx, w)
	if len(w.Put)+len(w.Remove) > 0 {
		r.secrets.forget(w.Library.ID) // also after an error: it may have been stored
	}
	return err
}

func checkNewLibrary(name string, src host.Source, secrets []host.SecretWrite) error {
	var bad fields
	bad.text("/name", name, 1, MaxLibraryNameChars)
	bad.printable("/name", name)
	if strings.HasPrefix(name, host.LibraryPrefix) {
		bad.add("/name", "must not begin with %q: ids do", host.LibraryPrefix)
	}
	bad.code(src)
	bad.newSecrets(secrets)
	return bad.invalid("the module is not valid")
}

// Library returns the library with this id or name.
func (r *Registry) Library(ctx context.Context, idOrName string) (host.Library, error) {
	l, err := r.Store.Library(ctx, idOrName)
	if host.CodeOf(err) == host.NotFound {
		return l, &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no module %q", idOrName), Hint: "look at the list of modules"}
	}
	return l, err
}

// Libraries returns all libraries in the order of their names.
func (r *Registry) Libraries(ctx context.Context) ([]host.Library, error) {
	return r.Store.Libraries(ctx)
}

// PatchLibrary changes a library's draft and secrets. Actions see a change of
// its code when it was published and they name the new version; secrets apply
// from the next run on.
func (r *Registry) PatchLibrary(ctx context.Context, library string, p host.LibraryPatch) (host.Library, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.Library(ctx, library)
	if err != nil {
		return l, err
	}
	was := r.aboutLibrary(ctx, l.ID)
	put(&l.Source.Code, p.Code)
	put(&l.Source.Dependencies, p.Dependencies)
	var bad fields
	bad.code(l.Source)
	if err := bad.invalid("the module is not valid"); err != nil {
		return l, err
	}
	w := host.LibraryWrite{Library: l}
	var secrets []host.SecretWrite
	if p.Secrets != nil {
		secrets, w.Remove = *p.Secrets, unnamed(l.Secrets, *p.Secrets)
		if err := checkSecrets(l.Secrets, secrets, w.Remove); err != nil {
			return l, err
		}
	}
	return r.changeLibrary(ctx, w, secrets, was)
}

// changeLibrary stores a library's draft and secrets.
func (r *Registry) changeLibrary(ctx context.Context, w host.LibraryWrite, put []host.SecretWrite, was any) (host.Library, error) {
	l := w.Library
	w.Library.UpdatedAt = time.Now().UTC()
	if err := r.writeLibrary(ctx, w, put); err != nil {
		return l, err
	}
	ctx = context.WithoutCancel(ctx) // it is done, also when whoever asked has hung up
	r.record(ctx, "library.update", l.ID, l.Name, was, r.aboutLibrary(ctx, l.ID))
	return r.Library(ctx, l.ID)
}

// DeleteLibrary deletes a library with its versions and secrets. One that the
// draft or a version of an action uses is [host.Conflict].
func (r *Registry) DeleteLibrary(ctx context.Context, library string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.Library(ctx, library)
	if err != nil {
		return err
	}
	was := r.aboutLibrary(ctx, l.ID)
	if err := r.Store.DeleteLibrary(ctx, l.ID); err != nil {
		return err
	}
	r.secrets.forget(l.ID)
	r.record(ctx, "library.delete", l.ID, l.Name, was, nil)
	return nil
}

// LibraryUsers returns the actions whose drafts use a library, in the order of
// their names, without their secrets and versions.
func (r *Registry) LibraryUsers(ctx context.Context, library string) ([]host.LibraryUser, error) {
	l, err := r.Library(ctx, library)
	if err != nil {
		return nil, err
	}
	return r.Store.LibraryUsers(ctx, l.ID)
}

// PublishLibrary makes a version of a library's draft. Without a change of its
// code, dependencies or secrets since the latest version, it returns that.
func (r *Registry) PublishLibrary(ctx context.Context, library string) (host.LibraryVersion, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.Library(ctx, library)
	if err != nil {
		return host.LibraryVersion{}, err
	}
	if l.AllPublished() {
		return *l.Latest, nil
	}
	v, err := r.Store.PublishLibrary(ctx, host.LibraryVersion{
		ID: host.NewID(host.ReleasePrefix), LibraryID: l.ID, Source: l.Source, CreatedAt: time.Now().UTC(),
	})
	if err == nil {
		r.record(ctx, "library.publish", l.ID, l.Name, nil, versionNote{ID: v.ID, Number: v.Number})
	}
	return v, err
}

// RollbackLibrary makes a version's source the library's draft again.
func (r *Registry) RollbackLibrary(ctx context.Context, library, versionID string) (host.Library, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.Library(ctx, library)
	if err != nil {
		return l, err
	}
	v, err := r.libraryVersion(ctx, l, versionID)
	if err != nil {
		return l, err
	}
	was := r.aboutLibrary(ctx, l.ID)
	l.Source = v.Source
	return r.changeLibrary(ctx, host.LibraryWrite{Library: l}, nil, was)
}

// LibraryVersions returns a library's versions, newest first.
func (r *Registry) LibraryVersions(ctx context.Context, library string) ([]host.LibraryVersion, error) {
	l, err := r.Library(ctx, library)
	if err != nil {
		return nil, err
	}
	return r.Store.LibraryVersions(ctx, l.ID)
}

// LibraryVersion returns one version of a library.
func (r *Registry) LibraryVersion(ctx context.Context, library, versionID string) (host.LibraryVersion, error) {
	l, err := r.Library(ctx, library)
	if err != nil {
		return host.LibraryVersion{}, err
	}
	return r.libraryVersion(ctx, l, versionID)
}

func (r *Registry) libraryVersion(ctx context.Context, l host.Library, versionID string) (host.LibraryVersion, error) {
	versions, err := r.Store.LibraryVersions(ctx, l.ID)
	if err != nil {
		return host.LibraryVersion{}, err
	}
	if i := slices.IndexFunc(versions, func(v host.LibraryVersion) bool { return v.ID == versionID }); i >= 0 {
		return versions[i], nil
	}
	return host.LibraryVersion{}, noLibraryVersion(l, versionID)
}

func noLibraryVersion(l host.Library, version string) *host.Error {
	return &host.Error{
		Code: host.NotFound, Text: fmt.Sprintf("module %q has no version %s", l.Name, version), Hint: "look at the list of its versions",
	}
}

// libraryNote is what the log of changes tells of a library.
type libraryNote struct {
	Name    string      `json:"name"`
	Secrets []string    `json:"secrets,omitempty"` // names
	Source  *sourceNote `json:"source"`
}

// aboutLibrary tells of a library as it is stored; nil when it can't be read.
func (r *Registry) aboutLibrary(ctx context.Context, id string) any {
	l, err := r.Store.Library(ctx, id)
	if err != nil {
		return nil
	}
	return libraryNote{l.Name, secretsOf(l.Secrets), aboutSource(l.Source)}
}
