package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/admin"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/calljournal"
	"github.com/usherhost/usher/host/check"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/cli/command"
	"github.com/usherhost/usher/host/daemon"
	"github.com/usherhost/usher/host/decisions"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/jsbuild/frames"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/notices"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/release"
	"github.com/usherhost/usher/host/replay"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/settings"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

func newServe(env *command.Env) *cobra.Command {
	var newDatabase, paused bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start the host: accept events and run actions",
		Long: `Start the host on a data directory, which is created if it does not exist. Only one
host at a time can use it. The first start creates the key that encrypts the secrets
and an API key for this command line, both as files in the data directory; with
USHER_FIRST_KEY, that is the API key instead, and only its hash is stored. If these
files exist and the database does not, the host does not start: restore the database
(see 'usher backup --help'), or create a new, empty one with --new-database.

Each start records the host's address and data directory as a profile of this user
(see 'usher profiles --help'), so that the commands find the host from any folder.
--profile chooses its name.

An interrupt or SIGTERM stops it gracefully: for --drain-delay, /readyz answers 503
while events are still accepted, so that load balancers stop sending; then no new
events are accepted, running actions finish within --drain-timeout, and the rest runs
after the next start. A second signal ends the delay, a third ends the process at
once; no accepted event is lost.

SIGHUP reloads the configuration and the certificate. The log lists the settings that
apply at once (log_level, allow_networks, allow_proxies, rate_limit, rate_burst,
keep_days, keep_tapes_days and searchable_fields), and those that apply at the next
start.`,
		Example: `  usher serve
  usher serve --listen 0.0.0.0:8443 --tls-cert usher.pem --tls-key usher.key --data /var/lib/usher
  USHER_FIRST_KEY="$(openssl rand -hex 32)" usher serve --config /etc/usher/usher.yaml
  usher serve --data restored --paused      start a restored copy without running anything`,
		GroupID:     command.GroupHost,
		Annotations: map[string]string{command.WithoutProfile: "true"},
		Args:        command.Exactly(),
		RunE:        func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), env, newDatabase, paused) },
	}
	settings.AddServeFlags(cmd.Flags())
	cmd.Flags().BoolVar(&newDatabase, "new-database", false, "create a new, empty database in place of a lost one; the remains of the old one are renamed")
	cmd.Flags().BoolVar(&paused, "paused", false, "pause every trigger first: accept events and run nothing until 'usher resume', as for a restored copy")
	return cmd
}

// serve wires the host by hand, from the store to the HTTP routes, and runs it
// until ctx ends.
func serve(ctx context.Context, env *command.Env, newDatabase, paused bool) (err error) {
	cfg := env.Config
	log, level := daemon.NewLogger(env.Term.Err, cfg)
	life := daemon.NewLifetime(cfg.DrainDelay)
	defer life.End()
	reload := daemon.NewReloader(cfg, env.Reload, log, level)
	metrics := newMetrics()
	db, box, err := openStore(ctx, env, metrics, log, newDatabase)
	if err != nil {
		return err
	}
	defer closeLast(db.Close, &err)
	sandbox, err := openServingSandbox(ctx, env.Config, metrics, log)
	if err != nil {
		return err
	}
	defer closeLast(func() error { return sandbox.Close(context.WithoutCancel(ctx)) }, &err)
	certificate, listener, err := openListener(ctx, env)
	if err != nil {
		return err
	}
	client := &egress.Client{AllowNetworks: cfg.AllowNetworks, AllowProxies: cfg.AllowProxies, Deny: ownAddresses(listener)}
	defer client.Close()
	runner := &guest.Runner{Sandbox: sandbox, Modules: db, Egress: client, Cache: &guest.Cache{}, SourceMaps: &sourcemap.Modules{Module: db.Module}, Frames: frames.Reader{}}
	builder, closeBuilder := openSourceBuilder(cfg, sandbox, log)
	defer closeBuilder()
	reg, drafts := newRegistry(cfg, db, box, runner, builder, log)
	calls, err := calljournal.Open(filepath.Join(cfg.Data, calljournal.DirName))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer closeLast(calls.Close, &err)
	second := newOracle(cfg, db, runner, metrics, log)
	reporter, webhooks := newNotices(db, box, client, metrics, log)
	worker := &executor.Executor{
		Queue: db, Events: db, Records: db, OriginUses: db, Waiting: db, Quarantine: db, Journal: db, Holds: db, Runner: attempts(runner, second), Sealer: box,
		Opener: box, Tapes: db, Calls: calls, Notifier: reporter, CountDead: db.CountDead,
		Settings: reg.Settings, Deleted: reg.Deleted, Concurrency: cfg.Concurrency, DrainTimeout: cfg.DrainTimeout, Log: log, Metrics: metrics,
	}
	db.SetDispatcher(worker)
	reg.Work = worker
	if err := errors.Join(daemon.ReportPauses(ctx, reg, paused, log), daemon.EnsureAdminKey(ctx, env.Term, cfg, reg)); err != nil {
		return errors.Join(err, listener.Close())
	}
	daemon.RecordProfile(env.Term, cfg, env.Profiles, env.ProfileFlag, listener, certificate != nil)
	decider := newDecider(cfg, db, worker, flowRuns(runner, second), sandbox.Urge, log, metrics)
	sender := &ingress.Server{
		Store: db, Refused: db, Sealer: box, Notifier: reporter, PasswordKeys: cfg.PasswordKeys, Log: log, Metrics: metrics,
		Limits: ingress.Limits{EventBytes: cfg.MaxEventBytes, PerSecond: cfg.RateLimit, Burst: cfg.RateBurst},
	}
	routes, err := newRoutes(ctx, cfg, services{db, box, sender, decider, reg, drafts, worker, runner, reporter, webhooks}, life, metrics, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}

	warn(cfg, listener, log)
	log.Info("serving", "address", listener.Addr().String(), "tls", certificate != nil, "data", cfg.Data, "version", release.ThisBuild().Version)
	reload.Certificate, reload.Egress, reload.Ingress = certificate, client, sender
	work := []func(context.Context) error{worker.Run, decider.Run, drafts.Run, daemon.DeleteOld(db, &reload.KeepDays, &reload.KeepTapes, log), daemon.IndexFields(db, &reload.Fields, log), reload.Run, sender.Run, second.Run, reporter.Run, webhooks.Run, daemon.StoreKeyUses(db, log)}
	return runUntilDone(ctx, env.Config, life, listener, certificate, routes, work, log)
}

// warn logs what makes this host less safe, or slower, than it could be.
func warn(cfg settings.Config, listener net.Listener, log *slog.Logger) {
	daemon.WarnUnconfined(child.Confines(), log)
	daemon.WarnInterpreted(sandbox.Compiles(), log)
	daemon.WarnPlainHTTP(cfg, listener, log)
}

// newRegistry returns the registry and the builds, which know of one another, and gives
// the runner its secrets.
func newRegistry(
	cfg settings.Config, db *sqlite.DB, box *seal.Box, runner *guest.Runner, builder builds.Builder, log *slog.Logger,
) (*registry.Registry, *builds.Builds) {
	reg := &registry.Registry{
		Store: db, Inspector: runner, Box: box, NewKey: web.NewKey, CheckOrigin: checkOrigin, Log: log, MaxModuleBytes: cfg.MaxModuleBytes,
	}
	drafts := &builds.Builds{
		Store: db, Registry: reg, Builder: builder, Runner: draftRunner{runner}, SourceEgress: host.EgressMode(cfg.SourceEgress), PasswordKeys: cfg.PasswordKeys, Log: log,
	}
	reg.Changed, runner.Secrets = drafts.Changed, reg
	return reg, drafts
}

func newDecider(
	cfg settings.Config, db *sqlite.DB, worker *executor.Executor, runs executor.FlowRunner, urge func(), log *slog.Logger, metrics *prometheus.Registry,
) *executor.Decider {
	return &executor.Decider{
		Runner: runs, Urge: urge,
		Plans: db, Records: db, Sealer: worker.Sealer, Ran: worker.Ran, Paused: worker.Paused, Ready: daemon.Readiness(daemon.HostChecks(db, cfg.Data)),
		Timeout: cfg.PreUserRegistrationTimeout, Concurrency: cfg.DecisionConcurrency, Log: log, Metrics: metrics,
	}
}

func newMetrics() *prometheus.Registry {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	return metrics
}

// openStore opens the data directory with its metrics, and the encryption of its
// secrets. The caller must close the store.
func openStore(
	ctx context.Context, env *command.Env, metrics *prometheus.Registry, log *slog.Logger, newDatabase bool,
) (*sqlite.DB, *seal.Box, error) {
	daemon.GuardData(env.Config.Data, log)
	db, err := sqlite.Open(ctx, env.Config.Data, sqlite.Options{
		Beside: settings.MadeByHost, New: newDatabase, Committed: daemon.CommitSeconds(metrics),
	})
	if err != nil {
		return nil, nil, err
	}
	box, err := daemon.OpenBox(ctx, env.Term, env.Config, db, newDatabase)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	daemon.RegisterStore(metrics, db)
	return db, box, nil
}

// openServingSandbox opens the sandbox under the host's memory budget, which it
// applies to the whole process. The caller must close it.
func openServingSandbox(ctx context.Context, cfg settings.Config, metrics *prometheus.Registry, log *slog.Logger) (*sandbox.Sandbox, error) {
	memory := cfg.MemoryBudget()
	daemon.ApplyMemory(memory, log)
	opened, err := openSandbox(ctx, filepath.Join(cfg.Data, "cache"), cfg.MaxModuleBytes, memory.Guests())
	if err != nil {
		return nil, err
	}
	daemon.RegisterMemory(metrics, opened)
	return opened, nil
}

// services are what the HTTP routes call.
type services struct {
	db       *sqlite.DB
	box      *seal.Box
	sender   *ingress.Server
	decider  *executor.Decider
	reg      *registry.Registry
	drafts   *builds.Builds
	worker   *executor.Executor
	runner   *guest.Runner
	reporter *notices.Reporter
	webhooks *notices.Sender
}

// newRoutes adds the API under /v1, the health checks and Auth0's API.
func newRoutes(
	ctx context.Context, cfg settings.Config, s services, life *daemon.Lifetime, metrics *prometheus.Registry, log *slog.Logger,
) (*echo.Echo, error) {
	routes := web.NewEcho(log)
	web.TrustProxies(routes, cfg.TrustedProxies...)
	auth := web.NewAuthenticator(s.db)
	read, manage := auth.Require(host.ScopeRead), auth.Require(host.ScopeManage)
	v1 := routes.Group("/v1")
	s.sender.Register(v1, auth.Require(host.ScopeIngest))
	(&decisions.Server{
		Decider: s.decider, PasswordKeys: cfg.PasswordKeys, EventBytes: cfg.MaxEventBytes, Draining: life.IsDraining, Notifier: s.reporter,
	}).Register(v1, auth.Require(host.ScopeDecide))
	management := &admin.Server{
		Registry: s.reg, Drafts: s.drafts, Checks: checker(s), History: history{s.db, s.worker}, Inspector: s.runner, Refused: s.sender, MaxModuleBytes: cfg.MaxModuleBytes,
		Notices: s.db, Webhooks: s.webhooks,
		Replays: &replay.Service{Store: s.db, Versions: s.reg, Box: s.box, Runner: replaying(s.runner)},
	}
	management.Register(v1, read, manage)
	management.RegisterWhoami(v1, auth.Require(""))
	web.AddReference(routes)
	daemon.AddHealth(cfg, routes, daemon.HostChecks(s.db, cfg.Data), life.IsDraining, s.worker.PausedTriggers, metrics, read)
	return routes, addAuth0(ctx, cfg, routes, s, log)
}

// runUntilDone runs the server and the host's other work; all stop when its life
// is over, or when one of them fails.
func runUntilDone(
	ctx context.Context, cfg settings.Config, life *daemon.Lifetime, listener net.Listener, certificate *web.Certificate, routes *echo.Echo,
	work []func(context.Context) error, log *slog.Logger,
) error {
	daemon.CaptureLibraryLogs(log)
	if certificate != nil {
		listener = certificate.Secure(listener)
		work = append(work, func(ctx context.Context) error { return certificate.Watch(ctx, log) })
	}
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, running := errgroup.WithContext(alive)
	group.Go(func() error { return life.Watch(ctx, running, stop, log) })
	for _, run := range work {
		group.Go(func() error { return run(running) })
	}
	group.Go(func() error { return web.Serve(running, listener, routes, cfg.DrainTimeout, log) })
	daemon.Notify(daemon.Ready, log)
	group.Go(func() error {
		<-running.Done()
		log.Info("stopping: running actions may finish", "within", cfg.DrainTimeout)
		return nil
	})
	err := group.Wait()
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	log.Info("stopped")
	return nil
}

// history is the store; it also cancels a stopped execution in the executor.
type history struct {
	*sqlite.DB
	worker *executor.Executor
}

// CancelExecution stops an execution, in the store and then where it runs.
func (h history) CancelExecution(ctx context.Context, id string) (host.Execution, error) {
	execution, err := h.DB.CancelExecution(ctx, id)
	if err == nil {
		h.worker.Cancel(id)
	}
	return execution, err
}

// CancelExecutions does that for many.
func (h history) CancelExecutions(ctx context.Context, q host.BatchQuery) (host.Batch, error) {
	b, err := h.DB.CancelExecutions(ctx, q)
	if !b.DryRun {
		for _, id := range b.Executions {
			h.worker.Cancel(id)
		}
	}
	return b, err
}

// checker runs recorded executions against other versions.
func checker(s services) *check.Checker {
	return &check.Checker{
		Registry: s.reg, Drafts: s.drafts, History: s.db, Tapes: daemon.Tapes{Store: s.db, Box: s.box}, Player: daemon.Player{Runner: s.runner},
	}
}

func checkOrigin(origin string) error {
	_, err := egress.ParseOrigin(origin)
	return err
}

// ownAddresses are the host's own listeners, which guests must never reach.
func ownAddresses(l net.Listener) []netip.AddrPort {
	address, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return nil // a guest can't name a unix socket
	}
	return []netip.AddrPort{address}
}

// listen loads the certificate, nil without TLS, and opens the address.
func openListener(ctx context.Context, env *command.Env) (*web.Certificate, net.Listener, error) {
	certificate, err := daemon.Certificate(env.Term, env.Config)
	if err != nil {
		return nil, nil, err
	}
	listener, err := listen(ctx, env.Config.Listen)
	return certificate, listener, err
}

// listen opens the address; its error has a hint.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := web.Listen(ctx, address)
	if err != nil {
		return nil, &host.Error{
			Code: host.Refused, Text: "cannot listen on " + address, Err: err,
			Hint: "stop the process that listens there, or choose another address with --listen or USHER_LISTEN",
		}
	}
	return l, nil
}

// closeLast closes, and returns the error when there is no earlier one.
func closeLast(closer func() error, err *error) {
	if closed := closer(); closed != nil && *err == nil {
		*err = closed
	}
}
