package registry

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// The bounds of building.
const (
	maxBuilds    = 2 // at once for one author, of those that wait for packages and of the others; one more for all
	buildTimeout = 3 * time.Minute
	buildWait    = 20 * time.Second // how long a deploy waits for a build
	changeWait   = time.Second      // how long a change waits for its build
)

// Build is what a [Builder] made.
type Build struct {
	Module   []byte
	Warnings []string
}

// BuildPending builds, in the background, what needs packages from a network,
// and deploys what is to be deployed then: first what an earlier run of the host
// left, then what comes in. What can't be stored is tried again later. It blocks
// until ctx ends and every build has stopped; those are begun again by the next
// call.
func (r *Registry) BuildPending(ctx context.Context) error {
	defer r.builds.close()
	if err := r.resume(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("find what is left to build: %w", err)
	}
	var workers sync.WaitGroup
	workers.Go(func() { r.builds.repeat(ctx) })
	workers.Go(func() {
		<-ctx.Done()
		r.builds.close()
	})
	for range maxBuilds + 1 {
		workers.Go(func() {
			for w, ok := r.builds.next(ctx); ok; w, ok = r.builds.next(ctx) {
				r.work(host.WithActor(ctx, w.actor), w.actionID)
				r.builds.built(w)
			}
		})
	}
	workers.Wait()
	return nil
}

// resume queues what an earlier run of the host left.
func (r *Registry) resume(ctx context.Context) error {
	drafts, err := r.Store.Drafts(ctx, host.BuildPending, host.BuildBuilding)
	if err != nil {
		return err
	}
	wishes, err := r.Store.PendingDeploys(ctx)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		r.builds.add(ctx, d.ActionID)
	}
	for _, w := range wishes {
		r.builds.add(ctx, w.ActionID)
	}
	return nil
}

// schedule sees to it that a draft that is pending gets built: by BuildPending
// when it needs packages, otherwise at once, for which it waits until it is late.
func (r *Registry) schedule(ctx context.Context, d host.Draft, late <-chan time.Time) {
	if d.Status != host.BuildPending {
		return
	}
	done := make(chan struct{})
	needs, err := r.needsPackages(ctx, d.Source)
	if needs || err != nil || !r.builds.begun(func(life context.Context) {
		defer close(done)
		r.buildNow(host.WithActor(life, host.ActorOf(ctx)), d.ActionID) // whoever asked may hang up
	}) {
		r.builds.add(ctx, d.ActionID)
		return
	}
	select {
	case <-done:
	case <-late:
	case <-ctx.Done():
	}
}

// buildNow builds a draft that needs no packages when it is its turn. What is
// not done when the host stops, the next start goes on with.
func (r *Registry) buildNow(ctx context.Context, actionID string) {
	if key := (waiting{actionID, host.ActorOf(ctx)}).key(); r.builds.take(ctx, key) {
		defer r.builds.release(key)
		r.note(ctx, actionID, r.build(ctx, actionID))
	}
}

func (r *Registry) needsPackages(ctx context.Context, s host.Source) (bool, error) {
	sources, err := r.sharedModulesOf(ctx, s)
	needs := len(s.Dependencies) > 0
	for _, l := range sources {
		needs = needs || len(l.Dependencies) > 0
	}
	return needs, err
}

// work does all that is left to do for an action.
func (r *Registry) work(ctx context.Context, actionID string) {
	err := r.build(ctx, actionID)
	if err == nil || host.CodeOf(err) == host.Conflict { // overtaken; but not what somebody wished
		err = r.grant(ctx, actionID)
	}
	r.note(ctx, actionID, err)
}

// note has the action's work done again later when err left some of it undone.
// What a draft was overtaken by, or an action deleted, is no such error.
func (r *Registry) note(ctx context.Context, actionID string, err error) {
	if code := host.CodeOf(err); err == nil || code == host.NotFound || code == host.Conflict {
		r.builds.succeeded()
		return
	}
	if ctx.Err() == nil { // else the next start goes on
		r.log().Error("a build could not be kept; it is tried again", "action", actionID, "error", err)
		r.builds.later(ctx, actionID)
	}
}

// build builds the draft of an action as it stands, and deploys it if somebody
// waits for that. A draft that changes meanwhile is built by whoever changed it.
func (r *Registry) build(ctx context.Context, actionID string) error {
	d, err := r.Store.Draft(ctx, actionID)
	if err != nil || isSettled(d) || !r.builds.begin(ctx, d) {
		return err
	}
	defer r.builds.end(d)
	now, err := r.Store.Draft(ctx, actionID) // another may have built or changed it before this began
	if err != nil || now.Revision != d.Revision || isSettled(now) {
		return err
	}
	return r.buildDraft(ctx, now)
}

// isSettled reports whether a draft's build is over.
func isSettled(d host.Draft) bool { return d.Status == host.BuildBuilt || d.Status == host.BuildFailed }

func (r *Registry) buildDraft(ctx context.Context, d host.Draft) error {
	d.Status = host.BuildBuilding
	if err := r.Store.PutDraft(ctx, d, nil); err != nil {
		return err
	}
	r.builds.tell()
	module, err := r.make(ctx, &d)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // it is built: that should be told
	err = r.Store.PutDraft(ctx, d, module)
	if err != nil && host.CodeOf(err) != host.Conflict { // overtaken: somebody may have wished for it all the same
		return err
	}
	return r.fulfil(ctx, d, module)
}

// grant deploys the draft that somebody wished deployed, when only that is left
// to do, or when another draft has taken its place before it was built.
func (r *Registry) grant(ctx context.Context, actionID string) error {
	w, err := r.Store.PendingDeploy(ctx, actionID)
	if err != nil {
		return err
	}
	d := host.Draft{ActionID: actionID, Source: w.Source, Revision: w.Revision}
	if !r.builds.begin(ctx, d) {
		return nil
	}
	defer r.builds.end(d)
	now, err := r.Store.Draft(ctx, actionID)
	if err != nil {
		return err
	}
	if now.Revision == w.Revision {
		return r.fulfil(ctx, now, nil)
	}
	if again, err := r.Store.PendingDeploy(ctx, actionID); err != nil || again.Revision != w.Revision {
		return err
	}
	module, err := r.make(ctx, &d)
	if err != nil {
		return err
	}
	return r.fulfil(context.WithoutCancel(ctx), d, module)
}

// fulfil ends the wish for this draft, if there is one: it deploys what was
// built, whose module is stored when module is nil, and gives up what failed.
func (r *Registry) fulfil(ctx context.Context, d host.Draft, module []byte) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	defer r.builds.tell()
	w, err := r.Store.PendingDeploy(ctx, d.ActionID)
	if err != nil || w.Revision != d.Revision || !isSettled(d) {
		return err
	}
	if d.Status == host.BuildFailed {
		r.log().Warn("a draft that was to be deployed can't be built", "action", d.ActionID, "revision", d.Revision, "errors", d.Errors)
		return r.Store.DropPendingDeploy(ctx, d.ActionID, d.Revision)
	}
	a, err := r.Store.Action(ctx, d.ActionID)
	if err != nil {
		return err
	}
	_, err = r.release(host.WithActor(ctx, w.Actor), a, r.versionOf(a, d), module, nil)
	return err
}

// make builds the draft's module, and notes in d what came of it. An error
// means that ctx ended first: the next start goes on.
func (r *Registry) make(ctx context.Context, d *host.Draft) ([]byte, error) {
	building, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	module, digest, err := r.module(building, *d)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		d.Status, d.Errors = host.BuildFailed, r.reasons(*d, err)
		return nil, nil
	}
	d.Status, d.Digest, d.BuiltAt = host.BuildBuilt, digest, time.Now().UTC()
	return module, nil
}

// module builds the draft's module and looks into it.
func (r *Registry) module(ctx context.Context, d host.Draft) (module []byte, digest string, err error) {
	defer func() {
		if p := recover(); p != nil { // or it would end the host, at every start again
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	a, err := r.Store.Action(ctx, d.ActionID)
	if err != nil {
		return nil, "", err
	}
	sharedModules, err := r.sharedModulesOf(ctx, d.Source)
	if err != nil {
		return nil, "", err
	}
	if r.Builder == nil {
		return nil, "", noBuilder()
	}
	built, err := r.Builder.Build(ctx, a.Name, d.Source, sharedModules)
	if err != nil {
		return nil, "", err
	}
	if len(built.Warnings) > 0 {
		r.log().Warn("a draft was built with warnings", "action", a.ID, "revision", d.Revision, "warnings", built.Warnings)
	}
	inspection, err := r.checkModule(ctx, a, built.Module)
	return built.Module, inspection.Digest, err
}

func noBuilder() *host.Error {
	return &host.Error{
		Code: host.Unavailable, Text: "this host can't build code: it was built without the JavaScript engine",
		Hint: "run 'task engine' in usher's source, build usher again and start that; or upload a module that was built elsewhere",
		Fix:  host.FixBuild.With(),
	}
}

// reasons makes of err what an author is told.
func (r *Registry) reasons(d host.Draft, err error) []host.BuildMessage {
	if failed, ok := errors.AsType[*host.BuildFailure](err); ok && len(failed.Messages) > 0 {
		return shorten(failed.Messages)
	}
	if e, ok := errors.AsType[*host.Error](err); ok {
		if len(e.Fields) == 0 {
			return []host.BuildMessage{{Text: e.Text, Hint: e.Hint, Fix: e.Fix}}
		}
		var all []host.BuildMessage
		for _, f := range e.Fields {
			all = append(all, host.BuildMessage{Text: f.Detail})
		}
		return all
	}
	r.log().Error("a build broke off", "action", d.ActionID, "error", err)
	text := "the host could not build it, which is not the code's fault"
	if errors.Is(err, context.DeadlineExceeded) {
		text = fmt.Sprintf("the build took more than %s", buildTimeout)
	}
	return []host.BuildMessage{{Text: text, Hint: "save it again to try again; the host's log tells more"}}
}

// The bounds of what is kept of a build's errors: a line of a minified file may
// be the whole file.
const (
	maxBuildErrors   = 50
	maxLineTextChars = 500
)

func shorten(list []host.BuildMessage) []host.BuildMessage {
	list = slices.Clone(list[:min(len(list), maxBuildErrors)])
	for i, e := range list {
		if line := []rune(e.LineText); len(line) > maxLineTextChars {
			list[i].LineText = string(line[:maxLineTextChars]) + "…"
		}
	}
	return list
}
