// Package registry keeps the rules of what runs: actions, their immutable
// versions, deployment, the ordered bindings of a trigger, secrets and API
// keys. It leaves storing, encrypting and looking into modules to what it is
// given.
package registry

import (
	"context"
	"sync"

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

	changing sync.Mutex // held by whoever reads, decides and then writes
	secrets  secretCache
	present  presentBindings
}

// Store keeps it all durably. A method that finds nothing returns a
// [host.NotFound] error.
type Store interface {
	Actions
	Versions
	Bindings
	Secrets
	Keys
}

// Actions stores actions.
type Actions interface {
	CreateAction(ctx context.Context, a host.Action) error
	Action(ctx context.Context, idOrName string) (host.Action, error)
	Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error)
	DeleteAction(ctx context.Context, id string, force bool) error
}

// Versions stores versions and their modules.
type Versions interface {
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
