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
	Store     Store
	Inspector Inspector
	Box       Box

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

// Store keeps it all durably. A method that finds nothing returns a
// [host.NotFound] error.
type Store interface {
	Actions
	Versions
	Bindings
	Drafts
	Wishes
	SharedModules
	Secrets
	Keys
	Changes
}

// Drafts stores drafts, and with PutDraft the module that one was built into.
// It refuses, with [host.Conflict], a draft whose Revision is older than what is
// stored.
type Drafts interface {
	Draft(ctx context.Context, actionID string) (host.Draft, error)
	PutDraft(ctx context.Context, d host.Draft, wasm []byte) error
	Drafts(ctx context.Context, statuses ...host.BuildStatus) ([]host.Draft, error)
}

// Wishes stores which drafts are to be deployed once they are built, one of an
// action. Whatever deploys a version of the action ends its wish.
type Wishes interface {
	Wish(ctx context.Context, actionID string) (host.Wish, error)
	Wishes(ctx context.Context) ([]host.Wish, error)
	DropWish(ctx context.Context, actionID string, revision int64) error
}

// SharedModules stores shared modules and their versions. The secrets of a shared module are
// stored under its id.
type SharedModules interface {
	WriteSharedModule(ctx context.Context, w host.SharedModuleWrite) error
	SharedModule(ctx context.Context, idOrName string) (host.SharedModule, error)
	SharedModules(ctx context.Context) ([]host.SharedModule, error)
	SharedModuleUsers(ctx context.Context, sharedModuleID string) ([]host.SharedModuleUser, error)
	DeleteSharedModule(ctx context.Context, id string) error
	PublishSharedModule(ctx context.Context, v host.SharedModuleVersion) (host.SharedModuleVersion, error)
	SharedModuleVersions(ctx context.Context, sharedModuleID string) ([]host.SharedModuleVersion, error)
}

// Changes stores the log of changes.
type Changes interface {
	RecordChange(ctx context.Context, c host.Change) error
}

// Actions stores actions.
type Actions interface {
	WriteAction(ctx context.Context, w host.ActionWrite) error
	Action(ctx context.Context, idOrName string) (host.Action, error)
	Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error)
	DeleteAction(ctx context.Context, id string, force bool) error
}

// Versions stores versions and their modules. A version that comes without its
// module has the one that is stored under its digest. Release stores a version,
// deploys it and stores a draft, if there is one, in one commit.
type Versions interface {
	Release(ctx context.Context, v host.Version, wasm []byte, draft *host.Draft) (host.Version, error)
	CreateVersion(ctx context.Context, v host.Version, wasm []byte) (host.Version, error)
	Versions(ctx context.Context, actionID string) ([]host.Version, error)
	Version(ctx context.Context, actionID, numberOrID string) (host.Version, error)
	Deploy(ctx context.Context, actionID, versionID string) (host.Version, error)
}

// Bindings stores the order of each trigger.
type Bindings interface {
	Binding(ctx context.Context, id string) (host.Binding, error)
	Bindings(ctx context.Context, trigger host.Trigger) ([]host.Binding, error)
	ReplaceBindings(ctx context.Context, trigger host.Trigger, list []host.Binding) ([]host.Binding, error)
	UpdateBinding(ctx context.Context, b host.Binding) error
}

// Secrets stores sealed secrets. SetSecrets puts and removes in one commit.
type Secrets interface {
	SetSecrets(ctx context.Context, actionID string, put []host.SealedSecret, remove []string) error
	SealedSecrets(ctx context.Context, actionID string) ([]host.SealedSecret, error)
}

// Keys stores API keys.
type Keys interface {
	CreateKey(ctx context.Context, k host.Key) error
	Keys(ctx context.Context) ([]host.Key, error)
	DeleteKey(ctx context.Context, id string) error
}

// Inspector tells what a module is before it runs. A module that does not fit
// has Problems; an error means that nothing can be said of it.
type Inspector interface {
	Inspect(ctx context.Context, wasm []byte) (host.Inspection, error)
}

// Box encrypts what is stored. What was sealed opens only with the same
// context.
type Box interface {
	Seal(plaintext, context []byte) ([]byte, error)
	Open(ciphertext, context []byte) ([]byte, error)
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
