package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/sandbox"
)

const entry = "onExecutePostUserRegistration"

// works are the guests that are run, by the name that reports give them.
var works = []struct{ name, guest string }{{"tiny", "noop"}, {"echo", "echo"}}

func benchRun(ctx context.Context, e effort) ([]row, error) {
	var rows []row
	for _, w := range works {
		ours, err := newRunner(ctx, guests.Wasm(w.guest))
		if err != nil {
			return nil, err
		}
		theirs, err := newPlugin(ctx, guests.Wasm(w.guest))
		if err != nil {
			return nil, err
		}
		our, their, err := sideBySide(e.Rounds, func() (float64, error) { return cpuOf(e, ours.run) },
			func() (float64, error) { return cpuOf(e, theirs.run) })
		if err := errors.Join(err, ours.close(), theirs.close()); err != nil {
			return nil, err
		}
		rows = append(rows, row{"run", w.name, our, "µs CPU", "go-sdk", their / our})
	}
	return rows, nil
}

// cpuOf returns the processor time of one call of f, in microseconds.
func cpuOf(e effort, f func() error) (float64, error) {
	if err := f(); err != nil { // the first call may load
		return 0, err
	}
	calls, began, cpu := 0, time.Now(), processTime()
	for time.Since(began) < e.Length/2 {
		if err := f(); err != nil {
			return 0, err
		}
		calls++
	}
	return float64((processTime() - cpu).Nanoseconds()) / 1e3 / float64(calls), nil
}

func processTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// runner runs a guest as the executor does: input, tape and result included.
type runner struct {
	*guest.Runner
	wasm  []byte
	event host.NewEvent
	step  host.Step
	ctx   context.Context
}

func newRunner(ctx context.Context, wasm []byte) (*runner, error) {
	s, err := sandbox.Open(ctx, sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		return nil, err
	}
	r := &runner{wasm: wasm, event: hosttest.Event(1), ctx: ctx, step: host.Step{Digest: sandbox.Digest(wasm)}}
	r.Runner = &guest.Runner{Sandbox: s, Modules: r, Secrets: r, Cache: &guest.Cache{}}
	return r, nil
}

func (r *runner) Module(context.Context, string) ([]byte, error)             { return r.wasm, nil }
func (r *runner) Secrets(context.Context, string) (map[string]string, error) { return nil, nil }

func (r *runner) run() error {
	result, _, err := r.Run(r.ctx, guest.Run{ExecutionID: "exe_1", Attempt: 1, Step: r.step, Event: &r.event.Event})
	if err == nil && !result.Succeeded {
		err = fmt.Errorf("the guest failed: %s", result.Error.Message)
	}
	return err
}

func (r *runner) close() error { return r.Sandbox.Close(r.ctx) }

// plugin runs a guest as go-sdk users do: a new instance for every event, with
// a timeout.
type plugin struct {
	compiled *extism.CompiledPlugin
	event    []byte
	ctx      context.Context
}

func newPlugin(ctx context.Context, wasm []byte) (*plugin, error) {
	compiled, err := extism.NewCompiledPlugin(ctx, extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: wasm}}, Timeout: 20_000,
	}, extism.PluginConfig{EnableWasi: true}, nil)
	return &plugin{compiled: compiled, event: hosttest.Event(1).Body, ctx: ctx}, err
}

func (p *plugin) run() error {
	instance, err := p.compiled.Instance(p.ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig().WithSysWalltime()})
	if err != nil {
		return err
	}
	_, _, err = instance.Call(entry, p.event)
	return errors.Join(err, instance.Close(p.ctx))
}

func (p *plugin) close() error { return p.compiled.Close(p.ctx) }
