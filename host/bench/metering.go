package main

import (
	"context"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/bench/works"
	"github.com/usherhost/usher/host/wasmbin"
)

// benchMetering measures calls of one instance that is used again and again,
// metered and not, on the engine without its own deadline. The ratio is that of
// unmetered to metered code: 0.91 is a cost of 10 %.
func benchMetering(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	names := works.Names[:len(works.Names)-1] // the last differs in its image only
	err = works.Each(names, func(name string, wasm []byte) error {
		metered, err := newBare(ctx, wasm, true)
		if err != nil {
			return err
		}
		plain, err := newBare(ctx, wasm, false)
		if err != nil {
			return errors.Join(err, metered.close())
		}
		with, without, err := compare.SideBySide(e.Rounds, func() (float64, error) { return compare.CPU(e, metered.run) },
			func() (float64, error) { return compare.CPU(e, plain.run) })
		rows = append(rows, compare.Cost("metering", name, with, "µs CPU", "unmetered", without))
		return errors.Join(err, metered.close(), plain.close())
	})
	return rows, err
}

// bare is one instance on the engine alone.
type bare struct {
	runtime wazero.Runtime
	kernel  *works.Kernel
	entry   api.Function
	ctx     context.Context
}

func newBare(ctx context.Context, wasm []byte, meter bool) (b *bare, err error) {
	rewritten, err := wasmbin.Rewrite(wasm, wasmbin.Options{Meter: meter, Strip: true, MergeData: true})
	if err != nil {
		return nil, err
	}
	b = &bare{runtime: wazero.NewRuntime(ctx), kernel: works.NewKernel(works.Input()), ctx: ctx}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if err := b.serve(); err != nil {
		return nil, err
	}
	module, err := b.runtime.InstantiateWithConfig(ctx, rewritten.Wasm,
		wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize").WithSysWalltime().WithSysNanotime())
	if err != nil {
		return nil, err
	}
	b.entry = module.ExportedFunction(works.Entry)
	return b, nil
}

// refillFuel is what the sandbox gives at a time.
const refillFuel = 200_000

func (b *bare) serve() error {
	types := map[rune]api.ValueType{'i': api.ValueTypeI32, 'I': api.ValueTypeI64}
	valueTypes := func(letters string) (all []api.ValueType) {
		for _, letter := range letters {
			all = append(all, types[letter])
		}
		return all
	}
	env := b.runtime.NewHostModuleBuilder("extism:host/env")
	for _, f := range b.kernel.Functions() {
		env.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, stack []uint64) { f.Run(stack) }),
			valueTypes(f.Params), valueTypes(f.Results)).Export(f.Name)
	}
	meter := b.runtime.NewHostModuleBuilder(wasmbin.MeterModule)
	meter.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, m api.Module, _ []uint64) {
		fuel := m.ExportedGlobal(wasmbin.FuelExport).(api.MutableGlobal)
		fuel.Set(fuel.Get() + refillFuel)
	}), nil, nil).Export(wasmbin.MeterRefuel)
	_, err := env.Instantiate(b.ctx)
	_, meterErr := meter.Instantiate(b.ctx)
	_, wasiErr := wasi_snapshot_preview1.Instantiate(b.ctx, b.runtime)
	return errors.Join(err, meterErr, wasiErr)
}

func (b *bare) run() error {
	b.kernel.Reset()
	// What the guest returns does not matter: a guest that counts its runs fails all but one.
	_, err := b.entry.Call(b.ctx)
	return err
}

func (b *bare) close() error { return b.runtime.Close(b.ctx) }
