package host

import (
	"context"
	"encoding/json"
)

// Registry changes and shows what runs: it holds the rules of actions, versions,
// bindings, secrets, shared modules and API keys. Actions and shared modules are
// named by id or name. Package registry implements it; each method's contract is
// documented there.
type Registry interface {
	Actions
	Versions
	Secrets
	Bindings
	Pauser
	SharedModules
	Keys
}

// Pauser pauses actions and triggers, each named by its id or name, and shows what holds
// work back.
type Pauser interface {
	Pause(ctx context.Context, target, reason string) (p Pause, paused bool, err error)
	Resume(ctx context.Context, target string) (Resumed, error)
	Holds(ctx context.Context) ([]Hold, error)
}

// Actions creates, shows and deletes actions. A name that is taken is
// [Conflict], as is the deletion of a bound action without force.
type Actions interface {
	CreateAction(ctx context.Context, name string, trigger Trigger, secrets []SecretWrite) (Action, error)
	Action(ctx context.Context, action string) (Action, error)
	Actions(ctx context.Context, trigger Trigger) ([]Action, error)
	DeleteAction(ctx context.Context, action string, force bool) (canceledSteps int, err error)
}

// Versions uploads, shows and deploys the versions of actions, newest first.
type Versions interface {
	Upload(ctx context.Context, action string, module []byte, m Manifest, deploy bool) (Version, error)
	Versions(ctx context.Context, action string) ([]Version, error)
	Version(ctx context.Context, action, numberOrID string) (Version, error)
	Deploy(ctx context.Context, action, numberOrID string) (Version, error)
}

// Secrets sets and deletes the secrets of actions. It never returns a value.
type Secrets interface {
	SetSecrets(ctx context.Context, action string, put []SecretWrite, remove []string) ([]Secret, error)
	ReplaceSecrets(ctx context.Context, action string, list []SecretWrite) ([]Secret, error)
	DeleteSecret(ctx context.Context, action, name string) error
}

// Bindings changes and shows the order of each trigger.
type Bindings interface {
	Binding(ctx context.Context, idOrAction string) (Binding, error)
	Bindings(ctx context.Context, trigger Trigger) ([]Binding, error)
	ReplaceBindings(ctx context.Context, trigger Trigger, list []BindingWrite) ([]Binding, error)
	ReplaceBindingsIf(ctx context.Context, trigger Trigger, list []BindingWrite, check func(stored []Binding) error) ([]Binding, error)
	UpdateBinding(ctx context.Context, idOrAction string, change func(*Binding) error) (Binding, error)
}

// SharedModules changes, publishes and shows shared modules.
type SharedModules interface {
	CreateSharedModule(ctx context.Context, name string, src Source, secrets []SecretWrite, publish bool) (SharedModule, error)
	SharedModule(ctx context.Context, module string) (SharedModule, error)
	SharedModules(ctx context.Context) ([]SharedModule, error)
	PatchSharedModule(ctx context.Context, module string, p SharedModulePatch) (SharedModule, error)
	DeleteSharedModule(ctx context.Context, module string) error
	PublishSharedModule(ctx context.Context, module string) (SharedModuleVersion, error)
	RollbackSharedModule(ctx context.Context, module, versionID string) (SharedModule, error)
	SharedModuleVersions(ctx context.Context, module string) ([]SharedModuleVersion, error)
	SharedModuleVersion(ctx context.Context, module, versionID string) (SharedModuleVersion, error)
	SharedModuleUsers(ctx context.Context, module string) ([]SharedModuleUser, error)
}

// Keys creates, shows, rotates and deletes API keys. A key is found by its id or its
// name; a name that several keys have is a [Conflict].
type Keys interface {
	CreateKey(ctx context.Context, n NewKey) (k Key, secret string, err error)
	Key(ctx context.Context, key string) (Key, error)
	RotateKey(ctx context.Context, key string, r KeyRotation) (k Key, secret string, err error)
	Keys(ctx context.Context) ([]Key, error)
	DeleteKey(ctx context.Context, key string) error
}

// Drafts changes the source of actions, builds and deploys it. An action whose
// versions are uploaded has no draft: Draft returns [NotFound], the others
// [Conflict], as they do for a draft that is not built, or has another revision
// than the one to deploy. Package builds implements it.
type Drafts interface {
	CreateSourceAction(ctx context.Context, name string, trigger Trigger, src Source, secrets []SecretWrite, deploy bool) (Action, Draft, error)
	PatchSource(ctx context.Context, action string, p SourcePatch) (Action, Draft, error)
	Draft(ctx context.Context, action string) (Draft, error)
	DeployDraft(ctx context.Context, action string, revision int64) (Version, error)
	DeployVersion(ctx context.Context, action, version string, updateDraft bool) (Version, error)
	Test(ctx context.Context, action string, event json.RawMessage) (Result, error)
}

// Inspector describes a module before it runs. A module that does not fit has
// Problems; an error means that nothing can be reported of it.
type Inspector interface {
	Inspect(ctx context.Context, wasm []byte) (Inspection, error)
}

// NewAction is what a new action comes with.
type NewAction struct {
	Name            string
	Trigger         Trigger
	Secrets         []SecretWrite
	Draft           *Draft // nil: its versions are uploaded
	DeployWhenBuilt bool   // Draft is to be deployed once it is built
}

// Revise returns the draft that a patch makes of an action's draft before, which
// is nil when there is none; nil leaves the draft as it is. Nothing else changes
// the action while it runs.
type Revise func(ctx context.Context, a Action, before *Draft, secretsChanged bool) (*Draft, error)

// Release is a version to be made and deployed in one commit: its Digest,
// Manifest, Source and Revision, with what comes with it.
type Release struct {
	Version Version
	Module  []byte // nil: it is stored under the version's Digest
	Draft   *Draft // that replaces the action's; nil keeps the stored one
}
