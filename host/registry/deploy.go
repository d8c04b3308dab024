package registry

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/usherhost/usher/host"
)

// DeployDraft makes a version of an action's draft and deploys it. It waits up
// to 20 seconds for a build that is under way. A draft that is not built then,
// one that was changed meanwhile, or an action without one, is [host.Conflict];
// so is a draft of another revision when revision is not 0.
func (r *Registry) DeployDraft(ctx context.Context, action string, revision int64) (host.Version, error) {
	a, err := r.Action(ctx, action)
	if err != nil {
		return host.Version{}, err
	}
	if revision == 0 {
		d, err := r.Store.Draft(ctx, a.ID)
		if err != nil && host.CodeOf(err) != host.NotFound {
			return host.Version{}, err
		}
		revision = d.Revision
	}
	late := time.NewTimer(buildWait)
	defer late.Stop()
	if _, err := r.settled(ctx, a.ID, late.C); err != nil {
		return host.Version{}, err
	}
	return r.deployDraft(ctx, a.ID, revision)
}

// deployDraft deploys the draft as it stands, if it has this revision.
func (r *Registry) deployDraft(ctx context.Context, actionID string, revision int64) (host.Version, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	a, err := r.Action(ctx, actionID)
	if err != nil {
		return host.Version{}, err
	}
	d, err := r.draft(ctx, a)
	if err == nil && d.Revision != revision {
		return host.Version{}, &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("the draft of action %q was changed before it was deployed: it has revision %d, not %d", a.Name, d.Revision, revision),
			Hint: "look at it, and deploy it again",
		}
	}
	if err := runnable(a, d, err); err != nil {
		return host.Version{}, err
	}
	return r.release(ctx, a, r.versionOf(a, d), nil, nil)
}

// versionOf is a version to be made of a draft.
func (r *Registry) versionOf(a host.Action, d host.Draft) host.Version {
	return host.Version{Digest: d.Digest, Manifest: r.manifest(a, d.Source), Source: &d.Source, Revision: d.Revision}
}

// built returns the action's draft, or says why it can't be run.
func (r *Registry) built(ctx context.Context, a host.Action) (host.Draft, error) {
	d, err := r.draft(ctx, a)
	return d, runnable(a, d, err)
}

// runnable says why the action's draft can't be run, or why it could not be read.
func runnable(a host.Action, d host.Draft, err error) error {
	if host.CodeOf(err) == host.NotFound {
		return &host.Error{Code: host.Conflict, Text: textOf(err), Hint: "deploy one of its versions instead", Err: err}
	}
	if err != nil || d.Status == host.BuildBuilt {
		return err
	}
	e := &host.Error{
		Code: host.Conflict, Text: fmt.Sprintf("the draft of action %q is %s; only one that is built can run", a.Name, d.Status),
		Hint: "wait until it is built, and try again",
	}
	if d.Status == host.BuildFailed {
		e.Hint = "mend its code first"
		if len(d.Errors) > 0 {
			e.Hint += ": " + d.Errors[0].Headline()
		}
	}
	return e
}

// manifest is what a version of a source declares. It needs the secrets that
// its code names: taking away another one does not keep it from running.
func (r *Registry) manifest(a host.Action, s host.Source) host.Manifest {
	m := host.Manifest{Settings: host.Settings{Egress: host.Egress{Mode: r.SourceEgress}}}
	if m.Settings.Egress.Mode == "" {
		m.Settings.Egress.Mode = host.EgressPublic
	}
	for _, secret := range a.Secrets {
		if names(s.Code, secret.Name) {
			m.Secrets = append(m.Secrets, secret.Name)
		}
	}
	return m
}

// names reports whether a name stands in code as a word of its own.
func names(code, name string) bool {
	return regexp.MustCompile(`(?:^|[^\w])` + regexp.QuoteMeta(name) + `(?:$|[^\w])`).MatchString(code)
}

// release stores v as the action's newest version and deploys it, with draft if
// there is one. A nil module is stored under v's digest. The caller holds
// changing.
func (r *Registry) release(ctx context.Context, a host.Action, v host.Version, module []byte, draft *host.Draft) (host.Version, error) {
	v.ID, v.ActionID, v.Status, v.CreatedAt = host.NewID(host.VersionPrefix), a.ID, host.BuildBuilt, time.Now().UTC()
	v, err := r.Store.Release(ctx, v, module, draft)
	r.secrets.forget(a.ID) // it may use other shared modules
	r.builds.tell()        // a wish may be overtaken by it
	if err == nil {
		r.record(ctx, "version.create", v.ID, a.Name, nil, aboutVersion(&v))
		r.record(ctx, "action.deploy", a.ID, a.Name, aboutVersion(a.Deployed), aboutVersion(&v))
	}
	return v, err
}

// deployStored deploys a version of the action. The caller holds changing.
func (r *Registry) deployStored(ctx context.Context, a host.Action, v host.Version) (host.Version, error) {
	deployed, err := r.Store.Deploy(ctx, a.ID, v.ID)
	r.secrets.forget(a.ID) // it may use other shared modules
	r.builds.tell()        // a wish may be overtaken by it
	if err == nil {
		r.record(ctx, "action.deploy", a.ID, a.Name, aboutVersion(a.Deployed), aboutVersion(&deployed))
	}
	return deployed, err
}

// DeployVersion makes a new version like an old one and deploys it, which rolls
// back without forgetting what was deployed between. With updateDraft its
// source becomes the draft too; a version that was uploaded has none, which is
// [host.Conflict].
func (r *Registry) DeployVersion(ctx context.Context, action, version string, updateDraft bool) (host.Version, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	v, err := r.deployable(ctx, action, version)
	if err != nil {
		return host.Version{}, err
	}
	a, err := r.Store.Action(ctx, v.ActionID)
	if err != nil {
		return host.Version{}, err
	}
	next := host.Version{Digest: v.Digest, Manifest: v.Manifest, Source: v.Source, Revision: v.Revision}
	if !updateDraft {
		return r.release(ctx, a, next, nil, nil)
	}
	was, d, err := r.restored(ctx, a, v)
	if err != nil {
		return host.Version{}, err
	}
	next.Revision = d.Revision
	next, err = r.release(ctx, a, next, nil, &d)
	if err == nil {
		r.record(ctx, "action.update", a.ID, a.Name, was, aboutAction(a, &d))
	}
	return next, err
}

// restored returns the draft that the version's source makes, and what the log
// of changes tells of the one before.
func (r *Registry) restored(ctx context.Context, a host.Action, v host.Version) (was actionNote, d host.Draft, err error) {
	if v.Source == nil {
		return was, d, &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("version %d of action %q was uploaded: there is no source that could be its draft", v.Number, a.Name),
			Hint: "deploy it without changing the draft",
		}
	}
	if d, err = r.Store.Draft(ctx, a.ID); err != nil && host.CodeOf(err) != host.NotFound {
		return was, d, err
	}
	was = aboutAction(a, &d)
	now := time.Now().UTC()
	return was, host.Draft{
		ActionID: a.ID, Source: *v.Source, Revision: d.Revision + 1, Status: host.BuildBuilt, Digest: v.Digest, UpdatedAt: now, BuiltAt: now,
	}, nil
}

// settled waits until an action's draft is built, and deployed when that was
// asked for, or has failed, or until it is late, and returns it as it is then:
// zero when there is none.
func (r *Registry) settled(ctx context.Context, actionID string, late <-chan time.Time) (host.Draft, error) {
	for {
		news := r.builds.await()
		d, err := r.Store.Draft(ctx, actionID)
		if host.CodeOf(err) == host.NotFound {
			return host.Draft{}, nil
		}
		if err == nil && isSettled(d) {
			var w host.PendingDeploy
			if w, err = r.Store.PendingDeploy(ctx, actionID); host.CodeOf(err) == host.NotFound || err == nil && w.Revision != d.Revision {
				return d, nil
			}
		}
		if err != nil {
			return d, err
		}
		select {
		case <-news:
		case <-late:
			return d, nil
		case <-ctx.Done():
			return d, ctx.Err()
		}
	}
}
