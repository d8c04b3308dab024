package wasmbin_test

import (
	"context"
	_ "embed"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/wasmbin"
)

//go:embed testdata/loops.wasm
var loops []byte

// quantum is how much fuel the benchmark's host gives at a time.
const quantum = 200_000

// newRuntime makes a runtime that serves the refuel, which never refuses.
func newRuntime(t testing.TB, config wazero.RuntimeConfig, refuel func(fuel api.MutableGlobal)) wazero.Runtime {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { _ = r.Close(ctx) })
	_, err := r.NewHostModuleBuilder(wasmbin.MeterModule).NewFunctionBuilder().
		WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, m api.Module, _ []uint64) {
			refuel(m.ExportedGlobal(wasmbin.FuelExport).(api.MutableGlobal))
		}), nil, nil).Export(wasmbin.MeterRefuel).Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func endless(fuel api.MutableGlobal) { fuel.Set(fuel.Get() + quantum) }

func instantiate(t testing.TB, r wazero.Runtime, wasm []byte) api.Module {
	t.Helper()
	m, err := r.InstantiateWithConfig(context.Background(), wasm, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func metered(t testing.TB, wasm []byte) []byte {
	t.Helper()
	w, err := wasmbin.Rewrite(wasm, wasmbin.Options{Meter: true})
	if err != nil {
		t.Fatal(err)
	}
	return w.Wasm
}

// BenchmarkMetering runs each loop with and without metering, and reports how
// many times longer it takes metered.
func BenchmarkMetering(b *testing.B) {
	for _, bb := range []struct {
		name string
		n    uint64
	}{{"hash", 1_000_000}, {"memory loop", 1_000_000}, {"fib", 25}} {
		b.Run(bb.name, func(b *testing.B) {
			r := newRuntime(b, compilerConfig(), endless)
			plain := instantiate(b, r, loops).ExportedFunction(bb.name)
			with := instantiate(b, r, metered(b, loops)).ExportedFunction(bb.name)
			compare(b, func() { call(b, plain, bb.n) }, func() { call(b, with, bb.n) })
		})
	}
}

func call(t testing.TB, f api.Function, args ...uint64) []uint64 {
	t.Helper()
	results, err := f.Call(context.Background(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// compare times both in turns and reports the ratio of the fastest runs, which
// a busy machine disturbs least.
func compare(b *testing.B, plain, with func()) {
	b.Helper()
	best := [2]time.Duration{1 << 62, 1 << 62}
	for b.Loop() {
		for i, f := range []func(){plain, with} {
			start := time.Now()
			f()
			best[i] = min(best[i], time.Since(start))
		}
	}
	b.ReportMetric(float64(best[0].Nanoseconds()), "plain-ns")
	b.ReportMetric(float64(best[1].Nanoseconds()), "metered-ns")
	b.ReportMetric(float64(best[1])/float64(best[0]), "ratio")
}

// BenchmarkMeteringSamples does the same with the sample actions that are
// built, with an event each.
func BenchmarkMeteringSamples(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			config := wazero.NewRuntimeConfigCompiler()
			start := time.Now()
			plain := newGuest(b, s, config, s.wasm)
			middle := time.Now()
			with := newGuest(b, s, config, metered(b, s.wasm))
			compiled := float64(time.Since(middle)) / float64(middle.Sub(start))
			compare(b, func() { plain.run(b) }, func() { with.run(b) })
			b.ReportMetric(compiled, "compile-ratio")
		})
	}
}

// BenchmarkRewrite times the rewriter itself.
func BenchmarkRewrite(b *testing.B) {
	for _, s := range samples(b) {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(s.wasm)))
			b.ReportAllocs()
			for b.Loop() {
				w, err := wasmbin.Rewrite(s.wasm, wasmbin.Options{Meter: true, Strip: true, MergeData: true})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(w.Wasm))/float64(len(s.wasm)), "size-ratio")
				b.ReportMetric(float64(w.ChargePoints), "charge-points")
			}
		})
	}
}

func compilerConfig() wazero.RuntimeConfig { return wazero.NewRuntimeConfigCompiler() }
