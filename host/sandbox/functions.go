package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/sandbox/wasi"
	"github.com/usherhost/usher/host/wasmbin"
)

// ValueType is the type of a host function's parameter or result.
type ValueType = api.ValueType

// The types that host functions use: an I64 is an offset in the call's
// buffer, or a length.
const (
	I32 = api.ValueTypeI32
	I64 = api.ValueTypeI64
)

// Function is one host function. Run reads its parameters from stack and
// writes its results there; it belongs to the run's goroutine.
type Function struct {
	Module, Name    string
	Params, Results []ValueType
	Run             func(call *Call, stack []uint64)
}

// guestFunctions returns every function that guests may import: WASI, the Extism
// ABI, Emscripten's notification, and the caller's own.
func guestFunctions(own []Function) []Function {
	functions := append(wasiFunctions(), emscriptenFunctions()...)
	for _, f := range extism.Functions() {
		functions = append(functions, kernelFunction(f).tainting(f.MovesBytes))
	}
	for _, f := range own {
		functions = append(functions, f.tainting(false))
	}
	return functions
}

// typesOf returns the types of functions by module and name.
func typesOf(functions []Function) map[string]map[string]wasmbin.FuncType {
	types := map[string]map[string]wasmbin.FuncType{}
	for _, f := range functions {
		if types[f.Module] == nil {
			types[f.Module] = map[string]wasmbin.FuncType{}
		}
		types[f.Module][f.Name] = wasmbin.FuncType{Params: f.Params, Results: f.Results}
	}
	return types
}

// ownFunctions returns what only rewritten code and kernels import.
func ownFunctions() []Function {
	refuel := Function{Module: wasmbin.MeterModule, Name: wasmbin.MeterRefuel, Run: func(c *Call, _ []uint64) { c.refuel() }}
	table := Function{
		Module: wasmbin.MeterModule, Name: wasmbin.MeterTable, Params: []ValueType{I32}, Results: []ValueType{I32},
		Run: func(c *Call, s []uint64) { c.growTable(s) },
	}
	fault := Function{Module: extism.FaultModule, Name: extism.FaultName, Params: extism.FaultParams, Run: func(c *Call, s []uint64) {
		c.stopOn(extism.Fault(c, c.limits, s))
	}}
	return []Function{refuel, table, fault}
}

// serve instantiates the host modules in a runtime.
func (s *Sandbox) serve(ctx context.Context, runtime wazero.Runtime) error {
	builders := map[string]wazero.HostModuleBuilder{}
	for _, f := range s.functions {
		if builders[f.Module] == nil {
			builders[f.Module] = runtime.NewHostModuleBuilder(f.Module)
		}
		builders[f.Module].NewFunctionBuilder().
			WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, caller api.Module, stack []uint64) {
				c := ctx.(*Call)
				c.caller = caller
				c.holdStack()
				f.Run(c, stack)
				if c.charged > 0 {
					c.uncharge()
				}
			}), f.Params, f.Results).
			Export(f.Name)
	}
	for name, b := range builders {
		if _, err := b.Instantiate(ctx); err != nil {
			return fmt.Errorf("serve host module %s: %w", name, err)
		}
	}
	return nil
}

// tainting returns f as it is served: a guest that calls the host while its
// snapshot is taken gets none. Functions that only move bytes are allowed in a
// [Session]: it is the function that they move bytes for which taints.
func (f Function) tainting(movesBytes bool) Function {
	run := f.Run
	f.Run = func(c *Call, stack []uint64) {
		if c.initial != nil {
			c.callsHost(f.Name, movesBytes)
		}
		run(c, stack)
	}
	return f
}

// KernelFunctions returns the memory functions of the Extism ABI, which every
// sandbox serves.
func KernelFunctions() (functions []Function) {
	for _, f := range extism.Functions() {
		functions = append(functions, kernelFunction(f))
	}
	return functions
}

// kernelFunction serves f to instances that are not pooled: those have a kernel of
// their own.
func kernelFunction(f extism.Function) Function {
	return Function{Module: extism.Module, Name: f.Name, Params: f.Params, Results: f.Results, Run: func(c *Call, s []uint64) {
		c.stopOn(f.Call(c, c.buffer.(*extism.HostKernel), s))
	}}
}

// stopOn ends the run when a function of the kernel failed.
func (c *Call) stopOn(err error) {
	if err == nil {
		return
	}
	f := &Fault{Kind: host.FaultGuest, Message: err.Error()}
	if e, ok := errors.AsType[*extism.Error](err); ok && e.Limit != "" {
		f.Kind, f.Limit = host.FaultLimit, e.Limit
	}
	c.Stop(f)
}

// wasiFunctions returns the functions of WASI.
func wasiFunctions() (functions []Function) {
	for _, f := range wasi.Functions() {
		functions = append(functions, Function{Module: wasi.Module, Name: f.Name, Params: f.Params, Results: f.Results, Run: func(c *Call, s []uint64) {
			f.Call(wasiRun{c}, s)
		}})
	}
	return functions
}

// wasiRun is a call as package wasi needs it.
type wasiRun struct{ *Call }

// Memory implements [wasi.Run].
func (r wasiRun) Memory() api.Memory { return r.guest() }

// Taint implements [wasi.Run].
func (r wasiRun) Taint(why string) { r.taint(why) }

// Random implements [wasi.Run].
func (r wasiRun) Random(p []byte) {
	if _, err := r.request.Random.Read(p); err != nil {
		r.Stop(&Fault{Kind: host.FaultHost, Message: "read random bytes: " + err.Error()})
	}
}

// Now implements [wasi.Run].
func (r wasiRun) Now() time.Time {
	r.Burn(lookUnits)
	return r.request.Clock.Now(r.Call)
}

// Elapsed implements [wasi.Run].
func (r wasiRun) Elapsed() time.Duration {
	r.Burn(lookUnits)
	return r.monotonic()
}

// lookUnits is what a look at the clock costs, about what it takes the host. Without it
// a loop of few instructions would need millions of looks until a time has passed.
const lookUnits = 500

// Sleep implements [wasi.Run].
func (r wasiRun) Sleep(d time.Duration) { r.request.Clock.Sleep(r.Call, d) }

// Output implements [wasi.Run].
func (r wasiRun) Output() (stdout, stderr io.Writer) { return r.request.Stdout, r.request.Stderr }

// emscriptenFunctions returns what programs of Emscripten call without effect here:
// the notification for JavaScript that the memory has grown.
func emscriptenFunctions() []Function {
	return []Function{{
		Module: admission.EmscriptenModule, Name: "emscripten_notify_memory_growth", Params: []ValueType{I32}, Run: func(*Call, []uint64) {},
	}}
}
