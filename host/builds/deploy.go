package builds

import (
	"context"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jsscan"
)

// DeployDraft makes a version of an action's draft and deploys it. It waits up
// to 20 seconds for a build that is under way. A draft that is not built then,
// one that was changed meanwhile, or an action without one, is [host.Conflict];
// so is a draft of another revision when revision is not 0.
func (b *Builds) DeployDraft(ctx context.Context, action string, revision int64) (host.Version, error) {
	a, err := b.Registry.Action(ctx, action)
	if err != nil {
		return host.Version{}, err
	}
	if revision == 0 {
		d, err := b.Store.Draft(ctx, a.ID)
		if err != nil && host.CodeOf(err) != host.NotFound {
			return host.Version{}, err
		}
		revision = d.Revision
	}
	late := time.NewTimer(buildWait)
	defer late.Stop()
	if _, err := b.settled(ctx, a.ID, late.C); err != nil {
		return host.Version{}, err
	}
	return b.deployDraft(ctx, a.ID, revision)
}

// deployDraft deploys the draft as it stands, if it has this revision.
func (b *Builds) deployDraft(ctx context.Context, actionID string, revision int64) (host.Version, error) {
	return b.Registry.Release(ctx, actionID, func(ctx context.Context, a host.Action) (*host.Release, error) {
		d, err := b.draft(ctx, a)
		if err == nil && d.Revision != revision {
			return nil, &host.Error{
				Code: host.Conflict, Text: fmt.Sprintf("the draft of action %q was changed before it was deployed: it has revision %d, not %d", a.Name, d.Revision, revision),
				Hint: "look at it, and deploy it again",
			}
		}
		if err := runnable(a, d, err); err != nil {
			return nil, err
		}
		return &host.Release{Version: b.versionOf(a, d)}, nil
	})
}

// BuiltDraft returns the version that a deploy of an action's draft would make. It waits
// as DeployDraft does, and has its errors.
func (b *Builds) BuiltDraft(ctx context.Context, action string) (host.Version, error) {
	a, err := b.Registry.Action(ctx, action)
	if err != nil {
		return host.Version{}, err
	}
	late := time.NewTimer(buildWait)
	defer late.Stop()
	if _, err := b.settled(ctx, a.ID, late.C); err != nil {
		return host.Version{}, err
	}
	d, err := b.builtDraft(ctx, a)
	if err != nil {
		return host.Version{}, err
	}
	return b.versionOf(a, d), nil
}

// versionOf is a version to be made of a draft.
func (b *Builds) versionOf(a host.Action, d host.Draft) host.Version {
	return host.Version{Digest: d.Digest, Manifest: b.manifest(a, d.Source), Source: &d.Source, Revision: d.Revision}
}

// builtDraft returns the action's draft, or why it can't be run.
func (b *Builds) builtDraft(ctx context.Context, a host.Action) (host.Draft, error) {
	d, err := b.draft(ctx, a)
	return d, runnable(a, d, err)
}

// runnable returns why the action's draft can't be run, or why it could not be read.
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
		e.Hint = "fix its code first"
		if len(d.Errors) > 0 {
			e.Hint += ": " + d.Errors[0].Headline()
		}
	}
	return e
}

// manifest is what a version of a source declares. It needs the secrets that
// its code names: taking away another one does not keep it from running.
func (b *Builds) manifest(a host.Action, s host.Source) host.Manifest {
	m := host.Manifest{Settings: host.Settings{Egress: host.Egress{Mode: b.SourceEgress}}}
	if m.Settings.Egress.Mode == "" {
		m.Settings.Egress.Mode = host.EgressPublic
	}
	for _, secret := range a.Secrets {
		if jsscan.Mentions(s.Code, secret.Name) {
			m.Secrets = append(m.Secrets, secret.Name)
		}
	}
	return m
}

// DeployVersion makes a new version like an old one and deploys it, which rolls
// back without forgetting what was deployed between. With updateDraft its
// source becomes the draft too; a version that was uploaded has none, which is
// [host.Conflict].
func (b *Builds) DeployVersion(ctx context.Context, action, version string, updateDraft bool) (host.Version, error) {
	old, err := b.Registry.DeployableVersion(ctx, action, version)
	if err != nil {
		return host.Version{}, err
	}
	return b.Registry.Release(ctx, old.ActionID, func(ctx context.Context, a host.Action) (*host.Release, error) {
		made := &host.Release{Version: host.Version{Digest: old.Digest, Manifest: old.Manifest, Source: old.Source, Revision: old.Revision}}
		if !updateDraft {
			return made, nil
		}
		d, err := b.restored(ctx, a, old)
		made.Draft, made.Version.Revision = &d, d.Revision
		return made, err
	})
}

// restored returns the draft that the version's source makes.
func (b *Builds) restored(ctx context.Context, a host.Action, v host.Version) (host.Draft, error) {
	if v.Source == nil {
		return host.Draft{}, &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("version %d of action %q was uploaded: there is no source that could be its draft", v.Number, a.Name),
			Hint: "deploy it without changing the draft",
		}
	}
	before, err := b.Store.Draft(ctx, a.ID)
	if err != nil && host.CodeOf(err) != host.NotFound {
		return host.Draft{}, err
	}
	now := time.Now().UTC()
	return host.Draft{
		ActionID: a.ID, Source: *v.Source, Revision: before.Revision + 1, Status: after(restore, placeOf(before.Status), none).to,
		Digest: v.Digest, UpdatedAt: now, BuiltAt: now,
	}, nil
}

// settled waits until an action's draft is built, and deployed when that was
// asked for, or has failed, or until it is late, and returns it as it is then:
// zero when there is none.
func (b *Builds) settled(ctx context.Context, actionID string, late <-chan time.Time) (host.Draft, error) {
	for {
		news := b.queue.await()
		d, err := b.Store.Draft(ctx, actionID)
		if host.CodeOf(err) == host.NotFound {
			return host.Draft{}, nil
		}
		if err == nil && isSettled(d) {
			var p host.PendingDeploy
			if p, err = b.Store.PendingDeploy(ctx, actionID); host.CodeOf(err) == host.NotFound || err == nil && p.Revision != d.Revision {
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

// isSettled reports whether a draft's build is over.
func isSettled(d host.Draft) bool {
	return d.Status == host.BuildBuilt || d.Status == host.BuildFailed
}
