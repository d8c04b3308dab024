// Package builds makes drafts into versions: it changes the source of actions,
// has it built, deploys what was built, and runs a draft once to test it. It leaves
// the rules of actions, versions and secrets to the registry, and building itself
// to a [Builder].
//
// The main types:
//
//   - [Builds] is the service: CreateSourceAction and PatchSource change a draft,
//     DeployDraft and DeployVersion deploy, Test runs a draft, Run works in the
//     background until the host stops.
//   - [Registry] is what it needs of package registry.
//   - [Builder] makes a module of a source, [Runner] runs one.
//
// What happens to a draft is a state machine of its status and of its pending
// deploy. It stands, drawn and as a table, in state.go; work.go takes the steps,
// queue.go says whose turn it is: fair by author, slow builds beside quick ones.
package builds

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
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

// Builds changes, builds and deploys drafts. Set the exported fields before the
// first call; after that it is safe for concurrent use. It implements
// [host.Drafts].
type Builds struct {
	Store    Store
	Registry Registry // its Changed must be [Builds.Changed]

	// Builder makes modules of sources. Nil: a source is refused.
	Builder Builder

	// Runner runs a draft for Test, which nothing else needs.
	Runner Runner

	// PasswordKeys are the words by which keys of passwords are recognized in the events of
	// tests; nil is [proto.DefaultPasswordKeys].
	PasswordKeys []string

	// SourceEgress is where an action that the host built from its source may
	// send requests, unless its binding says otherwise. "" is
	// [host.EgressPublic].
	SourceEgress host.EgressMode

	// Log gets the warnings of builds and the causes of failures. Nil drops it.
	Log *slog.Logger

	queue queue
	tests atomic.Int64 // that run
}

// Store stores drafts and pending deploys. A method that finds nothing returns a
// [host.NotFound] error.
type Store interface {
	host.DraftStore
	host.PendingDeployStore
}

// Registry is what the builds need of the registry. Actions are named by id or
// name.
type Registry interface {
	Action(ctx context.Context, action string) (host.Action, error)
	Binding(ctx context.Context, idOrAction string) (host.Binding, error)
	DeployableVersion(ctx context.Context, action, numberOrID string) (host.Version, error)

	CheckNewAction(n host.NewAction, source []host.Field) error
	CheckSource(s host.Source) []host.Field
	CheckModule(ctx context.Context, a host.Action, module []byte) (host.Inspection, error)
	ResolveSharedModules(ctx context.Context, refs []host.SharedModuleRef) ([]host.SharedModuleRef, error)
	SharedSources(ctx context.Context, s host.Source) (map[string]host.Source, error)

	AddAction(ctx context.Context, n host.NewAction) (host.Action, error)
	PatchAction(ctx context.Context, action string, p host.SourcePatch, revise host.Revise) (host.Action, host.Draft, error)
	Release(ctx context.Context, actionID string, choose func(context.Context, host.Action) (*host.Release, error)) (host.Version, error)
	Record(ctx context.Context, verb, object, name string, before, after any)
}

// Builder makes a module of a source: the same bytes from the same source and
// packages. Shared are the sources of the shared modules that it requires, by
// name. A source that can't be built is a [*host.BuildFailure]; any other error is
// the machine's.
type Builder interface {
	Build(ctx context.Context, name string, s host.Source, shared map[string]host.Source) (Build, error)
}

// Build is what a [Builder] made.
type Build struct {
	Module   []byte
	Warnings []string
}

// Runner runs one step on an event, and stores nothing of it. What the guest does
// is the result; an error means that ctx ended first.
type Runner interface {
	Try(ctx context.Context, step host.Step, event *host.Event) (host.Result, error)
}

// Changed wakes everything that waits for a draft to be built or deployed. The
// registry calls it.
func (b *Builds) Changed() { b.queue.wake() }

func (b *Builds) log() *slog.Logger {
	if b.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return b.Log
}

// textOf returns what a caller may read of err.
func textOf(err error) string {
	if e, ok := errors.AsType[*host.Error](err); ok {
		return e.Text
	}
	return err.Error()
}
