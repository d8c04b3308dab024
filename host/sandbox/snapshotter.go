package sandbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/wasmbin"
)

// Snapshotter makes modules from the state of another module's instances. A
// [Session] calls the exports of one instance, one by one, and then returns a
// module that begins with the state that these calls left. It is safe for
// concurrent use; its owner must close it.
type Snapshotter struct {
	sandbox *Sandbox
	wasm    []byte
	code    *code
	globals []wasmbin.GlobalFact
}

// Snapshotter compiles a module for sessions. The module is not checked against
// the bounds of uploaded ones: it must be the host's own, or made from that.
func (s *Sandbox) Snapshotter(ctx context.Context, wasm []byte) (*Snapshotter, error) {
	metered, err := wasmbin.Rewrite(wasm, wasmbin.Options{Meter: true, Strip: true, ExportStart: true, ExportGlobals: true})
	if err != nil {
		return nil, fmt.Errorf("rewrite module: %w", err)
	}
	c, err := s.compile(ctx, admission.NewUnit(metered))
	if err != nil {
		return nil, err
	}
	return &Snapshotter{sandbox: s, wasm: wasm, code: c, globals: metered.Facts.Globals}, nil
}

// Close frees the code.
func (n *Snapshotter) Close() { n.sandbox.releaseCode(n.code) }

// Session is one instance of a [Snapshotter]. It belongs to one goroutine.
type Session struct {
	snapshotter *Snapshotter
	instance    *instance
	call        *Call
	state       *initialisation
}

// Session makes an instance, none of whose code has run. The limits are for all
// of its calls together. Its clock stands still, its random bytes are always the
// same, and it can't call the host. The caller must close it.
func (n *Snapshotter) Session(ctx context.Context, limits host.Limits) (*Session, error) {
	if !n.sandbox.runs.enter() {
		return nil, errClosed
	}
	v := &Session{snapshotter: n, call: &Call{}}
	v.state = &initialisation{random: rand.NewChaCha8(sha256.Sum256(nil)), session: true, lenient: true}
	v.call.begin(ctx, &Request{Limits: limits, Random: v.state, Clock: v.state, Stdout: io.Discard, Stderr: io.Discard})
	i, err := n.sandbox.plainInstance(v.call, n.code, nil)
	if err != nil {
		n.sandbox.runs.leave()
		return nil, fmt.Errorf("instantiate module: %w", err)
	}
	v.instance = i
	buffer := i.buffer(v.call.limits)
	buffer.Begin(nil, v.call.limits)
	v.call.sandbox, v.call.initial, v.call.instance, v.call.buffer = n.sandbox, v.state, i, buffer
	v.call.fill()
	return v, nil
}

// Strict makes every later call fail that asks for the time or for the host, and
// records when one takes random bytes: see [Session.Taint].
func (v *Session) Strict() { v.state.lenient, v.state.tookRandom = false, false }

// Taint says what made a strict call non-deterministic; "" when it was
// deterministic.
func (v *Session) Taint() string {
	if v.state.taint == "" && v.state.tookRandom && !v.state.lenient {
		return "it takes random numbers"
	}
	return v.state.taint
}

// Call calls an export and returns its first result. The error is a [*Fault]
// when the guest failed or went over a limit.
func (v *Session) Call(export string, args ...uint64) (uint64, error) {
	f := v.instance.module.ExportedFunction(export)
	if f == nil {
		return 0, fmt.Errorf("the module does not export %s", export)
	}
	results, err := f.Call(v.call, args...)
	if err != nil {
		return 0, v.call.explain(err)
	}
	if len(results) == 0 {
		return 0, nil
	}
	return results[0], nil
}

// Memory returns the linear memory, not a copy of it. The next call can move it.
func (v *Session) Memory() []byte {
	view, _ := v.instance.linear.Read(0, v.instance.linear.Size())
	return view
}

// Module returns a module whose instances begin with the state of this one.
func (v *Session) Module() ([]byte, error) {
	memory := v.Memory()
	state := &wasmbin.State{Pages: uint32(len(memory) / wasmbin.PageBytes), Memory: memory, Globals: map[uint32]uint64{}}
	for _, g := range v.snapshotter.globals {
		state.Globals[g.Index] = v.instance.module.ExportedGlobal(g.Export).(api.MutableGlobal).Get()
	}
	made, err := wasmbin.Rewrite(v.snapshotter.wasm, wasmbin.Options{State: state, MergeData: true})
	if err != nil {
		return nil, fmt.Errorf("rewrite module: %w", err)
	}
	return made.Wasm, nil
}

// Close frees the instance. Until then the sandbox does not close.
func (v *Session) Close() {
	v.instance.close()
	v.call.end()
	v.snapshotter.sandbox.runs.leave()
}
