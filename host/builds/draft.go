package builds

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/usherhost/usher/host"
)

// CreateSourceAction makes an action with a draft. It waits a second at most
// until the draft is built or has failed, and not for one that needs packages;
// the build goes on then, also when the caller has hung up. A source that
// can't be built is no error, but the draft's state. With deploy src is deployed
// once it is built, also after a restart, and when the draft is patched before.
// That is given up when src can't be built, and when something else is deployed
// first. With [host.RuntimeWasm] there is no draft, and src has nothing else.
func (b *Builds) CreateSourceAction(
	ctx context.Context, name string, trigger host.Trigger, src host.Source, secrets []host.SecretWrite, deploy bool,
) (host.Action, host.Draft, error) {
	n := host.NewAction{Name: name, Trigger: trigger, Secrets: secrets, DeployWhenBuilt: deploy}
	if src.Runtime == host.RuntimeWasm {
		n.DeployWhenBuilt = false
		return b.createUploaded(ctx, n, src)
	}
	if err := b.Registry.CheckNewAction(n, b.Registry.CheckSource(src)); err != nil {
		return host.Action{}, host.Draft{}, err
	}
	if b.Builder == nil {
		return host.Action{}, host.Draft{}, noBuilder()
	}
	src.Runtime = cmp.Or(src.Runtime, host.RuntimeNode)
	n.Draft = &host.Draft{Source: src, Revision: 1, Status: after(sourceChange, absent, none).to}
	a, err := b.Registry.AddAction(ctx, n)
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	wait := time.NewTimer(changeWait)
	defer wait.Stop()
	b.schedule(ctx, *n.Draft, wait.C)
	if deploy {
		if _, err := b.settled(ctx, a.ID, wait.C); err != nil {
			return a, *n.Draft, err
		}
	}
	return b.withDraft(ctx, a.ID)
}

// createUploaded makes an action whose versions are uploaded.
func (b *Builds) createUploaded(ctx context.Context, n host.NewAction, src host.Source) (host.Action, host.Draft, error) {
	var bad []host.Field
	if src.Code != "" || len(src.Dependencies)+len(src.SharedModules) > 0 {
		bad = append(bad, host.Field{Pointer: "/runtime", Detail: fmt.Sprintf(
			"%q is for modules that are uploaded: it goes without code, dependencies and modules", host.RuntimeWasm)})
	}
	err := b.Registry.CheckNewAction(n, bad)
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	a, err := b.Registry.AddAction(ctx, n)
	return a, host.Draft{}, err
}

// PatchSource changes an action and its draft in one commit, or nothing, and builds
// the draft again when its source changed or had failed. It returns as
// CreateSourceAction does. What is deployed stays deployed.
func (b *Builds) PatchSource(ctx context.Context, action string, p host.SourcePatch) (host.Action, host.Draft, error) {
	a, d, err := b.Registry.PatchAction(ctx, action, p, b.revise(p))
	if err != nil {
		return host.Action{}, host.Draft{}, err
	}
	wait := time.NewTimer(changeWait)
	defer wait.Stop()
	b.schedule(ctx, d, wait.C)
	return b.withDraft(ctx, a.ID)
}

// revise makes the next revision of a draft when something changed that a deploy
// would take over.
func (b *Builds) revise(p host.SourcePatch) host.Revise {
	return func(ctx context.Context, a host.Action, before *host.Draft, secretsChanged bool) (*host.Draft, error) {
		next := host.Draft{ActionID: a.ID}
		if before != nil {
			next = *before
		}
		e := secretChange
		given, err := b.reviseSource(ctx, &next.Source, p, before == nil)
		if err != nil {
			return nil, err
		}
		if given && (before == nil || before.Status == host.BuildFailed || !reflect.DeepEqual(before.Source, next.Source)) {
			e = sourceChange
		} else if before == nil || !secretsChanged {
			return nil, nil
		}
		next.Revision++
		if to := after(e, placeOf(next.Status), none).to; to != stays {
			next.Status, next.Digest, next.Errors, next.BuiltAt = to, "", nil, time.Time{}
		}
		return &next, nil
	}
}

// reviseSource lays p's source over the draft's, and reports whether p has one.
func (b *Builds) reviseSource(ctx context.Context, s *host.Source, p host.SourcePatch, isNew bool) (given bool, err error) {
	given = put(&s.Code, p.Code)
	given = put(&s.Runtime, p.Runtime) || given
	given = put(&s.Dependencies, p.Dependencies) || given
	given = put(&s.SharedModules, p.SharedModules) || given
	if !given || isNew && uploads(p) {
		return false, nil
	}
	s.Runtime = cmp.Or(s.Runtime, host.RuntimeNode)
	if bad := b.Registry.CheckSource(*s); len(bad) > 0 {
		return true, &host.Error{Code: host.Invalid, Text: "the action is not valid", Fields: bad}
	}
	if b.Builder == nil {
		return true, noBuilder()
	}
	if len(s.Dependencies) == 0 {
		s.Dependencies = nil
	}
	s.SharedModules, err = b.Registry.ResolveSharedModules(ctx, s.SharedModules)
	return true, err
}

// uploads reports whether p leaves an action without a draft as it is.
func uploads(p host.SourcePatch) bool {
	return (p.Runtime == nil || *p.Runtime == host.RuntimeWasm) && (p.Code == nil || *p.Code == "") &&
		(p.Dependencies == nil || len(*p.Dependencies) == 0) && (p.SharedModules == nil || len(*p.SharedModules) == 0)
}

// put sets what is given, and reports whether anything is.
func put[T any](to *T, from *T) bool {
	if from != nil {
		*to = *from
	}
	return from != nil
}

// Draft returns an action's draft. [host.NotFound] when it has none: its
// versions are uploaded.
func (b *Builds) Draft(ctx context.Context, action string) (host.Draft, error) {
	a, err := b.Registry.Action(ctx, action)
	if err != nil {
		return host.Draft{}, err
	}
	return b.draft(ctx, a)
}

func (b *Builds) draft(ctx context.Context, a host.Action) (host.Draft, error) {
	d, err := b.Store.Draft(ctx, a.ID)
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
func (b *Builds) withDraft(ctx context.Context, actionID string) (host.Action, host.Draft, error) {
	a, err := b.Registry.Action(ctx, actionID)
	if err != nil {
		return a, host.Draft{}, err
	}
	d, err := b.Store.Draft(ctx, a.ID)
	if host.CodeOf(err) == host.NotFound {
		return a, host.Draft{}, nil
	}
	return a, d, err
}
