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

// MaxSharedModuleNameChars is how long a shared module's name may be.
const MaxSharedModuleNameChars = 255

// CreateSharedModule makes a shared module, with a first version when publish is true. Its
// name must be new: [host.Conflict] otherwise. Every secret needs a value.
func (r *Registry) CreateSharedModule(ctx context.Context, name string, src host.Source, secrets []host.SecretWrite, publish bool) (host.SharedModule, error) {
	if err := checkNewSharedModule(name, src, secrets); err != nil {
		return host.SharedModule{}, err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	now := time.Now().UTC()
	src.Runtime = cmp.Or(src.Runtime, host.RuntimeNode)
	l := host.SharedModule{ID: host.NewID(host.SharedModulePrefix), Name: name, Source: src, CreatedAt: now, UpdatedAt: now}
	if _, err := r.Store.SharedModule(ctx, name); err == nil {
		return l, &host.Error{Code: host.Conflict, Text: fmt.Sprintf("there is a module %q already", name), Hint: "choose another name"}
	}
	w := host.SharedModuleWrite{SharedModule: l, New: true}
	if publish {
		w.Publish = &host.SharedModuleVersion{ID: host.NewID(host.ReleasePrefix), SharedModuleID: l.ID, Source: src, CreatedAt: now}
	}
	if err := r.writeSharedModule(ctx, w, secrets); err != nil {
		return l, err
	}
	ctx = context.WithoutCancel(ctx) // it is done, also when the caller has hung up
	r.Record(ctx, "shared_module.create", l.ID, l.Name, nil, r.aboutSharedModule(ctx, l.ID))
	if publish {
		r.Record(ctx, "shared_module.publish", l.ID, l.Name, nil, versionNote{ID: w.Publish.ID, Number: 1})
	}
	return r.SharedModule(ctx, l.ID)
}

// writeSharedModule seals put and stores it all.
func (r *Registry) writeSharedModule(ctx context.Context, w host.SharedModuleWrite, put []host.SecretWrite) (err error) {
	if w.Put, err = r.seal(w.SharedModule.ID, put); err != nil {
		return err
	}
	err = r.Store.WriteSharedModule(ctx, w)
	if len(w.Put)+len(w.Remove) > 0 {
		r.forgetSecrets(w.SharedModule.ID) // also after an error: it may have been stored
	}
	return err
}

func checkNewSharedModule(name string, src host.Source, secrets []host.SecretWrite) error {
	var bad fields
	bad.text("/name", name, 1, MaxSharedModuleNameChars)
	bad.printable("/name", name)
	if strings.HasPrefix(name, host.SharedModulePrefix) {
		bad.add("/name", "must not begin with %q: ids do", host.SharedModulePrefix)
	}
	bad.code(src)
	bad.newSecrets(secrets)
	return bad.invalid("the module is not valid")
}

// SharedModule returns the shared module with this id or name.
func (r *Registry) SharedModule(ctx context.Context, idOrName string) (host.SharedModule, error) {
	l, err := r.Store.SharedModule(ctx, idOrName)
	if host.CodeOf(err) == host.NotFound {
		return l, &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no module %q", idOrName), Hint: "look at the list of modules"}
	}
	return l, err
}

// SharedModules returns all shared modules in the order of their names.
func (r *Registry) SharedModules(ctx context.Context) ([]host.SharedModule, error) {
	return r.Store.SharedModules(ctx)
}

// PatchSharedModule changes a shared module's draft and secrets. Actions see a change of
// its code when it was published and they name the new version; secrets apply
// from the next run on.
func (r *Registry) PatchSharedModule(ctx context.Context, sharedModule string, p host.SharedModulePatch) (host.SharedModule, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.SharedModule(ctx, sharedModule)
	if err != nil {
		return l, err
	}
	was := r.aboutSharedModule(ctx, l.ID)
	put(&l.Source.Code, p.Code)
	put(&l.Source.Dependencies, p.Dependencies)
	var bad fields
	bad.code(l.Source)
	if err := bad.invalid("the module is not valid"); err != nil {
		return l, err
	}
	w := host.SharedModuleWrite{SharedModule: l}
	var secrets []host.SecretWrite
	if p.Secrets != nil {
		secrets, w.Remove = *p.Secrets, unnamed(l.Secrets, *p.Secrets)
		if err := checkSecrets(l.Secrets, secrets, w.Remove); err != nil {
			return l, err
		}
	}
	return r.changeSharedModule(ctx, w, secrets, was)
}

// changeSharedModule stores a shared module's draft and secrets.
func (r *Registry) changeSharedModule(ctx context.Context, w host.SharedModuleWrite, put []host.SecretWrite, was any) (host.SharedModule, error) {
	l := w.SharedModule
	w.SharedModule.UpdatedAt = time.Now().UTC()
	if err := r.writeSharedModule(ctx, w, put); err != nil {
		return l, err
	}
	ctx = context.WithoutCancel(ctx) // it is done, also when the caller has hung up
	r.Record(ctx, "shared_module.update", l.ID, l.Name, was, r.aboutSharedModule(ctx, l.ID))
	return r.SharedModule(ctx, l.ID)
}

// DeleteSharedModule deletes a shared module with its versions and secrets. One that the
// draft or a version of an action uses is [host.Conflict].
func (r *Registry) DeleteSharedModule(ctx context.Context, sharedModule string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.SharedModule(ctx, sharedModule)
	if err != nil {
		return err
	}
	was := r.aboutSharedModule(ctx, l.ID)
	if err := r.Store.DeleteSharedModule(ctx, l.ID); err != nil {
		return err
	}
	r.forgetSecrets(l.ID)
	r.Record(ctx, "shared_module.delete", l.ID, l.Name, was, nil)
	return nil
}

// SharedModuleUsers returns the actions whose drafts use a shared module, in the order of
// their names, without their secrets and versions.
func (r *Registry) SharedModuleUsers(ctx context.Context, sharedModule string) ([]host.SharedModuleUser, error) {
	l, err := r.SharedModule(ctx, sharedModule)
	if err != nil {
		return nil, err
	}
	return r.Store.SharedModuleUsers(ctx, l.ID)
}

// PublishSharedModule makes a version of a shared module's draft. Without a change of its
// code, dependencies or secrets since the latest version, it returns that.
func (r *Registry) PublishSharedModule(ctx context.Context, sharedModule string) (host.SharedModuleVersion, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.SharedModule(ctx, sharedModule)
	if err != nil {
		return host.SharedModuleVersion{}, err
	}
	if l.AllPublished() {
		return *l.Latest, nil
	}
	v, err := r.Store.PublishSharedModule(ctx, host.SharedModuleVersion{
		ID: host.NewID(host.ReleasePrefix), SharedModuleID: l.ID, Source: l.Source, CreatedAt: time.Now().UTC(),
	})
	if err == nil {
		r.Record(ctx, "shared_module.publish", l.ID, l.Name, nil, versionNote{ID: v.ID, Number: v.Number})
	}
	return v, err
}

// RollbackSharedModule makes a version's source the shared module's draft again.
func (r *Registry) RollbackSharedModule(ctx context.Context, sharedModule, versionID string) (host.SharedModule, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	l, err := r.SharedModule(ctx, sharedModule)
	if err != nil {
		return l, err
	}
	v, err := r.sharedModuleVersion(ctx, l, versionID)
	if err != nil {
		return l, err
	}
	was := r.aboutSharedModule(ctx, l.ID)
	l.Source = v.Source
	return r.changeSharedModule(ctx, host.SharedModuleWrite{SharedModule: l}, nil, was)
}

// SharedModuleVersions returns a shared module's versions, newest first.
func (r *Registry) SharedModuleVersions(ctx context.Context, sharedModule string) ([]host.SharedModuleVersion, error) {
	l, err := r.SharedModule(ctx, sharedModule)
	if err != nil {
		return nil, err
	}
	return r.Store.SharedModuleVersions(ctx, l.ID)
}

// SharedModuleVersion returns one version of a shared module.
func (r *Registry) SharedModuleVersion(ctx context.Context, sharedModule, versionID string) (host.SharedModuleVersion, error) {
	l, err := r.SharedModule(ctx, sharedModule)
	if err != nil {
		return host.SharedModuleVersion{}, err
	}
	return r.sharedModuleVersion(ctx, l, versionID)
}

func (r *Registry) sharedModuleVersion(ctx context.Context, l host.SharedModule, versionID string) (host.SharedModuleVersion, error) {
	versions, err := r.Store.SharedModuleVersions(ctx, l.ID)
	if err != nil {
		return host.SharedModuleVersion{}, err
	}
	if i := slices.IndexFunc(versions, func(v host.SharedModuleVersion) bool { return v.ID == versionID }); i >= 0 {
		return versions[i], nil
	}
	return host.SharedModuleVersion{}, noSharedModuleVersion(l, versionID)
}

func noSharedModuleVersion(l host.SharedModule, version string) *host.Error {
	return &host.Error{
		Code: host.NotFound, Text: fmt.Sprintf("module %q has no version %s", l.Name, version), Hint: "look at the list of its versions",
	}
}

// sharedModuleNote is what the log of changes records of a shared module.
type sharedModuleNote struct {
	Name    string      `json:"name"`
	Secrets []string    `json:"secrets,omitempty"` // names
	Source  *sourceNote `json:"source"`
}

// aboutSharedModule describes a shared module as it is stored; nil when it can't be read.
func (r *Registry) aboutSharedModule(ctx context.Context, id string) any {
	l, err := r.Store.SharedModule(ctx, id)
	if err != nil {
		return nil
	}
	return sharedModuleNote{l.Name, secretsOf(l.Secrets), aboutSource(l.Source)}
}
