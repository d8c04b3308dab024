// Package storetest holds the conformance suite of the storage engines: what a
// store promises, one sentence a test. It knows no engine.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
)

// Store is all that an engine must do. The contracts are those of package
// sqlite's methods.
type Store interface {
	Accept(ctx context.Context, events []host.NewEvent) ([]host.Accepted, error)
	Event(ctx context.Context, id string) (host.Event, error)

	Claim(ctx context.Context, n int) ([]host.Execution, error)
	NextDue(ctx context.Context) (time.Time, bool, error)
	Record(ctx context.Context, o host.Outcome, done func(error)) error

	Execution(ctx context.Context, id string) (host.Execution, error)
	Executions(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error)
	Results(ctx context.Context, executionID string) ([]host.Result, error)
	ResultsAfter(ctx context.Context, after int64, actionID string, limit int) ([]host.SeqResult, error)
	LastSeq(ctx context.Context) (int64, error)
	Tape(ctx context.Context, executionID string, step, attempt int) ([]byte, error)
	RetryExecution(ctx context.Context, id string) (host.Execution, error)
	DeadLetters(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error)
	RetryExecutions(ctx context.Context, q host.ExecutionQuery) (int, error)
	CancelExecution(ctx context.Context, id string) (host.Execution, error)
	ReplayExecution(ctx context.Context, id string, samePlan bool) (host.Accepted, error)

	Expire(ctx context.Context, before time.Time) (int, error)

	CreateAction(ctx context.Context, a host.Action) error
	Action(ctx context.Context, idOrName string) (host.Action, error)
	Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error)
	WriteAction(ctx context.Context, w host.ActionWrite) error
	DeleteAction(ctx context.Context, id string, force bool) error
	Draft(ctx context.Context, actionID string) (host.Draft, error)
	Drafts(ctx context.Context, statuses ...host.BuildStatus) ([]host.Draft, error)
	PutDraft(ctx context.Context, d host.Draft, wasm []byte) error
	Wish(ctx context.Context, actionID string) (host.Wish, error)
	Wishes(ctx context.Context) ([]host.Wish, error)
	DropWish(ctx context.Context, actionID string, revision int64) error
	CreateVersion(ctx context.Context, v host.Version, wasm []byte) (host.Version, error)
	Versions(ctx context.Context, actionID string) ([]host.Version, error)
	Version(ctx context.Context, actionID, numberOrID string) (host.Version, error)
	Module(ctx context.Context, digest string) ([]byte, error)
	Release(ctx context.Context, v host.Version, wasm []byte, draft *host.Draft) (host.Version, error)
	Deploy(ctx context.Context, actionID, versionID string) (host.Version, error)
	Bindings(ctx context.Context, trigger host.Trigger) ([]host.Binding, error)
	Binding(ctx context.Context, id string) (host.Binding, error)
	ReplaceBindings(ctx context.Context, trigger host.Trigger, bindings []host.Binding) ([]host.Binding, error)
	UpdateBinding(ctx context.Context, b host.Binding) error
	SetSecrets(ctx context.Context, ownerID string, put []host.SealedSecret, remove []string) error
	SealedSecrets(ctx context.Context, ownerID string) ([]host.SealedSecret, error)

	WriteSharedModule(ctx context.Context, w host.SharedModuleWrite) error
	SharedModule(ctx context.Context, idOrName string) (host.SharedModule, error)
	SharedModules(ctx context.Context) ([]host.SharedModule, error)
	SharedModuleUsers(ctx context.Context, sharedModuleID string) ([]host.SharedModuleUser, error)
	DeleteSharedModule(ctx context.Context, id string) error
	PublishSharedModule(ctx context.Context, v host.SharedModuleVersion) (host.SharedModuleVersion, error)
	SharedModuleVersions(ctx context.Context, sharedModuleID string) ([]host.SharedModuleVersion, error)

	RecordChange(ctx context.Context, c host.Change) error
	Changes(ctx context.Context, q host.ChangeQuery) ([]host.Change, error)
	RecordOriginUse(ctx context.Context, versionID string, origins map[string]int64, at time.Time) error
	OriginUse(ctx context.Context, versionOrActionID string) ([]host.OriginUse, error)

	KeepRefusedEvents(ctx context.Context, events []host.RefusedEvent, limits host.RefusedEventLimits) error
	ExpireRefusedEvents(ctx context.Context) error
	RefusedEvents(ctx context.Context, q host.RefusedEventQuery) ([]host.RefusedEvent, error)
	RefusedEvent(ctx context.Context, id string) (host.RefusedEvent, error)
	DeleteRefusedEvent(ctx context.Context, id string) error

	CreateKey(ctx context.Context, k host.Key) error
	Keys(ctx context.Context) ([]host.Key, error)
	DeleteKey(ctx context.Context, id string) error
	KeyByHash(ctx context.Context, hash [32]byte) (host.Key, error)
	Meta(ctx context.Context, name string) ([]byte, error)
	SetMeta(ctx context.Context, name string, value []byte) error

	Close() error
}

// Dispatcher takes executions as they are accepted; see package sqlite's.
type Dispatcher interface {
	Reserve() bool
	Dispatch(host.Execution)
	Release()
}

// Open opens one place with b as its dispatcher, which may be nil. Called again
// after Close, it opens the same place.
type Open func(t *testing.T, b Dispatcher) Store

// Run runs the whole suite. place returns a new, empty place for each test.
func Run(t *testing.T, place func(t *testing.T) Open) {
	for _, group := range []struct {
		name  string
		tests []promise
	}{
		{"accept", acceptPromises},
		{"lease", leasePromises},
		{"record", recordPromises},
		{"reading", readingPromises},
		{"operator", operatorPromises},
		{"registry", registryPromises},
		{"draft", draftPromises},
		{"wish", wishPromises},
		{"shared module", sharedModulePromises},
		{"change", changePromises},
		{"search", searchPromises},
		{"dead letter", deadLetterPromises},
		{"reach", reachPromises},
		{"refused event", refusedEventPromises},
		{"expire", expirePromises},
		{"load", loadPromises},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range group.tests {
				t.Run(p.name, func(t *testing.T) {
					t.Parallel()
					p.test(newBench(t, place(t)))
				})
			}
		})
	}
}

// promise is one sentence and the test that holds the store to it.
type promise struct {
	name string
	test func(*bench)
}
