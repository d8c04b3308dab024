package registry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// The bounds of an upload.
const (
	MaxDescriptionChars = 1024
	MaxOrigins          = 100
	MaxConfigNameChars  = 128
	MaxConfigBytes      = 64 << 10
)

// Upload makes a new immutable version of an action from a module and its
// manifest, and deploys it when deploy is true. A manifest out of range is
// [host.Invalid], a module that can't run as the action [host.Refused]; either
// lists everything that is wrong, with pointers into {manifest, module}.
func (r *Registry) Upload(ctx context.Context, action string, module []byte, m host.Manifest, deploy bool) (host.Version, error) {
	v, a, err := r.inspected(ctx, action, module, m)
	if err != nil {
		return host.Version{}, err
	}
	if deploy {
		r.changing.Lock()
		defer r.changing.Unlock()
		if a, err = r.Store.Action(ctx, a.ID); err != nil {
			return v, err
		}
		return r.release(ctx, a, host.Release{Version: v, Module: module})
	}
	v.ID, v.ActionID, v.Status, v.CreatedAt = host.NewID(host.VersionPrefix), a.ID, host.BuildBuilt, time.Now().UTC()
	if v, err = r.Store.CreateVersion(ctx, v, module); err == nil {
		r.Record(ctx, "version.create", v.ID, a.Name, nil, aboutVersion(&v))
	}
	return v, err
}

// CheckUpload returns the version that an upload would make, or why it would be refused,
// as Upload does. It stores nothing.
func (r *Registry) CheckUpload(ctx context.Context, action string, module []byte, m host.Manifest) (host.Version, error) {
	v, _, err := r.inspected(ctx, action, module, m)
	return v, err
}

// inspected returns the version that a module and its manifest make, and its action.
func (r *Registry) inspected(ctx context.Context, action string, module []byte, m host.Manifest) (host.Version, host.Action, error) {
	a, err := r.Action(ctx, action)
	if err != nil {
		return host.Version{}, a, err
	}
	if err := r.checkManifest(a.Trigger, m); err != nil {
		return host.Version{}, a, err
	}
	inspection, err := r.CheckModule(ctx, a, module)
	if err != nil {
		return host.Version{}, a, err
	}
	if err := r.checkMemory(ctx, a, m, inspection); err != nil {
		return host.Version{}, a, err
	}
	return host.Version{Digest: inspection.Digest, Manifest: m}, a, nil
}

func (r *Registry) checkManifest(t host.Trigger, m host.Manifest) error {
	var bad fields
	if n := utf8.RuneCountInString(m.Description); n > MaxDescriptionChars {
		bad.add("/manifest/description", "must not have more than %d characters, not %d", MaxDescriptionChars, n)
	}
	bad.settings("/manifest/settings", m.Settings, t, r.CheckOrigin)
	bad.secretNames("/manifest/secrets", m.Secrets)
	if m.Settings.RequireCheck {
		bad.add("/manifest/settings/require_check", "is for bindings: a version can't demand or waive its own check")
	}
	return bad.invalid("the manifest is not valid")
}

// CheckModule looks into a module, and refuses one that can't run as the action,
// with every problem.
func (r *Registry) CheckModule(ctx context.Context, a host.Action, module []byte) (host.Inspection, error) {
	if limit := cmp.Or(r.MaxModuleBytes, host.DefaultModuleBytes); len(module) > limit {
		return host.Inspection{}, &host.Error{
			Code: host.TooLarge,
			Text: fmt.Sprintf("the module has %d bytes; the limit is %d", len(module), limit),
			Hint: "build it without debug information, for example with `wasm-opt -Oz --strip-debug` or your compiler's release mode", Fix: host.FixRaiseModuleBytes.With(),
		}
	}
	inspection, err := r.Inspector.Inspect(ctx, module)
	if err != nil {
		return host.Inspection{}, fmt.Errorf("inspect a module for action %s: %w", a.ID, err)
	}
	problems := inspection.Problems
	if len(problems) == 0 && !slices.Contains(inspection.Triggers, a.Trigger) {
		problems = []host.Problem{misfit(a.Trigger, inspection)}
	}
	return inspection, refusal(a, problems)
}

// misfit says why a module can't be an action for t: it serves no trigger, or others.
func misfit(t host.Trigger, in host.Inspection) host.Problem {
	if len(in.Triggers) == 0 {
		return host.Problem{
			Detail: fmt.Sprintf("the module does not export %s, the entry of trigger %s; its functions are: %s", t.Entry(), t, list(in.Exports)),
			Fix:    host.FixInitAction.With(),
		}
	}
	other := in.Triggers[0]
	return host.Problem{
		Detail: fmt.Sprintf("the action is for %s and does not export %s: it exports %s; bind it to %s", t, t.Entry(), other.Entry(), other),
		Hint:   "create an action for that trigger, or export the other handler",
		Fix:    host.FixCreateAction.With(string(other)),
	}
}

// checkMemory refuses a version that begins with more memory than its settings
// give each of its runs: those of the action's binding, or else its own.
func (r *Registry) checkMemory(ctx context.Context, a host.Action, m host.Manifest, in host.Inspection) error {
	settings := m.Settings
	if b, err := r.Binding(ctx, a.ID); err == nil {
		settings = b.Settings.Over(settings)
	}
	least, limit := max(in.MemoryBytes, in.ImageBytes), settings.Over(host.DefaultSettings()).Limits.MemoryBytes
	if least <= limit {
		return nil
	}
	return refusal(a, []host.Problem{{
		Detail: fmt.Sprintf("the module begins with %d bytes of memory, and memory_bytes gives its runs %d", least, limit),
		Hint:   fmt.Sprintf("raise it in the manifest (limits: memory_bytes: %d or more) or in the action's binding; or let the module begin with less", least),
		Fix:    host.FixRaiseLimit.With(a.Name, "memory_bytes", strconv.FormatInt(least, 10)),
	}})
}

// refusal is the error that lists all problems of a module, each with what to
// do; nil without any.
func refusal(a host.Action, problems []host.Problem) error {
	var bad fields
	fix := host.FixInspect.With()
	for _, p := range problems {
		fix = cmp.Or(p.Fix, fix)
		detail := p.Detail
		if p.Hint != "" {
			detail += "; " + p.Hint
		}
		bad.add("/module", "%s", detail)
	}
	return bad.refuse(host.Refused, fmt.Sprintf("the module can't run as action %q", a.Name), fix)
}

func list(names []string) string {
	const most = 20
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// Versions returns an action's versions, newest first.
func (r *Registry) Versions(ctx context.Context, action string) ([]host.Version, error) {
	a, err := r.Action(ctx, action)
	if err != nil {
		return nil, err
	}
	return r.Store.Versions(ctx, a.ID)
}

// Version returns one version of an action.
func (r *Registry) Version(ctx context.Context, action, numberOrID string) (host.Version, error) {
	a, err := r.Action(ctx, action)
	if err != nil {
		return host.Version{}, err
	}
	v, err := r.Store.Version(ctx, a.ID, numberOrID)
	if host.CodeOf(err) == host.NotFound {
		return host.Version{}, &host.Error{
			Code: host.NotFound,
			Text: fmt.Sprintf("action %q has no version %s", a.Name, numberOrID),
			Fix:  host.FixListVersions.With(a.Name),
		}
	}
	return v, err
}

// Deploy makes a version the one that later events run; deploying an older one
// is a rollback. Executions that were accepted before keep their plan.
func (r *Registry) Deploy(ctx context.Context, action, numberOrID string) (host.Version, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	defer r.rebound(ctx)
	v, err := r.DeployableVersion(ctx, action, numberOrID)
	if err != nil {
		return host.Version{}, err
	}
	a, err := r.Store.Action(ctx, v.ActionID)
	if err != nil {
		return host.Version{}, err
	}
	return r.deployStored(ctx, a, v)
}

// DeployableVersion returns a version that can be deployed.
func (r *Registry) DeployableVersion(ctx context.Context, action, numberOrID string) (host.Version, error) {
	v, err := r.Version(ctx, action, numberOrID)
	if err != nil {
		return host.Version{}, err
	}
	if v.Status != host.BuildBuilt {
		return host.Version{}, &host.Error{
			Code: host.Conflict,
			Text: fmt.Sprintf("version %d is %s; only a version that is built can be deployed", v.Number, v.Status),
			Fix:  host.FixListVersions.With(action),
		}
	}
	return v, nil
}
