package sandbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/wasmbin"
)

// Workshop is a module whose instances are worked on, not run: their exports
// are called one by one, and what became of their state is taken to build
// another module from. It is safe for concurrent use; its owner must close it.
type Workshop struct {
	sandbox *Sandbox
	wasm    []byte
	code    *code
	globals []wasmbin.GlobalFact
}

// Workshop compiles a module to be worked on. It is trusted to compile: it is
// ours, or was made from ours.
func (s *Sandbox) Workshop(ctx context.Context, wasm []byte) (*Workshop, error) {
	metered, err := wasmbin.Rewrite(wasm, wasmbin.Options{Meter: true, Strip: true, ExportStart: true, ExportGlobals: true})
	if err != nil {
		return nil, fmt.Errorf("rewrite module: %w", err)
	}
	c, err := s.compilePart(ctx, newPart(metered))
	if err != nil {
		return nil, err
	}
	return &Workshop{sandbox: s, wasm: wasm, code: c, globals: metered.Facts.Globals}, nil
}

// Close frees the code.
func (w *Workshop) Close() { w.sandbox.release(w.code) }

// Bench is one instance in a workshop. It belongs to one goroutine.
type Bench struct {
	workshop *Workshop
	instance *instance
	call     *Call
	state    *freezing
}

// Bench makes an instance, none of whose code has run. Its calls together are
// held to the limits. It gets a clock that stands still and random bytes that
// are always the same; it can't call the host. The caller must close it.
func (w *Workshop) Bench(ctx context.Context, limits host.Limits) (*Bench, error) {
	if !w.sandbox.runs.enter() {
		return nil, errClosed
	}
	b := &Bench{workshop: w, call: &Call{}}
	b.state = &freezing{random: rand.NewChaCha8(sha256.Sum256(nil)), bench: true, lenient: true}
	b.call.begin(ctx, &Request{Limits: limits, Random: b.state, Clock: b.state, Stdout: io.Discard, Stderr: io.Discard})
	i, err := w.sandbox.plainInstance(b.call, w.code, nil)
	if err != nil {
		w.sandbox.runs.leave()
		return nil, fmt.Errorf("instantiate module: %w", err)
	}
	b.instance = i
	exchange := &kernel{account: i.account}
	exchange.begin(nil, &b.call.request.Limits)
	b.call.sandbox, b.call.freezing, b.call.instance, b.call.exchange = w.sandbox, b.state, i, exchange
	b.call.fill()
	return b, nil
}

// Strict makes every later call fail that asks for the time, for random bytes
// or for the host; [Bench.Spoilt] then tells which.
func (b *Bench) Strict() { b.state.lenient, b.state.took = false, false }

// Spoilt tells what a strict call asked for that only a run has; "" when it
// asked for nothing.
func (b *Bench) Spoilt() string {
	if b.state.spoilt == "" && b.state.took && !b.state.lenient {
		return "it takes random numbers"
	}
	return b.state.spoilt
}

// Call calls an export and returns its first result. The error is a [*Fault]
// when the guest failed or went over a limit.
func (b *Bench) Call(export string, args ...uint64) (uint64, error) {
	f := b.instance.module.ExportedFunction(export)
	if f == nil {
		return 0, fmt.Errorf("the module does not export %s", export)
	}
	results, err := f.Call(b.call, args...)
	if err != nil {
		return 0, b.call.explain(err)
	}
	if len(results) == 0 {
		return 0, nil
	}
	return results[0], nil
}

// Memory returns the memory itself; a call can move it.
func (b *Bench) Memory() []byte {
	view, _ := b.instance.linear.Read(0, b.instance.linear.Size())
	return view
}

// Module returns a module that begins with the state of the instance.
func (b *Bench) Module() ([]byte, error) {
	memory := b.Memory()
	state := &wasmbin.State{Pages: uint32(len(memory) / wasmbin.PageBytes), Memory: memory, Globals: map[uint32]uint64{}}
	for _, g := range b.workshop.globals {
		state.Globals[g.Index] = b.instance.module.ExportedGlobal(g.Export).(api.MutableGlobal).Get()
	}
	made, err := wasmbin.Rewrite(b.workshop.wasm, wasmbin.Options{State: state, MergeData: true})
	if err != nil {
		return nil, fmt.Errorf("make module: %w", err)
	}
	return made.Wasm, nil
}

// Close frees the instance. Until then the sandbox does not close.
func (b *Bench) Close() {
	b.instance.close()
	b.call.end()
	b.workshop.sandbox.runs.leave()
}
