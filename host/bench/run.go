package main

import (
	"context"
	"errors"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/works"
)

func benchRun(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	err = works.Each(works.Names, func(name string, wasm []byte) error {
		our, their, err := bothRunners(ctx, wasm, e.Rounds, func(run func() error) (float64, error) { return compare.CPU(e, run) })
		rows = append(rows, compare.Cost("run", name, our, "µs CPU", "go-sdk", their))
		return err
	})
	return rows, err
}

// garbageRuns is how many runs the garbage of one is the average of.
const garbageRuns = 1000

func benchGarbage(ctx context.Context, _ compare.Effort) (rows []compare.Row, err error) {
	err = works.Each([]string{"tiny", "echo"}, func(name string, wasm []byte) error {
		our, their, err := bothRunners(ctx, wasm, 1, func(run func() error) (float64, error) { return compare.Garbage(garbageRuns, run) })
		rows = append(rows, compare.Cost("garbage", name, our, "bytes", "go-sdk", their))
		return err
	})
	return rows, err
}

// bothRunners measures runs of the guest by us and by go-sdk.
func bothRunners(ctx context.Context, wasm []byte, rounds int, measure func(run func() error) (float64, error)) (our, their float64, err error) {
	ours, err := works.NewRunner(ctx, wasm, "")
	if err != nil {
		return 0, 0, err
	}
	theirs, err := newPlugin(ctx, wasm, nil)
	if err != nil {
		return 0, 0, errors.Join(err, ours.Close())
	}
	our, their, err = compare.SideBySide(rounds, func() (float64, error) { return measure(ours.Run) },
		func() (float64, error) { return measure(theirs.run) })
	return our, their, errors.Join(err, ours.Close(), theirs.close())
}

// plugin runs a guest as go-sdk users do: a new instance for every event, with
// a timeout.
type plugin struct {
	compiled *extism.CompiledPlugin
	input    []byte
	ctx      context.Context
}

const timeoutMillis = 20_000

// newPlugin compiles the module, with a cache if there is one.
func newPlugin(ctx context.Context, wasm []byte, cache wazero.CompilationCache) (*plugin, error) {
	config := extism.PluginConfig{EnableWasi: true}
	if cache != nil {
		config.RuntimeConfig = wazero.NewRuntimeConfig().WithCompilationCache(cache)
	}
	compiled, err := extism.NewCompiledPlugin(ctx, extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: wasm}}, Timeout: timeoutMillis,
	}, config, nil)
	return &plugin{compiled: compiled, input: works.Input(), ctx: ctx}, err
}

func (p *plugin) run() error {
	instance, err := p.instance()
	if err != nil {
		return err
	}
	return errors.Join(p.call(instance), instance.Close(p.ctx))
}

func (p *plugin) instance() (*extism.Plugin, error) {
	return p.compiled.Instance(p.ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig().WithSysWalltime()})
}

func (p *plugin) call(instance *extism.Plugin) error {
	_, _, err := instance.Call(works.Entry, p.input)
	return err
}

func (p *plugin) close() error { return p.compiled.Close(p.ctx) }
