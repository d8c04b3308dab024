package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/admin"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/jsbuild/sourcemap"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/seal"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

func newServe(a *app) *cobra.Command {
	var newDatabase bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start the host: take events and run the actions",
		Long: `Start the host on one data directory, which it creates and which one host at a
time may use. The first start makes the key that encrypts the secrets and an API
key for this command line; both are files in the data directory. Where these are
and the database is not, the start is refused: restore the database (see 'usher
backup --help'), or begin a new, empty one in its place with --new-database.

An interrupt (or SIGTERM) stops it gently: for --drain-delay /readyz answers 503
while events are still taken, so that balancers send elsewhere; then no new events
are taken, running actions finish within --drain-timeout, and the rest runs after
the next start. A second signal cuts the delay short, the next one ends the
process at once; nothing that was accepted is lost.

SIGHUP makes it read the configuration and the certificate again. The log says
which settings it follows from then on (log_level, allow_networks, rate_limit,
rate_burst and keep_days), and which count from the next start on.`,
		GroupID: groupHost,
		Args:    exactly(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), newDatabase) },
	}
	addServeFlags(cmd)
	cmd.Flags().BoolVar(&newDatabase, "new-database", false, "begin a new, empty database where one was lost; what is left of the old one is kept beside it")
	return cmd
}

// serve wires the host by hand, from the store up to the doors, and runs it
// until ctx ends.
func (a *app) serve(ctx context.Context, newDatabase bool) (err error) {
	cfg := a.cfg
	log, level := newLogger(a.term.err, cfg)
	captureLibraryLogs(log)
	life := newLifetime(cfg.DrainDelay)
	defer life.end()
	reload := newReloader(cfg, a.readConfig, log, level)
	metrics := newMetrics()

	guardData(cfg.Data, log)
	db, box, err := a.openStore(ctx, newDatabase)
	if err != nil {
		return err
	}
	defer closeLast(db.Close, &err)
	sandbox, err := a.openServingSandbox(ctx, metrics, log)
	if err != nil {
		return err
	}
	defer closeLast(func() error { return sandbox.Close(context.WithoutCancel(ctx)) }, &err)
	certificate, listener, err := a.listen(ctx)
	if err != nil {
		return err
	}
	client := &egress.Client{AllowNetworks: cfg.AllowNetworks, Deny: ownAddresses(listener)}
	defer client.Close()
	runner := &guest.Runner{Sandbox: sandbox, Modules: db, Egress: client, Cache: &guest.Cache{}, Stacks: &sourcemap.Modules{Module: db.Module}}
	builder, closeBuilder, err := openSourceBuilder(sandbox, cfg.Data, log)
	if err != nil {
		return err
	}
	defer closeBuilder()
	reg := &registry.Registry{
		Store: db, Inspector: runner, Box: box, NewKey: web.NewKey, CheckOrigin: checkOrigin, Log: log,
		Builder: builder, Runner: draftRunner{runner}, SourceEgress: host.EgressMode(cfg.SourceEgress), MaxModuleBytes: cfg.MaxModuleBytes,
	}
	runner.Secrets = reg
	worker := &executor.Executor{
		Queue: db, Events: db, Records: db, Runner: attempts(runner), Sealer: box, Settings: reg.Settings,
		Concurrency: cfg.Concurrency, DrainTimeout: cfg.DrainTimeout, Log: log, Metrics: metrics, OriginUses: db, Waiting: db,
		Quarantine: db, Journal: db,
	}
	db.SetDispatcher(worker)
	if err := a.ensureAdminKey(ctx, reg); err != nil {
		return errors.Join(err, listener.Close())
	}
	routes := web.NewEcho(log)
	web.TrustProxies(routes, cfg.TrustedProxies...)
	sender := &ingress.Server{Store: db, Refused: db, Sealer: box, Log: log, Metrics: metrics, Limits: ingress.Limits{
		EventBytes: cfg.MaxEventBytes, PerSecond: cfg.RateLimit, Burst: cfg.RateBurst,
	}}
	auth := web.NewAuthenticator(db)
	a.addDoors(routes, auth, db, sender, reg, worker, runner)
	a.addHealth(routes, hostChecks(db, cfg.Data), life.isDraining, metrics, auth.Require(host.ScopeRead))
	if err := a.addAuth0(ctx, routes, db, reg, box, log); err != nil {
		return errors.Join(err, listener.Close())
	}

	warnUnconfined(child.Confines(), log)
	log.Info("serving", "address", listener.Addr().String(), "tls", certificate != nil, "data", cfg.Data, "version", thisBuild().Version)
	reload.certificate, reload.egress, reload.ingress = certificate, client, sender
	work := []func(context.Context) error{worker.Run, reg.BuildPending, keepOnly(db, &reload.keepDays, log), reload.run, sender.Run}
	return a.runUntilDone(ctx, life, listener, certificate, routes, work, log)
}

func newMetrics() *prometheus.Registry {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return metrics
}

// openStore opens the data directory, and the encryption of its secrets. The
// caller must close the store.
func (a *app) openStore(ctx context.Context, newDatabase bool) (*sqlite.DB, *seal.Box, error) {
	db, err := sqlite.Open(ctx, a.cfg.Data, sqlite.Options{Beside: madeByHost, New: newDatabase})
	if err != nil {
		return nil, nil, err
	}
	box, err := a.openBox(ctx, db, newDatabase)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, box, nil
}

// openServingSandbox opens the sandbox under the host's memory budget, which it
// applies to the whole process. The caller must close it.
func (a *app) openServingSandbox(ctx context.Context, metrics *prometheus.Registry, log *slog.Logger) (*sandbox.Sandbox, error) {
	memory := a.cfg.memoryBudget()
	memory.apply(log)
	opened, err := openSandbox(ctx, filepath.Join(a.cfg.Data, "cache"), a.cfg.MaxModuleBytes, memory.guests())
	if err != nil {
		return nil, err
	}
	registerMemory(metrics, opened)
	return opened, nil
}

// addDoors adds the API under /v1.
func (a *app) addDoors(
	routes *echo.Echo, auth *web.Authenticator, db *sqlite.DB, sender *ingress.Server, reg *registry.Registry, worker *executor.Executor, runner *guest.Runner,
) {
	v1 := routes.Group("/v1")
	sender.Register(v1, auth.Require(host.ScopeIngest))
	read, manage := auth.Require(host.ScopeRead), auth.Require(host.ScopeManage)
	(&admin.Server{
		Registry: reg, History: history{db, worker}, Inspector: runner, Refused: sender, MaxModuleBytes: a.cfg.MaxModuleBytes,
	}).Register(v1, read, manage)
}

// addAuth0 adds Auth0's API.
func (a *app) addAuth0(ctx context.Context, routes *echo.Echo, db *sqlite.DB, reg *registry.Registry, box *seal.Box, log *slog.Logger) error {
	public, err := publicURL(a.cfg.PublicURL)
	if err != nil {
		return err
	}
	issuer, err := auth0.OpenIssuer(ctx, db, box)
	if err != nil {
		return err
	}
	(&auth0.Server{Registry: reg, History: db, Keys: db, Issuer: issuer, PublicURL: public, Log: log}).Register(routes)
	return nil
}

// publicURL reads what clients call the host; nil is what each request says.
func publicURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, &host.Error{Code: host.Invalid, Text: "the public URL is none: " + text, Hint: "give --public-url as in https://usher.example.com", Err: err}
	}
	return u, nil
}

// runUntilDone runs the server and the host's other work; all stop when its life
// is over, or when one of them fails.
func (a *app) runUntilDone(
	ctx context.Context, life *lifetime, listener net.Listener, certificate *web.Certificate, routes *echo.Echo,
	work []func(context.Context) error, log *slog.Logger,
) error {
	if certificate != nil {
		listener = certificate.Secure(listener)
		work = append(work, func(ctx context.Context) error { return certificate.Watch(ctx, log) })
	}
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, running := errgroup.WithContext(alive)
	group.Go(func() error { return life.watch(ctx, running, stop, log) })
	for _, run := range work {
		group.Go(func() error { return run(running) })
	}
	group.Go(func() error { return web.Serve(running, listener, routes, a.cfg.DrainTimeout, log) })
	group.Go(func() error {
		<-running.Done()
		log.Info("stopping: running actions may finish", "within", a.cfg.DrainTimeout)
		return nil
	})
	err := group.Wait()
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	log.Info("stopped")
	return nil
}

// history is the store, which tells the executor when a person stopped an
// execution.
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

// attempts lets the executor run guests.
func attempts(runner *guest.Runner) executor.RunnerFunc {
	return func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
		return runner.Run(ctx, guest.Run{
			ExecutionID: x.ID, Index: index, Attempt: attempt, Step: x.Plan[index], Event: x.Event,
		})
	}
}

func checkOrigin(origin string) error {
	_, err := egress.ParseOrigin(origin)
	return err
}

// ownAddresses are where guests never get to: the host's own doors.
func ownAddresses(l net.Listener) []netip.AddrPort {
	address, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return nil // a unix socket is no address that a guest could name
	}
	return []netip.AddrPort{address}
}

// listen loads the certificate, nil without TLS, and opens the address.
func (a *app) listen(ctx context.Context) (*web.Certificate, net.Listener, error) {
	certificate, err := a.certificate()
	if err != nil {
		return nil, nil, err
	}
	listener, err := listen(ctx, a.cfg.Listen)
	return certificate, listener, err
}

// listen opens the address, and says what to do when it is taken.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := web.Listen(ctx, address)
	if err != nil {
		return nil, &host.Error{
			Code: host.Refused, Text: "the host can't take its address", Err: err,
			Hint: "stop what listens there, or choose an address of this machine with --listen or USHER_LISTEN",
		}
	}
	return l, nil
}

// closeLast closes, and keeps the error when there is no earlier one.
func closeLast(closer func() error, err *error) {
	if closed := closer(); closed != nil && *err == nil {
		*err = closed
	}
}
