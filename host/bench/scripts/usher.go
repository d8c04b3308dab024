package scripts

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/sandbox"
)

// Runner runs an action as the executor does: fuel and deadline on; input,
// secrets, egress policy, tape and result included.
type Runner struct {
	script *Script
	runner *guest.Runner
	egress *egress.Client
	run    guest.Run
	load   func() ([]byte, error) // the module
	ctx    context.Context

	Fuel int64 // what the last run used
}

// NewRunner returns a runner whose runs get their instances as isolation says.
// The caller must close it.
func (s *Script) NewRunner(ctx context.Context, box *sandbox.Sandbox, isolation host.Isolation) *Runner {
	r := &Runner{script: s, ctx: ctx, egress: &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	r.load = func() ([]byte, error) { return s.Wasm, nil }
	r.runner = &guest.Runner{Sandbox: box, Modules: r, Secrets: r, Egress: r.egress, Cache: &guest.Cache{}}
	settings := host.DefaultSettings()
	settings.Isolation, settings.Egress.Mode = isolation, host.EgressPublic
	r.run = guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Step:  host.Step{Action: s.Name, Digest: host.Digest(s.Wasm), Settings: settings},
		Event: &host.Event{Tenant: "acme", Trigger: host.PostUserRegistration, UserID: "auth0|1", Body: s.event},
	}
	return r
}

// Cold returns a runner of a registered action, whose module load reads when
// nothing is kept of it.
func Cold(ctx context.Context, box *sandbox.Sandbox, digest string, load func() ([]byte, error), isolation host.Isolation) *Runner {
	s := &Script{Name: "trivial", event: hosttest.Event(1).Body}
	r := s.NewRunner(ctx, box, isolation)
	r.run.Step.Digest, r.load = digest, load
	return r
}

// Module implements guest.Modules.
func (r *Runner) Module(context.Context, string) ([]byte, error) { return r.load() }

// Secrets implements guest.Secrets.
func (r *Runner) Secrets(context.Context, string) (map[string]string, error) {
	return r.script.secrets(), nil
}

// Run runs the action once. An action that fails is an error.
func (r *Runner) Run() error {
	result, _, err := r.runner.Run(r.ctx, r.run)
	if err != nil {
		return err
	}
	r.Fuel = result.Stats.Fuel
	if !result.Succeeded {
		return fmt.Errorf("%s failed: %s", r.script.Name, result.Error.Message)
	}
	if n := int(result.Stats.HTTPRequests); n != r.script.requests() {
		return fmt.Errorf("%s sent %d requests", r.script.Name, n)
	}
	return nil
}

// Close closes its connections.
func (r *Runner) Close() { r.egress.Close() }
