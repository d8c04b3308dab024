// Package hosttest assembles a whole host for tests and benchmarks: the real
// store, sandbox, registry and executor on one data directory, without the
// APIs.
package hosttest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/calljournal"
	"github.com/usherhost/usher/host/check"
	"github.com/usherhost/usher/host/daemon"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

// Host is a host that runs what it accepts. Guests may reach loopback.
type Host struct {
	DB       *sqlite.DB
	Registry *registry.Registry
	Builds   *builds.Builds // whose Run is its caller's to call
	Runner   *guest.Runner
	Executor *executor.Executor // nil when the host is idle
	Decider  *executor.Decider  // likewise
	Box      *seal.Box
	Checker  *check.Checker

	sandbox *sandbox.Sandbox
	egress  *egress.Client
	calls   *calljournal.Journal
	stop    context.CancelFunc
	done    chan error
}

// Options change a host. Zero fields leave the defaults.
type Options struct {
	Concurrency int

	DecisionTimeout     time.Duration // of a whole flow
	DecisionConcurrency int           // flows that have begun and not ended
	DecisionTurns       int           // flows that compute at once
	DecisionsWaiting    int           // flows that wait for a place

	Runner func(executor.Runner) executor.Runner // wraps what runs actions
	Idle   bool                                  // no executor: what is accepted stays pending
	// Sandbox opens the sandbox on a folder for its cache.
	Sandbox func(ctx context.Context, cache string) (*sandbox.Sandbox, error)
}

// New opens a host on a data directory of its own, and closes it after the test.
func New(t testing.TB, o Options) *Host {
	t.Helper()
	h, err := OpenWith(t.Context(), t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// Open opens the data directory dir and starts the executor. The caller must
// close the host.
func Open(ctx context.Context, dir string, concurrency int) (*Host, error) {
	return OpenWith(ctx, dir, Options{Concurrency: concurrency})
}

// OpenWith is Open with options.
func OpenWith(ctx context.Context, dir string, o Options) (*Host, error) {
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	box, err := seal.Open(ctx, seal.Options{CreateFile: filepath.Join(dir, "secrets.key")}, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if o.Sandbox == nil {
		o.Sandbox = openSandbox
	}
	s, err := o.Sandbox(ctx, filepath.Join(dir, "cache"))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	calls, err := calljournal.Open(filepath.Join(dir, calljournal.DirName))
	if err != nil {
		return nil, errors.Join(err, s.Close(ctx), db.Close())
	}
	h := &Host{DB: db, Box: box, sandbox: s, calls: calls}
	h.egress = &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	h.Runner = &guest.Runner{Sandbox: s, Modules: db, Egress: h.egress, Cache: &guest.Cache{}}
	h.Registry = &registry.Registry{Store: db, Inspector: h.Runner, Box: box, NewKey: web.NewKey, CheckOrigin: checkOrigin}
	h.Builds = &builds.Builds{Store: db, Registry: h.Registry}
	h.Registry.Changed = h.Builds.Changed
	h.Runner.Secrets = h.Registry
	h.Checker = &check.Checker{
		Registry: h.Registry, Drafts: h.Builds, History: db, Tapes: daemon.Tapes{Store: db, Box: box}, Player: daemon.Player{Runner: h.Runner},
	}
	if !o.Idle {
		h.start(ctx, o)
	}
	return h, nil
}

func openSandbox(ctx context.Context, cache string) (*sandbox.Sandbox, error) {
	return sandbox.Open(ctx, sandbox.Config{CacheDir: cache, Functions: guest.Functions()})
}

func checkOrigin(origin string) error {
	_, err := egress.ParseOrigin(origin)
	return err
}

// start starts the executor.
func (h *Host) start(ctx context.Context, o Options) {
	var runner executor.Runner = executor.RunnerFunc(h.attempt)
	if o.Runner != nil {
		runner = o.Runner(runner)
	}
	h.Executor = &executor.Executor{
		Calls: h.calls,
		Queue: h.DB, Events: h.DB, Records: h.DB, OriginUses: h.DB, Sealer: h.Box, Opener: h.Box, Tapes: h.DB, Runner: runner, Concurrency: o.Concurrency,
		Settings: h.Registry.Settings, Deleted: h.Registry.Deleted, Quarantine: h.DB, Journal: h.DB,
		Log: slog.New(slog.DiscardHandler),
	}
	h.Decider = &executor.Decider{
		Plans: h.DB, Records: h.DB, Sealer: h.Box, Runner: h.flowAttempt, Timeout: o.DecisionTimeout, Ran: h.Executor.Ran, Urge: h.sandbox.Urge,
		Concurrency: o.DecisionConcurrency, Turns: o.DecisionTurns, Waiting: o.DecisionsWaiting, Log: slog.New(slog.DiscardHandler),
	}
	h.DB.SetDispatcher(h.Executor)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop, h.done = stop, make(chan error, 2)
	go func() { h.done <- h.Executor.Run(running) }()
	go func() { h.done <- h.Decider.Run(running) }()
}

func (h *Host) flowAttempt(ctx context.Context, s executor.FlowStep) (host.Result, host.Tape, error) {
	return h.Runner.Run(ctx, guest.Run{
		ExecutionID: s.Execution.ID, Index: s.Index, Attempt: 1, Step: s.Execution.Plan[s.Index], Event: s.Execution.Event, Turn: s.Turn,
		UserMetadataBytes: s.UserMetadataBytes, AppMetadataBytes: s.AppMetadataBytes,
	})
}

func (h *Host) attempt(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
	return h.Runner.Run(ctx, guest.Run{ExecutionID: x.ID, Index: index, Attempt: attempt, Step: x.Plan[index], Event: x.Event, Resumption: x.Resumption})
}

// Close drains the executor and closes everything.
func (h *Host) Close() error {
	var err error
	if h.stop != nil {
		h.stop()
		err = errors.Join(<-h.done, <-h.done)
	}
	h.egress.Close()
	return errors.Join(err, h.calls.Close(), h.sandbox.Close(context.Background()), h.DB.Close())
}

// Deploy makes the action name of a module, with its settings.
func (h *Host) Deploy(ctx context.Context, name string, wasm []byte, s host.Settings) error {
	return h.DeployFor(ctx, host.PostUserRegistration, name, wasm, s)
}

// DeployFor is Deploy for an action of a trigger.
func (h *Host) DeployFor(ctx context.Context, t host.Trigger, name string, wasm []byte, s host.Settings) error {
	if _, err := h.Registry.CreateAction(ctx, name, t, nil); err != nil {
		return err
	}
	_, err := h.Registry.Upload(ctx, name, wasm, host.Manifest{Settings: s}, true)
	return err
}

// Bind makes actions, by name, the order of the trigger.
func (h *Host) Bind(ctx context.Context, actions ...string) error {
	return h.BindTo(ctx, host.PostUserRegistration, actions...)
}

// BindTo is Bind for a trigger.
func (h *Host) BindTo(ctx context.Context, t host.Trigger, actions ...string) error {
	var list []host.BindingWrite
	for _, name := range actions {
		list = append(list, host.BindingWrite{Action: name})
	}
	_, err := h.Registry.ReplaceBindings(ctx, t, list)
	return err
}

// Event returns an event of a user of its own, of about 1.5 KB.
func Event(user int) host.NewEvent {
	id := fmt.Sprintf("auth0|%024d", user)
	body := fmt.Sprintf(eventBody, id, user)
	return host.NewEvent{
		Event: host.Event{Tenant: "acme", Trigger: host.PostUserRegistration, UserID: id, Body: []byte(body)},
		Key:   "user:" + id,
	}
}

// Wait waits until the execution is final, or five minutes have passed.
func (h *Host) Wait(ctx context.Context, id string) (host.Execution, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		x, err := h.DB.Execution(ctx, id)
		if err != nil || x.Status.Final() {
			return x, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return x, fmt.Errorf("execution %s is still %s", id, x.Status)
		}
	}
}

// WaitIdle waits until no execution is pending or running, or five minutes
// have passed.
func (h *Host) WaitIdle(ctx context.Context) error {
	for _, status := range []host.Status{host.StatusPending, host.StatusRunning, host.StatusRetrying} {
		for {
			open, err := h.DB.Executions(ctx, host.ExecutionQuery{Status: status, Limit: 1})
			if err != nil {
				return err
			}
			if len(open) == 0 {
				break
			}
			if _, err := h.Wait(ctx, open[0].ID); err != nil {
				return err
			}
		}
	}
	return nil
}

const eventBody = `{
  "connection": {"id": "con_fpe5kj482KO1eOzQ", "name": "Username-Password-Authentication", "strategy": "auth0"},
  "request": {
    "geoip": {"cityName": "Bellevue", "continentCode": "NA", "countryCode": "US", "countryCode3": "USA",
      "countryName": "United States of America", "latitude": 47.61793, "longitude": -122.19584,
      "subdivisionCode": "WA", "subdivisionName": "Washington", "timeZone": "America/Los_Angeles"},
    "hostname": "login.example.com", "ip": "203.0.113.7", "language": "en", "method": "POST",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
  },
  "security_context": {"ja3": "c13a3e168d43e62e0ad96fae6347e2e4", "ja4": "t13d1516h2_8daaf6152771_02713d6af862"},
  "tenant": {"id": "acme"},
  "transaction": {
    "acr_values": [], "locale": "en", "login_hint": "ada@example.com", "prompt": ["none"],
    "protocol": "oidc-basic-profile", "redirect_uri": "https://app.example.com/callback",
    "requested_scopes": ["openid", "profile", "email"], "response_mode": "form_post",
    "response_type": ["code"], "state": "AABBccddEEFFGGTTasrs", "ui_locales": ["en"]
  },
  "user": {
    "app_metadata": {}, "created_at": "2026-11-21T20:10:11.123Z", "email_verified": false,
    "family_name": "Lovelace", "given_name": "Ada", "name": "Ada Lovelace", "nickname": "ada",
    "picture": "https://avatars.example.com/0?d=identicon", "updated_at": "2026-11-21T20:10:11.123Z",
    "user_id": "%s", "email": "ada+%d@example.com", "user_metadata": {"anonymous_user_id": "b9f0"}
  }
}`
