package host

import (
	"context"
	"time"
)

// Store is everything that a storage engine must do; each method's contract is
// documented at package sqlite's. A method that finds nothing returns a
// [NotFound] error. Package internal/storetest is its conformance suite.
type Store interface {
	EventStore
	ExecutionStore
	RegistryStore
	OriginUseStore
	RefusedEventStore
	NoticeStore
	WebhookStore
	SearchableFieldStore
	MetaStore
	Close() error
}

// RegistryStore is what the registry and the builds store.
type RegistryStore interface {
	ActionStore
	VersionStore
	BindingStore
	PauseStore
	SecretStore
	DraftStore
	PendingDeployStore
	SharedModuleStore
	KeyStore
	ChangeLog
}

// EventStore accepts events, each with its execution, in one durable commit.
type EventStore interface {
	Accept(ctx context.Context, events []NewEvent) ([]Accepted, error)
	Event(ctx context.Context, id string) (Event, error)
	Events(ctx context.Context, q EventQuery) ([]Event, error)
	DeleteUser(ctx context.Context, userID string) (int, error)
	Expire(ctx context.Context, before time.Time) (int, error)
	ExpireTapes(ctx context.Context, now, before time.Time) (int, error)
}

// ExecutionStore leases executions, records what their runs came to and what flows
// decided, and shows both.
type ExecutionStore interface {
	Claim(ctx context.Context, n int) ([]Execution, error)
	ClaimHeld(ctx context.Context, key string, n int) ([]Execution, error)
	NextDue(ctx context.Context) (time.Time, bool, error)
	Held(ctx context.Context) ([]HeldCount, error)
	Record(ctx context.Context, o Outcome, done func(error)) error
	Tape(ctx context.Context, executionID string, step, attempt int) ([]byte, error)
	Tapes(ctx context.Context, executionID string, step int) ([]SealedTape, error)
	Bound(ctx context.Context, trigger Trigger) ([]Step, error)
	Decided(ctx context.Context, r *DecisionRecord, done func(error)) error
	Executions
	Results
}

// Dispatcher receives new executions from the store as soon as they are committed,
// without polling. Its methods are called from the store's writer and must not
// block.
type Dispatcher interface {
	Reserve() bool      // asks for room for one execution, before the commit
	Dispatch(Execution) // takes the execution, after the commit; its Plan is shared and must not be changed
	Release()           // gives the room back: there was no commit
}

// ActionStore stores actions. WriteAction stores an action with its secrets,
// its draft and its pending deploy in one commit.
type ActionStore interface {
	WriteAction(ctx context.Context, w ActionWrite) error
	Action(ctx context.Context, idOrName string) (Action, error)
	Actions(ctx context.Context, trigger Trigger) ([]Action, error)
	// DeleteAction returns how many steps it canceled that had not ended.
	DeleteAction(ctx context.Context, id string, force bool) (int, error)
}

// VersionStore stores versions and their modules. A version that comes without
// its module has the one that is stored under its digest. Release stores a
// version, deploys it and stores a draft, if there is one, in one commit.
type VersionStore interface {
	Release(ctx context.Context, v Version, wasm []byte, draft *Draft) (Version, error)
	CreateVersion(ctx context.Context, v Version, wasm []byte) (Version, error)
	Versions(ctx context.Context, actionID string) ([]Version, error)
	Version(ctx context.Context, actionID, numberOrID string) (Version, error)
	Deploy(ctx context.Context, actionID, versionID string) (Version, error)
	Module(ctx context.Context, digest string) ([]byte, error)
}

// BindingStore stores the order of each trigger.
type BindingStore interface {
	Binding(ctx context.Context, id string) (Binding, error)
	Bindings(ctx context.Context, trigger Trigger) ([]Binding, error)
	ReplaceBindings(ctx context.Context, trigger Trigger, list []Binding) ([]Binding, error)
	UpdateBinding(ctx context.Context, b Binding) error
}

// PauseStore stores what operators paused: actions by id, and triggers. PutPause
// reports whether the target was not paused, DeletePause whether it was. The deletion of
// an action ends its pause, and makes what was held back for it due.
type PauseStore interface {
	PutPause(ctx context.Context, p Pause) (created bool, err error)
	DeletePause(ctx context.Context, target string) (existed bool, err error)
	Pauses(ctx context.Context) ([]Pause, error)
}

// SecretStore stores the sealed secrets of actions and shared modules.
// SetSecrets puts and removes in one commit.
type SecretStore interface {
	SetSecrets(ctx context.Context, ownerID string, put []SealedSecret, remove []string) error
	SealedSecrets(ctx context.Context, ownerID string) ([]SealedSecret, error)
}

// DraftStore stores drafts, and with PutDraft the module that one was built
// into. It refuses, with [Conflict], a draft whose Revision is older than the
// stored one's.
type DraftStore interface {
	Draft(ctx context.Context, actionID string) (Draft, error)
	PutDraft(ctx context.Context, d Draft, wasm []byte) error
	Drafts(ctx context.Context, statuses ...BuildStatus) ([]Draft, error)
}

// PendingDeployStore stores which drafts are to be deployed once they are built,
// one of an action. Whatever deploys a version of the action ends its pending
// deploy, in the same commit.
type PendingDeployStore interface {
	PendingDeploy(ctx context.Context, actionID string) (PendingDeploy, error)
	PendingDeploys(ctx context.Context) ([]PendingDeploy, error)
	DropPendingDeploy(ctx context.Context, actionID string, revision int64) error
}

// SharedModuleStore stores shared modules and their versions. The secrets of a
// shared module are stored under its id.
type SharedModuleStore interface {
	WriteSharedModule(ctx context.Context, w SharedModuleWrite) error
	SharedModule(ctx context.Context, idOrName string) (SharedModule, error)
	SharedModules(ctx context.Context) ([]SharedModule, error)
	SharedModuleUsers(ctx context.Context, id string) ([]SharedModuleUser, error)
	DeleteSharedModule(ctx context.Context, id string) error
	PublishSharedModule(ctx context.Context, v SharedModuleVersion) (SharedModuleVersion, error)
	SharedModuleVersions(ctx context.Context, id string) ([]SharedModuleVersion, error)
}

// KeyStore stores API keys. KeyByHash finds a key by its hash and by its previous one,
// and notes in memory that it was used, if it is valid; StoreKeyUses stores these notes.
type KeyStore interface {
	CreateKey(ctx context.Context, k Key) error
	Keys(ctx context.Context) ([]Key, error)
	UpdateKey(ctx context.Context, k Key) error // all but its id and when it was created or used
	DeleteKey(ctx context.Context, id string) error
	StoreKeyUses(ctx context.Context) error
	KeyByHash(ctx context.Context, hash [32]byte) (Key, error)
}

// ChangeLog records who changed what, and shows it.
type ChangeLog interface {
	RecordChange(ctx context.Context, c Change) error
	Changes(ctx context.Context, q ChangeQuery) ([]Change, error)
}

// OriginUseStore records to which origins versions sent requests, and shows it.
type OriginUseStore interface {
	RecordOriginUse(ctx context.Context, versionID string, origins map[string]int64, at time.Time) error
	OriginUse(ctx context.Context, versionOrActionID string) ([]OriginUse, error)
}

// RefusedEventStore stores events that were refused, within limits.
type RefusedEventStore interface {
	KeepRefusedEvents(ctx context.Context, events []RefusedEvent, limits RefusedEventLimits) error
	ExpireRefusedEvents(ctx context.Context) error
	RefusedEvents(ctx context.Context, q RefusedEventQuery) ([]RefusedEvent, error)
	RefusedEvent(ctx context.Context, id string) (RefusedEvent, error)
	DeleteRefusedEvent(ctx context.Context, id string) error
}

// SearchableFieldStore knows by which fields of events executions and events are found.
type SearchableFieldStore interface {
	SetSearchableFields(ctx context.Context, paths []string) error
	SearchableFields(ctx context.Context) ([]SearchableField, error)
	IndexFields(ctx context.Context, report func([]SearchableField)) error
}

// NoticeStore stores notices, a bounded number of them. Those of the same topic that
// come within a minute are counted in one, which is complete when that minute is over.
type NoticeStore interface {
	RecordNotices(ctx context.Context, notices []Notice) error
	Notices(ctx context.Context, q NoticeQuery) ([]Notice, error)
	Notice(ctx context.Context, id string) (Notice, error)

	// CompleteNotices returns those that are complete and not reported yet, oldest first.
	CompleteNotices(ctx context.Context, limit int) ([]Notice, error)
	// NextNotice returns when the next one will be complete, and false when none is open.
	NextNotice(ctx context.Context) (time.Time, bool, error)
	// ReportNotices marks notices as reported, and stores their deliveries, in one commit.
	ReportNotices(ctx context.Context, ids []string, deliveries []Delivery) error
}

// WebhookStore stores webhooks and their deliveries, a bounded number for each.
type WebhookStore interface {
	CreateWebhook(ctx context.Context, w Webhook) error
	Webhooks(ctx context.Context) ([]Webhook, error)
	Webhook(ctx context.Context, idOrName string) (Webhook, error)
	UpdateWebhook(ctx context.Context, id string, update func(*Webhook) error) (Webhook, error)
	DeleteWebhook(ctx context.Context, id string) error

	CreateDelivery(ctx context.Context, d Delivery) error
	Deliveries(ctx context.Context, q DeliveryQuery) ([]Delivery, error)
	Delivery(ctx context.Context, id string) (Delivery, error)
	// DueDeliveries returns the pending ones of a webhook that are due, the longest due first.
	DueDeliveries(ctx context.Context, webhookID string, limit int) ([]Delivery, error)
	// NextDelivery returns when the next pending one of an enabled webhook is due, and false when none is.
	NextDelivery(ctx context.Context) (time.Time, bool, error)
	// RecordDelivery stores the state of a delivery after an attempt, and what update, which may be nil, makes of its webhook,
	// in one commit.
	RecordDelivery(ctx context.Context, d Delivery, update func(*Webhook) error) error
}

// MetaStore stores small blobs by name. Meta returns [NotFound] for a name that
// was never set; SetMeta returns when the blob is durable.
type MetaStore interface {
	Meta(ctx context.Context, name string) ([]byte, error)
	SetMeta(ctx context.Context, name string, value []byte) error
}

// Executions shows the executions of events, and lets actions run again.
type Executions interface {
	Execution(ctx context.Context, id string) (Execution, error)
	Executions(ctx context.Context, q ExecutionQuery) ([]Execution, error)
	RetryExecution(ctx context.Context, id string, o RetryOptions) (Execution, error)
	CancelExecution(ctx context.Context, id string) (Execution, error)
	RerunExecution(ctx context.Context, id string, o RerunOptions) (Accepted, error)

	// DeadLetters returns the executions of q that have dead steps.
	DeadLetters(ctx context.Context, q ExecutionQuery) ([]Execution, error)
	// PlannedStep returns a step with this version as an execution has, or had, it in its plan.
	PlannedStep(ctx context.Context, actionID, versionID string) (Step, error)

	// These do to many executions what the methods above do to one.
	RetryExecutions(ctx context.Context, q BatchQuery, o RetryOptions) (Batch, error)
	CancelExecutions(ctx context.Context, q BatchQuery) (Batch, error)
	RerunExecutions(ctx context.Context, q BatchQuery, o RerunOptions) (Batch, error)
}

// Results shows the results of attempts.
type Results interface {
	Results(ctx context.Context, executionID string) ([]Result, error)
	RecordedResults(ctx context.Context, q ResultQuery) ([]SeqResult, error)
	ResultsBack(ctx context.Context, q ResultQuery, n int) (after int64, err error)
	LastSeq(ctx context.Context) (int64, error)
}

// History is what the management APIs read of a store: what ran, on what event,
// of which module, and who changed what.
type History interface {
	Executions
	Results
	ChangeLog
	Event(ctx context.Context, id string) (Event, error)
	Events(ctx context.Context, q EventQuery) ([]Event, error)
	DeleteUser(ctx context.Context, userID string) (int, error)
	SearchableFields(ctx context.Context) ([]SearchableField, error)
	Module(ctx context.Context, digest string) ([]byte, error)
	OriginUse(ctx context.Context, versionOrActionID string) ([]OriginUse, error)
}

// Box encrypts what is stored. What was sealed opens only with the same
// context.
type Box interface {
	Seal(plaintext, context []byte) ([]byte, error)
	Open(ciphertext, context []byte) ([]byte, error)
}
