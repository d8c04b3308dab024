package registry

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

// RuntimeWasm is the runtime of an action whose versions are modules that are
// uploaded: it has no draft.
const RuntimeWasm = "wasm"

// defaultRuntime is that of a source that names none.
const defaultRuntime = "node22"

// CreateSourceAction makes an action with a draft. It waits a second at most
// until the draft is built or has failed, and not for one that needs packages;
// the build goes on then, also when whoever asked has hung up. A source that
// can't be built is no error, but the draft's state. With deploy src is deployed
// once it is built, also after a restart, and when the draft is patched before.
// That is given up when src can't be built, and when something else is deployed
// first. With RuntimeWasm there is no draft, and src has nothing else.
func (r *Registry) CreateSourceAction(
	ctx context.Context, name string, trigger host.Trigger, src host.Source, secrets []host.SecretWrite, deploy bool,
) (host.Action, host.Draft, error) {
	if err := r.checkNewSource(name, trigger, src, secrets); err != nil {
		return host.Action{}, host.Draft{}, err
	}
	if src.Runtime == RuntimeWasm {
		a, err := r.CreateAction(ctx, name, trigger, secrets)
		return a, host.Draft{}, err
	}
	a, d, err := r.createSource(ctx, name, trigger, src, secrets, deploy)
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	wait := time.NewTimer(changeWait)
	defer wait.Stop()
	r.schedule(ctx, d, wait.C)
	if deploy {
		r.builds.add(ctx, a.ID) // a patch may have overtaken it before it was built
		_, err = r.settled(ctx, a.ID, wait.C)
	}
	if err != nil {
		return a, d, err
	}
	return r.withDraft(ctx, a.ID)
}

func (r *Registry) checkNewSource(name string, trigger host.Trigger, src host.Source, secrets []host.SecretWrite) error {
	bad := newAction(name, trigger, secrets)
	if src.Runtime == RuntimeWasm {
		if src.Code != "" || len(src.Dependencies)+len(src.SharedModules) > 0 {
			bad.add("/runtime", "%q is for modules that are uploaded: it goes without code, dependencies and modules", RuntimeWasm)
		}
		return bad.invalid("the action is not valid")
	}
	bad.source(src)
	if err := bad.invalid("the action is not valid"); err != nil {
		return err
	}
	if r.Builder == nil {
		return noBuilder()
	}
	return nil
}

// createSource stores a new action and its draft.
func (r *Registry) createSource(
	ctx context.Context, name string, trigger host.Trigger, src host.Source, secrets []host.SecretWrite, deploy bool,
) (host.Action, host.Draft, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	src.Runtime = cmp.Or(src.Runtime, defaultRuntime)
	var err error
	if src.SharedModules, err = r.resolve(ctx, src.SharedModules); err != nil {
		return host.Action{}, host.Draft{}, err
	}
	d := host.Draft{Source: src, Revision: 1, Status: host.BuildPending}
	a, err := r.createAction(ctx, name, trigger, secrets, &d, deploy)
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	r.record(ctx, "action.create", a.ID, a.Name, nil, aboutAction(a, &d))
	return a, d, nil
}

// PatchSource changes an action and its draft at once, or nothing, and builds
// the draft again when its source changed or had failed. It returns as
// CreateSourceAction does. What is deployed stays deployed.
func (r *Registry) PatchSource(ctx context.Context, action string, p host.SourcePatch) (host.Action, host.Draft, error) {
	a, d, err := r.patch(ctx, action, p)
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	wait := time.NewTimer(changeWait)
	defer wait.Stop()
	r.schedule(ctx, d, wait.C)
	return r.withDraft(ctx, a.ID)
}

// patched is an action while it is patched.
type patched struct {
	action  host.Action // with its new name
	was     actionNote
	before  *host.Draft // nil when there is none
	after   host.Draft
	secrets []host.SecretWrite
	remove  []string
	renamed bool
}

func (r *Registry) patch(ctx context.Context, action string, p host.SourcePatch) (host.Action, host.Draft, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	defer r.present.forget()
	c, err := r.lay(ctx, action, p)
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	if err := r.store(ctx, &c); err != nil {
		return host.Action{}, host.Draft{}, err
	}
	ctx = context.WithoutCancel(ctx) // it is done, also when whoever asked has hung up
	a, err := r.Store.Action(ctx, c.action.ID)
	r.record(ctx, "action.update", c.action.ID, c.action.Name, c.was, aboutAction(a, &c.after))
	return a, c.after, err
}

// store stores what the patch changes, if anything.
func (r *Registry) store(ctx context.Context, c *patched) (err error) {
	w := host.ActionWrite{Action: c.action, Remove: c.remove}
	if w.Put, err = r.seal(c.action.ID, c.secrets); err != nil {
		return err
	}
	now := time.Now().UTC()
	if c.after.Revision > 0 && (c.before == nil || c.after.Revision > c.before.Revision) {
		c.after.UpdatedAt = now
		w.Draft = &c.after
	}
	touched := c.renamed || len(w.Put)+len(w.Remove) > 0
	if !touched && w.Draft == nil {
		return nil
	}
	if touched {
		w.Action.UpdatedAt = now
	}
	err = r.Store.WriteAction(ctx, w)
	r.secrets.forget(c.action.ID) // also after an error: it may have been stored, and use other shared modules
	return err
}

// lay lays p over the action, and checks what comes of it.
func (r *Registry) lay(ctx context.Context, action string, p host.SourcePatch) (c patched, err error) {
	if c.action, err = r.Action(ctx, action); err != nil {
		return c, err
	}
	d, err := r.Store.Draft(ctx, c.action.ID)
	if err == nil {
		c.before, c.after = &d, d
	} else if host.CodeOf(err) != host.NotFound {
		return c, err
	}
	if p.Revision != nil && *p.Revision != c.after.Revision {
		return c, &host.Error{
			Code: host.Stale, Text: fmt.Sprintf("the draft of action %q was changed meanwhile: it has revision %d, not %d", c.action.Name, c.after.Revision, *p.Revision),
			Hint: "read it again, and make your change to that",
		}
	}
	c.was = aboutAction(c.action, c.before)
	if err := r.checkName(ctx, &c, p.Name); err != nil {
		return c, err
	}
	if p.Secrets != nil {
		c.secrets, c.remove = *p.Secrets, unnamed(c.action.Secrets, *p.Secrets)
		if err := checkSecrets(c.action.Secrets, c.secrets, c.remove); err != nil {
			return c, err
		}
	}
	return c, r.laySource(ctx, &c, p)
}

func (r *Registry) checkName(ctx context.Context, c *patched, name *string) error {
	if name == nil || *name == c.action.Name {
		return nil
	}
	var bad fields
	bad.name(*name)
	if err := bad.invalid("the action is not valid"); err != nil {
		return err
	}
	if err := r.nameIsFree(ctx, *name); err != nil {
		return err
	}
	c.action.Name, c.renamed = *name, true
	return nil
}

// laySource makes the next revision of the draft when something changed that a
// deploy would take over.
func (r *Registry) laySource(ctx context.Context, c *patched, p host.SourcePatch) error {
	asked, err := r.source(ctx, c, p)
	if err != nil {
		return err
	}
	rebuilt := asked && (c.before == nil || c.before.Status == host.BuildFailed || !reflect.DeepEqual(c.before.Source, c.after.Source))
	if !rebuilt && (c.before == nil || !r.newSecrets(ctx, c)) {
		return nil
	}
	c.after.ActionID = c.action.ID
	c.after.Revision++
	if rebuilt || c.after.Status == host.BuildBuilding {
		c.after.Status, c.after.Digest, c.after.Errors, c.after.BuiltAt = host.BuildPending, "", nil, time.Time{}
	}
	return nil
}

// source lays p's source over the draft's, and reports whether p has one.
func (r *Registry) source(ctx context.Context, c *patched, p host.SourcePatch) (asked bool, err error) {
	s := &c.after.Source
	asked = put(&s.Code, p.Code)
	asked = put(&s.Runtime, p.Runtime) || asked
	asked = put(&s.Dependencies, p.Dependencies) || asked
	asked = put(&s.SharedModules, p.SharedModules) || asked
	if !asked || c.before == nil && uploads(p) {
		return false, nil
	}
	s.Runtime = cmp.Or(s.Runtime, defaultRuntime)
	var bad fields
	bad.source(*s)
	if err := bad.invalid("the action is not valid"); err != nil {
		return true, err
	}
	if r.Builder == nil {
		return true, noBuilder()
	}
	if len(s.Dependencies) == 0 {
		s.Dependencies = nil
	}
	s.SharedModules, err = r.resolve(ctx, s.SharedModules)
	return true, err
}

// uploads reports whether p leaves an action without a draft as it is.
func uploads(p host.SourcePatch) bool {
	return (p.Runtime == nil || *p.Runtime == RuntimeWasm) && (p.Code == nil || *p.Code == "") &&
		(p.Dependencies == nil || len(*p.Dependencies) == 0) && (p.SharedModules == nil || len(*p.SharedModules) == 0)
}

// put sets what is asked for, and reports whether anything is.
func put[T any](to *T, from *T) bool {
	if from != nil {
		*to = *from
	}
	return from != nil
}

// newSecrets reports whether the patch changes a name or a value. Values that
// can't be read are ones to replace.
func (r *Registry) newSecrets(ctx context.Context, c *patched) bool {
	if len(c.secrets)+len(c.remove) == 0 {
		return false
	}
	values, err := r.Secrets(ctx, c.action.ID)
	return err != nil || len(c.remove) > 0 || slices.ContainsFunc(c.secrets, func(s host.SecretWrite) bool {
		value, stored := values[s.Name]
		return !stored || s.Value != nil && *s.Value != value
	})
}

// Draft returns an action's draft. [host.NotFound] when it has none: its
// versions are uploaded.
func (r *Registry) Draft(ctx context.Context, action string) (host.Draft, error) {
	a, err := r.Action(ctx, action)
	if err != nil {
		return host.Draft{}, err
	}
	return r.draft(ctx, a)
}

func (r *Registry) draft(ctx context.Context, a host.Action) (host.Draft, error) {
	d, err := r.Store.Draft(ctx, a.ID)
	if host.CodeOf(err) == host.NotFound {
		return d, &host.Error{
			Code: host.NotFound, Text: fmt.Sprintf("action %q has no code: its versions are uploaded", a.Name),
			Hint: "patch the action with code", Fix: host.FixDeploy.With(a.Name),
		}
	}
	return d, err
}

// withDraft returns the action and its draft as they are now; the draft is zero
// when there is none.
func (r *Registry) withDraft(ctx context.Context, actionID string) (host.Action, host.Draft, error) {
	a, err := r.Store.Action(ctx, actionID)
	if err != nil {
		return a, host.Draft{}, err
	}
	d, err := r.Store.Draft(ctx, a.ID)
	if host.CodeOf(err) == host.NotFound {
		return a, host.Draft{}, nil
	}
	return a, d, err
}

// AllDeployed reports whether what is deployed is the draft as it stands.
func AllDeployed(a host.Action, d host.Draft) bool {
	return a.Deployed != nil && a.Deployed.Revision == d.Revision
}
