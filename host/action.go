package host

import "time"

// Action is a piece of a tenant's code for one trigger. What runs is its
// deployed version.
type Action struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Trigger   Trigger   `json:"trigger"`
	Secrets   []Secret  `json:"secrets"`
	Deployed  *Version  `json:"deployed_version,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// BuildStatus is how far a version has come, in Auth0's words.
type BuildStatus string

// The build states. An uploaded module is built at once.
const (
	BuildPending  BuildStatus = "pending"
	BuildBuilding BuildStatus = "building"
	BuildBuilt    BuildStatus = "built"
	BuildFailed   BuildStatus = "failed"
)

// Version is one immutable build of an action, numbered from 1 and addressed
// by the SHA-256 of its module.
type Version struct {
	ID        string      `json:"id"`
	ActionID  string      `json:"action_id"`
	Number    int         `json:"number"`
	Digest    string      `json:"digest"` // "sha256:" and 64 hex digits
	SizeBytes int64       `json:"size_bytes"`
	Status    BuildStatus `json:"status"`
	Deployed  bool        `json:"deployed"`
	Manifest  Manifest    `json:"manifest"`
	Source    *Source     `json:"source,omitempty"`   // what it was built from; nil when its module was uploaded
	Revision  int64       `json:"revision,omitempty"` // of the draft that it was made of
	Secrets   []Secret    `json:"-"`                  // that the action had when it was made; nil: not known
	CreatedAt time.Time   `json:"created_at"`
}

// Manifest is what a version declares about itself: the settings that its
// binding starts from, and the names of the secrets it needs.
type Manifest struct {
	Description string   `json:"description,omitempty"`
	Settings    Settings `json:"settings,omitzero"`
	Secrets     []string `json:"secrets,omitempty"`
}

// Secret is a named value that an action's guest may read. The value is
// write-only: nothing returns it but the run that uses it.
type Secret struct {
	Name      string    `json:"name"`
	UpdatedAt time.Time `json:"updated_at"`
}

// SecretWrite sets a secret. A nil Value keeps the stored one.
type SecretWrite struct {
	Name  string  `json:"name"`
	Value *string `json:"value,omitempty"`
}

// ActionWrite is what one request stores of an action: all of it, or nothing.
type ActionWrite struct {
	Action          Action // its ID, Name and UpdatedAt; with New also Trigger and CreatedAt
	New             bool
	Put             []SealedSecret // secrets to set
	Remove          []string       // secrets to delete
	Draft           *Draft         // nil keeps the stored one
	DeployWhenBuilt *Actor         // who requested that Draft be deployed once it is built; nil: it is not
}

// Limits on secrets, as Auth0 documents them.
const (
	MaxSecrets          = 30
	MaxSecretNameChars  = 128
	MaxSecretValueChars = 4096
)

// SealedSecret is a secret as it is stored: encrypted, bound to its action and
// name.
type SealedSecret struct {
	Name  string
	Value []byte
}

// AllDeployed reports whether what is deployed is the draft as it stands. An action
// whose versions are uploaded has the draft of revision 0, with the digest of its
// newest module.
func (a *Action) AllDeployed(d Draft) bool {
	switch {
	case a.Deployed == nil:
		return false
	case d.Revision == 0:
		return a.Deployed.Digest == d.Digest
	}
	return a.Deployed.Source != nil && a.Deployed.Revision == d.Revision
}
