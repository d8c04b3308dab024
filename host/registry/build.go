package registry

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// The bounds of building.
const (
	maxBuilds    = 2 // at once, of those that wait for packages, and of the others
	buildTimeout = 3 * time.Minute
	buildWait    = 20 * time.Second // how long a deploy waits for a build
	maxTrials    = 8                // tests that run at once, beside what the executor runs
)

// Build is what a [Builder] made.
type Build struct {
	Module   []byte
	Warnings []string
}

// BuildFailed is why a source can't be built.
type BuildFailed struct {
	Errors []host.BuildError // one at least
}

// Error tells every reason on a line of its own.
func (e *BuildFailed) Error() string {
	texts := make([]string, len(e.Errors))
	for i, b := range e.Errors {
		texts[i] = b.Text
		if b.File != "" && b.Line > 0 {
			texts[i] = fmt.Sprintf("%s:%d:%d: %s", b.File, b.Line, b.Column, b.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// BuildPending builds, in the background, what needs packages from a network:
// first what an earlier run of the host left, then what comes in. It blocks
// until ctx ends and every build has stopped; those are begun again by the next
// call.
func (r *Registry) BuildPending(ctx context.Context) error {
	drafts, err := r.Store.Drafts(ctx, host.Pending, host.Building)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("find what is left to build: %w", err)
	}
	for _, d := range drafts {
		r.builds.add(d.ActionID)
	}
	var workers sync.WaitGroup
	for range maxBuilds {
		workers.Go(func() {
			for id, ok := r.builds.next(ctx); ok; id, ok = r.builds.next(ctx) {
				r.build(ctx, id)
			}
		})
	}
	workers.Wait()
	return nil
}

// schedule sees to it that a draft that is pending gets built: at once, or in
// the background when it needs packages.
func (r *Registry) schedule(ctx context.Context, d host.Draft) {
	if d.Status != host.Pending {
		return
	}
	needs, err := r.needsPackages(ctx, d.Source)
	if needs || err != nil || !r.builds.take(ctx) {
		r.builds.add(d.ActionID)
		return
	}
	defer r.builds.release()
	r.build(context.WithoutCancel(ctx), d.ActionID) // whoever asked may hang up
}

func (r *Registry) needsPackages(ctx context.Context, s host.Source) (bool, error) {
	sources, err := r.librariesOf(ctx, s)
	needs := len(s.Dependencies) > 0
	for _, l := range sources {
		needs = needs || len(l.Dependencies) > 0
	}
	return needs, err
}

// build builds the draft of an action as it stands. A draft that changes
// meanwhile is built by whoever changed it.
func (r *Registry) build(ctx context.Context, actionID string) {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	d, err := r.Store.Draft(ctx, actionID)
	if err == nil && !isSettled(d) && r.builds.begin(ctx, d) {
		defer r.builds.end(d)
		err = r.buildOnce(ctx, d)
	}
	if code := host.CodeOf(err); err != nil && code != host.NotFound && code != host.Conflict && !errors.Is(err, context.Canceled) {
		r.log().Error("a build could not be kept", "action", actionID, "error", err)
	}
}

// isSettled reports whether a draft's build is over.
func isSettled(d host.Draft) bool { return d.Status == host.Built || d.Status == host.Failed }

// buildOnce builds a revision of a draft that nobody else builds, unless it was
// built, or changed, before that was so.
func (r *Registry) buildOnce(ctx context.Context, d host.Draft) error {
	now, err := r.Store.Draft(ctx, d.ActionID)
	if err != nil || now.Revision != d.Revision || isSettled(now) {
		return err
	}
	return r.buildDraft(ctx, now)
}

func (r *Registry) buildDraft(ctx context.Context, d host.Draft) error {
	d.Status = host.Building
	if err := r.Store.PutDraft(ctx, d); err != nil {
		return err
	}
	r.builds.tell()
	digest, err := r.module(ctx, d)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err() // the host stops: the next start goes on
	}
	d.Status, d.Digest, d.Errors, d.BuiltAt = host.Built, digest, nil, time.Now().UTC()
	if err != nil {
		d.Status, d.Errors, d.BuiltAt = host.Failed, r.reasons(d, err), time.Time{}
	}
	if err := r.Store.PutDraft(context.WithoutCancel(ctx), d); err != nil {
		return err
	}
	return r.deployWaiting(context.WithoutCancel(ctx), d)
}

// module builds and stores the draft's module.
func (r *Registry) module(ctx context.Context, d host.Draft) (digest string, err error) {
	defer func() {
		if p := recover(); p != nil { // or it would end the host, at every start again
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	a, err := r.Store.Action(ctx, d.ActionID)
	if err != nil {
		return "", err
	}
	libraries, err := r.librariesOf(ctx, d.Source)
	if err != nil {
		return "", err
	}
	if r.Builder == nil {
		return "", noBuilder()
	}
	built, err := r.Builder.Build(ctx, a.Name, d.Source, libraries)
	if err != nil {
		return "", err
	}
	if len(built.Warnings) > 0 {
		r.log().Warn("a draft was built with warnings", "action", a.ID, "revision", d.Revision, "warnings", built.Warnings)
	}
	if _, err := r.checkModule(ctx, a, built.Module); err != nil {
		return "", err
	}
	return r.Store.PutModule(ctx, built.Module)
}

func noBuilder() *host.Error {
	return &host.Error{
		Code: host.Unavailable, Text: "this host can't build code: it was built without the JavaScript engine",
		Hint: "run 'task engine' in usher's source, build usher again and start that; or upload a module with `usher deploy`",
	}
}

// reasons makes of err what an author is told.
func (r *Registry) reasons(d host.Draft, err error) []host.BuildError {
	if failed, ok := errors.AsType[*BuildFailed](err); ok && len(failed.Errors) > 0 {
		return shorten(failed.Errors)
	}
	if e, ok := errors.AsType[*host.Error](err); ok {
		if len(e.Fields) == 0 {
			return []host.BuildError{{Text: e.Text, Hint: e.Hint}}
		}
		var all []host.BuildError
		for _, f := range e.Fields {
			all = append(all, host.BuildError{Text: f.Detail})
		}
		return all
	}
	r.log().Error("a build broke off", "action", d.ActionID, "error", err)
	text := "the host could not build it, which is not the code's fault"
	if errors.Is(err, context.DeadlineExceeded) {
		text = fmt.Sprintf("the build took more than %s", buildTimeout)
	}
	return []host.BuildError{{Text: text, Hint: "save it again to try again; the host's log tells more"}}
}

// The bounds of what is kept of a build's errors: a line of a minified file may
// be the whole file.
const (
	maxBuildErrors   = 50
	maxLineTextChars = 500
)

func shorten(list []host.BuildError) []host.BuildError {
	list = slices.Clone(list[:min(len(list), maxBuildErrors)])
	for i, e := range list {
		if line := []rune(e.LineText); len(line) > maxLineTextChars {
			list[i].LineText = string(line[:maxLineTextChars]) + "…"
		}
	}
	return list
}

// deployWaiting deploys a draft that was just built, when that was asked for. A
// failed one is not tried again: its next revision is another matter.
func (r *Registry) deployWaiting(ctx context.Context, d host.Draft) error {
	actor, asked := r.builds.awaitsDeploy(d.ActionID)
	if !asked {
		return nil
	}
	defer r.builds.change(func() { delete(r.builds.deploy, d.ActionID) })
	if d.Status != host.Built {
		return nil
	}
	_, err := r.deployDraft(host.WithActor(ctx, actor), d.ActionID)
	return err
}
