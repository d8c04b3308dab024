package host

import (
	"fmt"
	"time"
)

// Scope is what an API key may do.
type Scope string

// The scopes. Manage includes read.
const (
	ScopeIngest Scope = "ingest" // post events
	ScopeDecide Scope = "decide" // ask for decisions
	ScopeManage Scope = "manage" // change actions, bindings, secrets, keys; retry and rerun
	ScopeRead   Scope = "read"   // read everything but secrets
)

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{ScopeIngest, ScopeDecide, ScopeManage, ScopeRead} }

// Key is an API key. Only its hash is stored; the key itself is shown once,
// when it is made or rotated.
type Key struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`
	Scopes     []Scope   `json:"scopes"`
	Hash       [32]byte  `json:"-"` // SHA-256 of the whole key
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`   // zero: never
	LastUsedAt time.Time `json:"last_used_at,omitzero"` // zero: never; it may be a minute old
	RotatedAt  time.Time `json:"rotated_at,omitzero"`   // zero: never

	PreviousHash  [32]byte  `json:"-"`                       // what the key was before it was rotated
	PreviousUntil time.Time `json:"previous_until,omitzero"` // until when that is valid too
}

// NewKey is what an API key is made of.
type NewKey struct {
	Name      string
	Scopes    []Scope
	ExpiresAt time.Time // zero: never
}

// MaxKeyOverlap is how long the old secret of a rotated key may be valid.
const MaxKeyOverlap = 90 * 24 * time.Hour

// KeyRotation says how a key gets a new secret.
type KeyRotation struct {
	Overlap   time.Duration // how long the old secret is valid too; 0: not any more
	ExpiresAt time.Time     // when the key expires; zero: as before
}

// May reports whether the key's scopes include what scope asks for.
func (k Key) May(scope Scope) bool {
	for _, s := range k.Scopes {
		if s == scope || s == ScopeManage && scope == ScopeRead {
			return true
		}
	}
	return false
}

// Expired reports whether the key is not valid any more.
func (k Key) Expired(now time.Time) bool { return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) }

// Check returns nil when the secret with this hash, one of the key's two, is valid,
// and otherwise an [Unauthorized] error that says since when it is not.
func (k Key) Check(hash [32]byte, now time.Time) error {
	previous := hash == k.PreviousHash && hash != k.Hash
	switch {
	case k.Expired(now):
		return &Error{
			Code: Unauthorized, Text: fmt.Sprintf("the API key %q expired at %s", k.Name, k.ExpiresAt.UTC().Format(time.RFC3339)),
			Fix: FixRotateKey.With(k.Name),
		}
	case previous && !now.Before(k.PreviousUntil):
		return &Error{
			Code: Unauthorized, Text: fmt.Sprintf("the API key %q was rotated at %s, and this is what it was before", k.Name, k.RotatedAt.UTC().Format(time.RFC3339)),
			Hint: "use the key that the rotation showed", Fix: FixRotateKey.With(k.Name),
		}
	}
	return nil
}
