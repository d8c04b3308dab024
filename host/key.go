package host

import "time"

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
// when it is made.
type Key struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Scopes    []Scope   `json:"scopes"`
	Hash      [32]byte  `json:"-"` // SHA-256 of the whole key
	CreatedAt time.Time `json:"created_at"`
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
