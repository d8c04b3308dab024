package wasmbin_test

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/wasmbin"
)

// A guest runs with fuel for a while, and the host learns how much it used.
func ExampleRewrite() {
	if problems := wasmbin.Check(loops, wasmbin.DefaultBudgets()); len(problems) > 0 {
		fmt.Println(problems)
		return
	}
	w, err := wasmbin.Rewrite(loops, wasmbin.Options{Meter: true, Strip: true, MaxMemoryPages: 256})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	runtime := wazero.NewRuntime(ctx)
	defer func() { _ = runtime.Close(ctx) }()
	given := int64(0)
	refuel := func(_ context.Context, m api.Module) {
		if given >= 1_000_000 {
			panic("the fuel is spent")
		}
		given += 100_000
		fuel := m.ExportedGlobal(wasmbin.FuelExport).(api.MutableGlobal)
		fuel.Set(fuel.Get() + 100_000)
	}
	_, _ = runtime.NewHostModuleBuilder(wasmbin.MeterModule).
		NewFunctionBuilder().WithFunc(refuel).Export(wasmbin.MeterRefuel).Instantiate(ctx)
	m, err := runtime.Instantiate(ctx, w.Wasm)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = m.ExportedFunction("hash").Call(ctx, 1000)
	fmt.Println(given-int64(m.ExportedGlobal(wasmbin.FuelExport).Get()), err)
	_, err = m.ExportedFunction("hash").Call(ctx, 1_000_000_000)
	fmt.Println(firstLine(err))
	// Output:
	// 36003 <nil>
	// the fuel is spent (recovered by wazero)
}
