// Package admin serves the management API under /v1: actions, bindings, secrets
// and keys, and the executions and their results. It decodes requests, calls the
// registry or the store, and encodes the answers; the rules are theirs.
package admin

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
	"github.com/usherhost/usher/proto/openapi"
)

// Server answers the management API. Set its fields before Register.
type Server struct {
	Registry  Registry
	History   History
	Inspector Inspector
	Refused   Refused

	// PollEvery is how often a long poll or a live tail looks for new results;
	// 0 is 100 ms.
	PollEvery time.Duration

	// HeartbeatEvery is how often a live tail shows that it lives when there is
	// nothing to send; 0 is 15 s.
	HeartbeatEvery time.Duration

	// MaxModuleBytes is the largest module that is taken; 0 is
	// [host.DefaultModuleBytes].
	MaxModuleBytes int

	// MaxTails is how many live tails may be open at once; 0 is 64.
	MaxTails int

	tails      tails
	sendWithin time.Duration // that a tail's reader may take for one event; 0 is 30 s
}

// Registry changes and shows what runs. Actions are named by id or name.
type Registry interface {
	Actions
	Sources
	Versions
	Secrets
	Bindings
	Keys
}

// Actions keeps actions.
type Actions interface {
	CreateAction(ctx context.Context, name string, trigger host.Trigger, secrets []host.SecretWrite) (host.Action, error)
	Action(ctx context.Context, action string) (host.Action, error)
	Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error)
	DeleteAction(ctx context.Context, action string, force bool) error
}

// Versions keeps the versions of actions.
type Versions interface {
	Upload(ctx context.Context, action string, module []byte, m host.Manifest, deploy bool) (host.Version, error)
	Versions(ctx context.Context, action string) ([]host.Version, error)
	Version(ctx context.Context, action, numberOrID string) (host.Version, error)
	Deploy(ctx context.Context, action, numberOrID string) (host.Version, error)
}

// Secrets keeps secrets; it never returns a value.
type Secrets interface {
	SetSecrets(ctx context.Context, action string, put []host.SecretWrite, remove []string) ([]host.Secret, error)
	ReplaceSecrets(ctx context.Context, action string, list []host.SecretWrite) ([]host.Secret, error)
	DeleteSecret(ctx context.Context, action, name string) error
}

// Bindings keeps the order of each trigger.
type Bindings interface {
	Bindings(ctx context.Context, trigger host.Trigger) ([]host.Binding, error)
	ReplaceBindingsIf(ctx context.Context, trigger host.Trigger, list []host.BindingWrite, check func(stored []host.Binding) error) ([]host.Binding, error)
	UpdateBinding(ctx context.Context, idOrAction string, change func(*host.Binding) error) (host.Binding, error)
}

// Keys keeps API keys.
type Keys interface {
	CreateKey(ctx context.Context, name string, scopes []host.Scope) (k host.Key, secret string, err error)
	Keys(ctx context.Context) ([]host.Key, error)
	DeleteKey(ctx context.Context, id string) error
}

// History shows what ran, lets it run again, and tells who changed what.
type History interface {
	Executions
	Results
	Changes
	Modules
}

// Executions shows the ways of events, and lets actions run again.
type Executions interface {
	Event(ctx context.Context, id string) (host.Event, error)
	Execution(ctx context.Context, id string) (host.Execution, error)
	Executions(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error)
	RetryExecution(ctx context.Context, id string) (host.Execution, error)
	CancelExecution(ctx context.Context, id string) (host.Execution, error)
	ReplayExecution(ctx context.Context, id string, samePlan bool) (host.Accepted, error)

	// DeadLetters returns the executions of q that have dead steps.
	DeadLetters(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error)
	// RetryExecutions is RetryExecution for those, q.Limit of them or all when
	// that is 0, and returns how many they were.
	RetryExecutions(ctx context.Context, q host.ExecutionQuery) (int, error)
}

// Results shows what single runs came to.
type Results interface {
	Results(ctx context.Context, executionID string) ([]host.Result, error)
	ResultsAfter(ctx context.Context, after int64, actionID string, limit int) ([]host.SeqResult, error)
	LastSeq(ctx context.Context) (int64, error)
}

// Changes keeps the log of changes.
type Changes interface {
	RecordChange(ctx context.Context, c host.Change) error
	Changes(ctx context.Context, q host.ChangeQuery) ([]host.Change, error)
}

// Modules shows what versions are made of, and where they sent requests.
type Modules interface {
	Module(ctx context.Context, digest string) ([]byte, error)
	OriginUse(ctx context.Context, versionOrActionID string) ([]host.OriginUse, error)
}

// Inspector tells what a module is before it runs.
type Inspector interface {
	Inspect(ctx context.Context, wasm []byte) (host.Inspection, error)
}

// maxJSONBytes is the largest body that is JSON.
const maxJSONBytes = 1 << 20

// maxUploadBytes is the largest body that holds a module: the registry has a
// limit for the module itself.
func (s *Server) maxUploadBytes() int64 {
	return int64(cmp.Or(s.MaxModuleBytes, host.DefaultModuleBytes)) + 1<<20
}

// Register adds every route below g, which stands for /v1. A key with scope
// read passes read, one with scope manage passes manage.
func (s *Server) Register(g *echo.Group, read, manage echo.MiddlewareFunc) {
	small, large := web.LimitBody(maxJSONBytes), web.LimitBody(s.maxUploadBytes())
	authenticate := manage
	manage = func(next echo.HandlerFunc) echo.HandlerFunc { return authenticate(named(next)) }

	g.GET("/openapi.yaml", document)

	g.GET("/actions", s.listActions, read)
	g.POST("/actions", s.createAction, manage, small)
	g.GET("/actions/:action", s.showAction, read)
	g.DELETE("/actions/:action", s.deleteAction, manage)
	g.GET("/actions/:action/draft", s.showDraft, read)
	g.PUT("/actions/:action/draft", s.putDraft, manage, web.LimitBody(maxSourceBytes))
	g.GET("/actions/:action/egress", s.showEgress, read)
	g.POST("/actions/:action/egress/tighten", s.tightenEgress, manage, small)

	g.GET("/actions/:action/versions", s.listVersions, read)
	g.POST("/actions/:action/versions", s.upload, manage, large)
	g.GET("/actions/:action/versions/:number", s.showVersion, read)
	g.GET("/actions/:action/versions/:number/module", s.showModule, read)
	g.GET("/actions/:action/versions/:number/capabilities", s.showCapabilities, read)
	g.POST("/actions/:action/versions/:number/deploy", s.deploy, manage, small)

	g.GET("/actions/:action/secrets", s.listSecrets, read)
	g.PATCH("/actions/:action/secrets", s.setSecrets, manage, small)
	g.PUT("/actions/:action/secrets", s.replaceSecrets, manage, small)
	g.DELETE("/actions/:action/secrets/:name", s.deleteSecret, manage)

	g.GET("/triggers", s.listTriggers, read)
	g.GET("/triggers/:trigger/bindings", s.listBindings, read)
	g.PUT("/triggers/:trigger/bindings", s.replaceBindings, manage, small)
	g.PATCH("/bindings/:binding", s.updateBinding, manage, small)

	g.GET("/events/:id", s.showEvent, read)
	g.GET("/executions", s.listExecutions, read)
	g.GET("/executions/:id", s.showExecution, read)
	g.GET("/executions/:id/logs", s.showLogs, read)
	g.POST("/executions/:id/retry", s.retryExecution, manage, small)
	g.POST("/executions/:id/replay", s.replayExecution, manage, small)
	g.POST("/executions/:id/cancel", s.cancelExecution, manage, small)
	g.GET("/dead-letters", s.listDeadLetters, read)
	g.POST("/dead-letters/retry", s.retryDeadLetters, manage, small)
	g.GET("/logs", s.followLogs, read)
	g.GET("/tail", s.tail, read)
	g.GET("/changes", s.listChanges, read)

	s.registerRefused(g, read, manage)

	g.GET("/keys", s.listKeys, read)
	g.POST("/keys", s.createKey, manage, small)
	g.DELETE("/keys/:id", s.deleteKey, manage)

	g.POST("/inspect", s.inspect, manage, large)
}

func document(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", openapi.Document())
}
