// Package registry keeps the rules of what runs: actions, their drafts and
// immutable versions, deployment, the ordered bindings of a trigger, shared modules,
// secrets and API keys. It leaves storing, encrypting, building and looking
// into modules to what it is given.
package registry

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/usherhost/usher/host"
)

// Registry changes and shows what runs. Set the exported fields before the
// first call; after that it is safe for concurrent use.
type Registry struct {
	Store     host.RegistryStore
	Inspector host.Inspector
	Box       host.Box

	// CheckOrigin returns an error that says why a string is no origin that
	// [host.Egress] may list. Nil accepts every string.
	CheckOrigin func(origin string) error

	// NewKey makes an API key and its hash. It is called by CreateKey and
	// EnsureAdminKey only.
	NewKey func() (secret string, hash [32]byte)

	// Builder makes modules of sources. Nil: a source is refused.
	Builder Builder

	// Runner runs a draft for Test, which nothing else needs.
	Runner Runner

	// MaxModuleBytes is the largest module that is taken; 0 is
	// [host.DefaultModuleBytes].
	MaxModuleBytes int

	// SourceEgress is where an action that the host built from its source may
	// send requests, unless its binding says otherwise. "" is
	// [host.EgressPublic].
	SourceEgress host.EgressMode

	// Log is told of what went wrong behind a change that took effect. Nil
	// drops it.
	Log *slog.Logger

	changing sync.Mutex // held by whoever reads, decides and then writes
	secrets  secretCache
	present  presentBindings
	builds   builds
	trials   atomic.Int64 // tests that run
}

// Builder makes a module of a source: the same bytes from the same source and
// packages. SharedModules are the sources of those that it requires, by name. A
// source that can't be built is a [*host.BuildFailure]; any other error is the
// machine's.
type Builder interface {
	Build(ctx context.Context, name string, s host.Source, sharedModules map[string]host.Source) (Build, error)
}

// Runner runs one step on an event, and keeps nothing of it. What the guest
// does is the result; an error means that ctx ended first.
type Runner interface {
	Try(ctx context.Context, step host.Step, event *host.Event) (host.Result, error)
}
