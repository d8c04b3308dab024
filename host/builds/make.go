package builds

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

// make builds the draft's module. A nil module means that it can't be built: then
// d has the errors. An error means that ctx ended first: the next start goes on.
func (b *Builds) make(ctx context.Context, d *host.Draft) ([]byte, error) {
	building, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	module, digest, err := b.module(building, *d)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		d.Errors = b.reasons(*d, err)
		return nil, nil
	}
	d.Digest, d.BuiltAt = digest, time.Now().UTC()
	return module, nil
}

// module builds the draft's module and inspects it.
func (b *Builds) module(ctx context.Context, d host.Draft) (module []byte, digest string, err error) {
	defer func() {
		if p := recover(); p != nil { // or it would end the host, at every start again
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	a, err := b.Registry.Action(ctx, d.ActionID)
	if err != nil {
		return nil, "", err
	}
	sharedModules, err := b.Registry.SharedSources(ctx, d.Source)
	if err != nil {
		return nil, "", err
	}
	if b.Builder == nil {
		return nil, "", noBuilder()
	}
	built, err := b.Builder.Build(ctx, a.Name, d.Source, sharedModules)
	if err != nil {
		return nil, "", err
	}
	if len(built.Warnings) > 0 {
		b.log().Warn("a draft was built with warnings", "action", a.ID, "revision", d.Revision, "warnings", built.Warnings)
	}
	inspection, err := b.Registry.CheckModule(ctx, a, built.Module)
	return built.Module, inspection.Digest, err
}

func noBuilder() *host.Error {
	return &host.Error{
		Code: host.Unavailable, Text: "this host builds no code",
		Hint: "upload a module that was built elsewhere",
		Fix:  host.FixBuild.With(),
	}
}

// reasons returns the messages of err for the author.
func (b *Builds) reasons(d host.Draft, err error) []host.BuildMessage {
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
	b.log().Error("a build broke off", "action", d.ActionID, "error", err)
	text := "the host could not build it, which is not the code's fault"
	if errors.Is(err, context.DeadlineExceeded) {
		text = fmt.Sprintf("the build took more than %s", buildTimeout)
	}
	return []host.BuildMessage{{Text: text, Hint: "save it again to try again; see the host's log"}}
}

// The bounds of a build's stored errors: a line of a minified file may be the whole
// file.
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
