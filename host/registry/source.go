package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// The bounds of a source.
const (
	MaxCodeBytes            = 1 << 20
	MaxRuntimeChars         = 64
	MaxDependencies         = 100
	MaxDependencyChars      = 512 // of each field
	MaxActionsSharedModules = 20
)

// CheckSource reports everything that is wrong with the shape of a source. Whether
// it can be built is known after a build.
func (r *Registry) CheckSource(s host.Source) []host.Field {
	var f fields
	if s.Runtime == host.RuntimeWasm {
		f.add("/runtime", "must not be %q for code; make another action for a module that is uploaded", host.RuntimeWasm)
	}
	f.text("/runtime", s.Runtime, 0, MaxRuntimeChars)
	f.code(s)
	if n := len(s.SharedModules); n > MaxActionsSharedModules {
		f.add("/modules", "must not have more than %d modules, not %d", MaxActionsSharedModules, n)
	}
	return f
}

// code checks what a shared module has too.
func (f *fields) code(s host.Source) {
	if n := len(s.Code); n > MaxCodeBytes {
		f.add("/code", "must not have more than %d bytes, not %d", MaxCodeBytes, n)
	}
	if !utf8.ValidString(s.Code) {
		f.add("/code", "must be UTF-8")
	}
	if n := len(s.Dependencies); n > MaxDependencies {
		f.add("/dependencies", "must not have more than %d dependencies, not %d", MaxDependencies, n)
	}
	for i, d := range s.Dependencies {
		at := "/dependencies/" + strconv.Itoa(i)
		f.text(at+"/name", d.Name, 1, MaxDependencyChars)
		f.text(at+"/version", d.Version, 0, MaxDependencyChars)
		f.text(at+"/registry_url", d.RegistryURL, 0, MaxDependencyChars)
	}
}

func (f *fields) text(pointer, s string, least, most int) {
	if n := utf8.RuneCountInString(s); n < least || n > most {
		f.add(pointer, "must have %d to %d characters", least, most)
	}
}

// ResolveSharedModules fills in what a source's references to shared modules leave out: the
// shared module by its id or name, and its latest version when none is named.
func (r *Registry) ResolveSharedModules(ctx context.Context, refs []host.SharedModuleRef) ([]host.SharedModuleRef, error) {
	var bad fields
	var all []host.SharedModuleRef
	for i, ref := range refs {
		at := "/modules/" + strconv.Itoa(i)
		l, v, err := r.referred(ctx, ref)
		switch {
		case err != nil && host.CodeOf(err) != host.NotFound:
			return nil, err
		case err != nil:
			bad.add(at, "%s", textOf(err))
		case slices.ContainsFunc(all, func(o host.SharedModuleRef) bool { return o.SharedModuleID == l.ID }):
			bad.add(at, "module %q is listed twice", l.Name)
		default:
			all = append(all, host.SharedModuleRef{SharedModuleID: l.ID, Name: l.Name, VersionID: v.ID, Number: v.Number})
		}
	}
	return all, bad.invalid("the action's modules are not valid")
}

// referred returns the shared module and its version that ref names.
func (r *Registry) referred(ctx context.Context, ref host.SharedModuleRef) (host.SharedModule, host.SharedModuleVersion, error) {
	l, err := r.SharedModule(ctx, cmp.Or(ref.SharedModuleID, ref.Name))
	if err != nil {
		return l, host.SharedModuleVersion{}, err
	}
	versions, err := r.Store.SharedModuleVersions(ctx, l.ID)
	if err != nil {
		return l, host.SharedModuleVersion{}, err
	}
	for _, v := range versions { // the newest first
		switch {
		case ref.VersionID != "" && v.ID != ref.VersionID:
		case ref.VersionID == "" && ref.Number != 0 && v.Number != ref.Number:
		default:
			return l, v, nil
		}
	}
	if len(versions) == 0 {
		return l, host.SharedModuleVersion{}, &host.Error{Code: host.NotFound, Text: fmt.Sprintf("module %q has no version yet; publish it first", l.Name)}
	}
	return l, host.SharedModuleVersion{}, noSharedModuleVersion(l, cmp.Or(ref.VersionID, strconv.Itoa(ref.Number)))
}

// SharedSources returns the sources of the shared modules that s uses, by name.
func (r *Registry) SharedSources(ctx context.Context, s host.Source) (map[string]host.Source, error) {
	all := map[string]host.Source{}
	for _, ref := range s.SharedModules {
		l, v, err := r.referred(ctx, ref)
		if err != nil {
			return nil, err
		}
		all[l.Name] = v.Source
	}
	return all, nil
}
