package registry

import (
	"context"
	"time"

	"github.com/usherhost/usher/host"
)

// Release makes the version that choose returns the action's newest, and deploys
// it. Nothing else changes the action meanwhile, so choose should be short; when
// it returns nil, nothing is released. Whatever it changes of the registry's
// actions is changed through what it returns.
func (r *Registry) Release(
	ctx context.Context, actionID string, choose func(ctx context.Context, a host.Action) (*host.Release, error),
) (host.Version, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	defer r.rebound(ctx)
	a, err := r.Action(ctx, actionID)
	if err != nil {
		return host.Version{}, err
	}
	made, err := choose(ctx, a)
	if err != nil || made == nil {
		return host.Version{}, err
	}
	return r.release(ctx, a, *made)
}

// release stores a version as the action's newest and deploys it. The caller
// holds changing.
func (r *Registry) release(ctx context.Context, a host.Action, made host.Release) (host.Version, error) {
	var before host.Draft
	if made.Draft != nil {
		d, err := r.Store.Draft(ctx, a.ID)
		if err != nil && host.CodeOf(err) != host.NotFound {
			return host.Version{}, err
		}
		before = d
	}
	v := made.Version
	if err := r.requireCheck(ctx, a, v.Digest); err != nil {
		return v, err
	}
	v.ID, v.ActionID, v.Status, v.CreatedAt = host.NewID(host.VersionPrefix), a.ID, host.BuildBuilt, time.Now().UTC()
	v, err := r.Store.Release(ctx, v, made.Module, made.Draft)
	r.secrets.forget(a.ID) // it may use other shared modules
	r.changed()
	if err != nil {
		return v, err
	}
	r.Record(ctx, "version.create", v.ID, a.Name, nil, aboutVersion(&v))
	r.Record(ctx, "action.deploy", a.ID, a.Name, aboutVersion(a.Deployed), aboutVersion(&v))
	if made.Draft != nil {
		r.Record(ctx, "action.update", a.ID, a.Name, aboutAction(a, &before), aboutAction(a, made.Draft))
	}
	return v, nil
}

// deployStored deploys a version of the action. The caller holds changing.
func (r *Registry) deployStored(ctx context.Context, a host.Action, v host.Version) (host.Version, error) {
	if err := r.requireCheck(ctx, a, v.Digest); err != nil {
		return v, err
	}
	deployed, err := r.Store.Deploy(ctx, a.ID, v.ID)
	r.secrets.forget(a.ID) // it may use other shared modules
	r.changed()
	if err == nil {
		r.Record(ctx, "action.deploy", a.ID, a.Name, aboutVersion(a.Deployed), aboutVersion(&deployed))
	}
	return deployed, err
}

// changed reports to Changed that what is deployed, or an action, is another.
func (r *Registry) changed() {
	if r.Changed != nil {
		r.Changed()
	}
}
