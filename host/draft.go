package host

import (
	"slices"
	"time"
)

// Source is what an author wrote, from which the host builds a module.
type Source struct {
	Runtime       string            `json:"runtime"` // as it was sent, in Auth0's names: "node22"
	Code          string            `json:"code"`
	Dependencies  []Dependency      `json:"dependencies,omitempty"`
	SharedModules []SharedModuleRef `json:"shared_modules,omitempty"`
}

// The runtimes that the host itself names. RuntimeWasm is that of an action whose
// versions are modules that are uploaded: it has no draft.
const (
	RuntimeNode = "node22" // that of a source that names none
	RuntimeWasm = "wasm"
)

// Dependency is an npm package that a source names.
type Dependency struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	RegistryURL string `json:"registry_url,omitempty"`
}

// SharedModuleRef is the version of a shared module that a source uses.
type SharedModuleRef struct {
	SharedModuleID string `json:"shared_module_id"`
	Name           string `json:"name"`
	VersionID      string `json:"version_id"`
	Number         int    `json:"number"`
}

// Draft is an action's source as it stands. A deploy makes a version of it;
// until then nothing of it runs.
type Draft struct {
	ActionID  string         `json:"action_id"`
	Source    Source         `json:"source"`
	Revision  int64          `json:"revision"` // raised by every change, from 1
	Status    BuildStatus    `json:"status"`
	Errors    []BuildMessage `json:"errors,omitempty"` // with BuildFailed
	Digest    string         `json:"digest,omitempty"` // of the module, with BuildBuilt
	UpdatedAt time.Time      `json:"updated_at"`
	BuiltAt   time.Time      `json:"built_at,omitzero"`
}

// PendingDeploy is a draft that is to be deployed once it is built, as it was
// when that was requested: the action's draft may have changed since.
type PendingDeploy struct {
	ActionID string
	Revision int64
	Source   Source
	Actor    Actor // who requested it
	AskedAt  time.Time
}

// SharedModule is code that several actions' sources share; Auth0 calls it a
// module. Its draft is made a version by publishing it.
type SharedModule struct {
	ID        string               `json:"id"`
	Name      string               `json:"name"` // actions require "actions:NAME"
	Source    Source               `json:"source"`
	Secrets   []Secret             `json:"secrets"`
	Latest    *SharedModuleVersion `json:"latest_version,omitempty"`
	CreatedAt time.Time            `json:"created_at"`
	UpdatedAt time.Time            `json:"updated_at"`
}

// AllPublished reports whether the latest version is the draft as it stands, with
// the secrets that the shared module has now.
func (l *SharedModule) AllPublished() bool {
	v := l.Latest
	return v != nil && v.Source.Code == l.Source.Code && slices.Equal(v.Source.Dependencies, l.Source.Dependencies) &&
		(v.Secrets == nil || slices.EqualFunc(v.Secrets, l.Secrets, sameSecret))
}

func sameSecret(a, b Secret) bool { return a.Name == b.Name && a.UpdatedAt.Equal(b.UpdatedAt) }

// SharedModuleVersion is one immutable state of a shared module, numbered from 1.
type SharedModuleVersion struct {
	ID             string    `json:"id"`
	SharedModuleID string    `json:"shared_module_id"`
	Number         int       `json:"number"`
	Source         Source    `json:"source"`
	Secrets        []Secret  `json:"-"` // that the shared module had when it was published; nil: not known
	CreatedAt      time.Time `json:"created_at"`
}

// SourcePatch changes an action's draft. A nil field keeps its value.
type SourcePatch struct {
	Revision      *int64 // that the draft must have, 0 when there must be none; else [Stale]
	Name          *string
	Code          *string
	Dependencies  *[]Dependency
	Runtime       *string
	SharedModules *[]SharedModuleRef
	Secrets       *[]SecretWrite // the whole list; an item without a value keeps the stored one
}

// SharedModuleWrite is what one request stores of a shared module: all of it, or nothing.
type SharedModuleWrite struct {
	SharedModule SharedModule // its ID, Source and UpdatedAt; with New also Name and CreatedAt
	New          bool
	Put          []SealedSecret       // secrets to set
	Remove       []string             // secrets to delete
	Publish      *SharedModuleVersion // a version to make of it; its Number is ignored
}

// SharedModulePatch changes a shared module's draft. A nil field keeps its value.
type SharedModulePatch struct {
	Code         *string
	Dependencies *[]Dependency
	Secrets      *[]SecretWrite // the whole list; an item without a value keeps the stored one
}

// SharedModuleUser is an action whose draft uses a shared module.
type SharedModuleUser struct {
	Action Action          `json:"action"`
	Ref    SharedModuleRef `json:"ref"`
}
