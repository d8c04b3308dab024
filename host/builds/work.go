package builds

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// Run builds, in the background, what needs packages from a network, and deploys
// what is to be deployed then: first what an earlier run of the host left, then
// what comes in. What can't be stored is tried again later. It blocks until ctx
// ends and every build has stopped; the next call begins those again.
func (b *Builds) Run(ctx context.Context) error {
	defer b.queue.close()
	if err := b.resume(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("find what is left to build: %w", err)
	}
	var workers sync.WaitGroup
	workers.Go(func() { b.queue.repeat(ctx) })
	workers.Go(func() {
		<-ctx.Done()
		b.queue.close()
	})
	for range maxBuilds + 1 {
		workers.Go(func() {
			for w, ok := b.queue.next(ctx); ok; w, ok = b.queue.next(ctx) {
				work := host.WithActor(ctx, w.actor)
				b.note(work, w.actionID, b.work(work, w.actionID))
				b.queue.done(w)
			}
		})
	}
	workers.Wait()
	return nil
}

// resume queues what an earlier run of the host left.
func (b *Builds) resume(ctx context.Context) error {
	drafts, err := b.Store.Drafts(ctx, host.BuildPending, host.BuildBuilding)
	if err != nil {
		return err
	}
	deploys, err := b.Store.PendingDeploys(ctx)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		b.queue.add(ctx, d.ActionID)
	}
	for _, p := range deploys {
		b.queue.add(ctx, p.ActionID)
	}
	return nil
}

// schedule has a pending draft built: by Run when it needs packages, otherwise at
// once, for which it waits until it is late.
func (b *Builds) schedule(ctx context.Context, d host.Draft, late <-chan time.Time) {
	if d.Status != host.BuildPending {
		return
	}
	done := make(chan struct{})
	needs, err := b.needsPackages(ctx, d.Source)
	if needs || err != nil || !b.queue.begin(func(life context.Context) {
		defer close(done)
		b.buildNow(host.WithActor(life, host.ActorOf(ctx)), d) // the caller may hang up
	}) {
		b.queue.add(ctx, d.ActionID)
		return
	}
	select {
	case <-done:
	case <-late:
	case <-ctx.Done():
	}
}

func (b *Builds) needsPackages(ctx context.Context, s host.Source) (bool, error) {
	sources, err := b.Registry.SharedSources(ctx, s)
	needs := len(s.Dependencies) > 0
	for _, shared := range sources {
		needs = needs || len(shared.Dependencies) > 0
	}
	return needs, err
}

// buildNow builds a draft that needs no packages when it is its turn, and leaves
// an earlier revision to the queue. The next start of the host goes on with what
// is not done when it stops.
func (b *Builds) buildNow(ctx context.Context, d host.Draft) {
	key := waiting{d.ActionID, host.ActorOf(ctx)}.key()
	if !b.queue.take(ctx, key) {
		return
	}
	defer b.queue.release(key)
	before, err := b.advance(ctx, d.ActionID, d.Revision)
	if err == nil && before != 0 {
		b.queue.add(ctx, d.ActionID)
	}
	b.note(ctx, d.ActionID, err)
}

// work does everything that is left to do for an action: first for its draft as it
// stands, then for its pending deploy when that is for an earlier revision.
func (b *Builds) work(ctx context.Context, actionID string) error {
	before, err := b.advance(ctx, actionID, 0)
	if err == nil && before != 0 {
		_, err = b.advance(ctx, actionID, before)
	}
	return err
}

// note has the action's work done again later when err left some of it undone. An
// action that was deleted is no such error.
func (b *Builds) note(ctx context.Context, actionID string, err error) {
	if err == nil || host.CodeOf(err) == host.NotFound {
		b.queue.succeeded()
		return
	}
	if ctx.Err() == nil { // else the next start goes on
		b.log().Error("the result of a build could not be stored; the build is tried again", "action", actionID, "error", err)
		b.queue.later(ctx, actionID)
	}
}

// advance takes steps by the table for one revision of an action, 0 for its
// draft's own, until nothing is left to do for it. When the table turns to the
// pending deploy's earlier revision, it returns that.
func (b *Builds) advance(ctx context.Context, actionID string, revision int64) (before int64, err error) {
	for {
		s, err := b.look(ctx, actionID, revision)
		if err != nil {
			return 0, err
		}
		revision = s.atHand.Revision
		switch s.after(begin).effect {
		case build:
			err = b.build(ctx, actionID, revision)
		case turn:
			return s.pending.Revision, nil
		case deployIt:
			return 0, b.deployPending(ctx, s.atHand, nil)
		case giveUpDeploy:
			return 0, b.giveUp(ctx, s.atHand)
		default:
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// build builds a revision when no other goroutine does, unless that is no longer
// what the table asks for: the caller looks again.
func (b *Builds) build(ctx context.Context, actionID string, number int64) error {
	it := revision{actionID, number}
	if !b.queue.claim(ctx, it) {
		return ctx.Err()
	}
	defer b.queue.unclaim(it)
	s, err := b.look(ctx, actionID, number) // another may have built or changed it before this began
	if err != nil {
		return err
	}
	next := s.after(begin)
	if next.effect != build {
		return nil
	}
	d := s.atHand
	if next.to != stays {
		d.Status = next.to
		if err := b.Store.PutDraft(ctx, d, nil); host.CodeOf(err) == host.Conflict {
			return nil
		} else if err != nil {
			return err
		}
	}
	b.queue.wake()
	module, err := b.make(ctx, &d)
	if err != nil {
		return err
	}
	return b.finish(context.WithoutCancel(ctx), d, module)
}

// finish stores what a build ended with, and deploys it, or gives that up, when
// that is what the table asks for.
func (b *Builds) finish(ctx context.Context, d host.Draft, module []byte) error {
	defer b.queue.wake()
	e := succeed
	if module == nil {
		e = fail
	}
	for {
		s, err := b.look(ctx, d.ActionID, d.Revision)
		if err != nil {
			return err
		}
		next := s.after(e)
		if next.to != stays {
			d.Status = next.to
			if err := b.Store.PutDraft(ctx, d, module); host.CodeOf(err) == host.Conflict {
				continue // it was overtaken since
			} else if err != nil {
				return err
			}
			b.queue.wake()
		}
		switch next.effect {
		case deployIt:
			return b.deployPending(ctx, d, module)
		case giveUpDeploy:
			return b.giveUp(ctx, d)
		default:
			return nil
		}
	}
}

// deployPending deploys a revision that was built, unless its pending deploy has
// ended since. A nil module is stored under the revision's digest.
func (b *Builds) deployPending(ctx context.Context, d host.Draft, module []byte) error {
	p, err := b.Store.PendingDeploy(ctx, d.ActionID)
	if err != nil {
		return err
	}
	_, err = b.Registry.Release(host.WithActor(ctx, p.Actor), d.ActionID, func(ctx context.Context, a host.Action) (*host.Release, error) {
		now, err := b.Store.PendingDeploy(ctx, d.ActionID)
		if err != nil || now.Revision != d.Revision {
			return nil, err
		}
		return &host.Release{Version: b.versionOf(a, d), Module: module}, nil
	})
	return err
}

// giveUp ends the pending deploy of a revision that can't be built.
func (b *Builds) giveUp(ctx context.Context, d host.Draft) error {
	b.log().Warn("a draft that was to be deployed can't be built", "action", d.ActionID, "revision", d.Revision, "errors", d.Errors)
	err := b.Store.DropPendingDeploy(ctx, d.ActionID, d.Revision)
	b.queue.wake()
	return err
}
