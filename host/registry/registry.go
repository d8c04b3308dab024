// Package registry holds the rules of what runs: actions and their immutable
// versions, deployment, the ordered bindings of a trigger, shared modules, secrets
// and API keys. It leaves drafts and building to package builds, and storing,
// encrypting and inspecting modules to what it is given.
//
// The main type is [Registry]; it implements [host.Registry], and what package
// builds needs of it. One mutex serialises everything that reads, decides and then
// writes, so that each rule holds for the state that it was checked against:
// AddAction, PatchAction and Release let the builds take part in that. Reads take
// no lock. What every run of an action asks for, its secrets and its binding's
// settings, is cached; each write forgets what it may have changed, also when the
// store reports an error, because the write may have been stored all the same.
//
// Every change that took effect is recorded in the log of changes, with its actor
// and without the value of any secret.
package registry

import (
	"log/slog"
	"sync"

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

	// MaxModuleBytes is the largest module that is taken; 0 is
	// [host.DefaultModuleBytes].
	MaxModuleBytes int

	// Changed is called after a version was deployed or an action was deleted,
	// to wake what waits for that. It must not block. Nil: not called.
	Changed func()

	// Work is reloaded after a change of pauses, and of what is bound. Nil: nothing is.
	Work Work

	// Log gets the errors behind a change that took effect. Nil drops them.
	Log *slog.Logger

	changing sync.Mutex               // held from reading through deciding to writing
	secrets  cache[map[string]string] // of each action, opened, so that a run need not decrypt
	present  cache[host.Binding]      // as bindings are now: every run asks for its own
	there    cache[bool]              // by action, whether it is there: every run asks for its own
}
