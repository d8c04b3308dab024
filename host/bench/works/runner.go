package works

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/sandbox"
)

// Runner runs a guest as the executor does: fuel and deadline on; input, tape
// and result included.
type Runner struct {
	runner *guest.Runner
	wasm   []byte
	event  host.NewEvent
	step   host.Step
	ctx    context.Context
}

// NewRunner opens a sandbox of its own for the module. cacheDir may be empty.
// The caller must close it.
func NewRunner(ctx context.Context, wasm []byte, cacheDir string) (*Runner, error) {
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions(), CacheDir: cacheDir})
	if err != nil {
		return nil, err
	}
	r := &Runner{wasm: wasm, event: hosttest.Event(1), ctx: ctx, step: host.Step{Digest: host.Digest(wasm)}}
	r.runner = &guest.Runner{Sandbox: s, Modules: r, Secrets: r, Cache: &guest.Cache{}}
	return r, nil
}

// Module implements guest.Modules.
func (r *Runner) Module(context.Context, string) ([]byte, error) { return r.wasm, nil }

// Secrets implements guest.Secrets.
func (r *Runner) Secrets(context.Context, string) (map[string]string, error) { return nil, nil }

// Run runs the guest once. A guest that fails is an error.
func (r *Runner) Run() error {
	result, _, err := r.runner.Run(r.ctx, guest.Run{ExecutionID: "exe_1", Attempt: 1, Step: r.step, Event: &r.event.Event})
	if err == nil && !result.Succeeded {
		err = fmt.Errorf("the guest failed: %s", result.Error.Message)
	}
	return err
}

// Close closes the sandbox.
func (r *Runner) Close() error { return r.runner.Sandbox.Close(r.ctx) }
