package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/sandbox/wasi"
	"github.com/usherhost/usher/host/wasmbin"
)

// initialise runs the initialisation of the linked modules and of the main one: the
// start section, and then the initialisers of reactors, C and Haskell.
func (i *instance) initialise(c *Call) error {
	for _, l := range i.links {
		if err := i.initialiseModule(c, l); err != nil {
			return err
		}
	}
	return i.initialiseModule(c, i.module)
}

func (i *instance) initialiseModule(c *Call, m api.Module) error {
	for _, step := range []struct {
		name string
		args []uint64
	}{{wasmbin.StartExport, nil}, {"_initialize", nil}, {"hs_init", []uint64{0, 0}}} {
		if step.name == "_initialize" && m.ExportedFunction(step.name) == nil {
			step.name = "__wasm_call_ctors"
		}
		f, found, err := i.handle(m, step.name, stackLimit(c.limits))
		if err != nil {
			return err
		}
		if !found || len(f.Definition().ParamTypes()) != len(step.args) {
			continue
		}
		c.calls = f.Calls
		if _, err := f.Call(c, step.args...); err != nil && !exitedWell(err) {
			return err
		}
	}
	return nil
}

// exitedWell reports whether err is a guest's exit with code 0: the call has
// succeeded.
func exitedWell(err error) bool {
	code, exited := errors.AsType[wasi.Exit](err)
	return exited && code == 0
}

// engine is a sandbox as package admission needs it.
type engine struct{ *Sandbox }

// Compile implements [admission.Engine].
func (e engine) Compile(ctx context.Context, u admission.Unit) error {
	c, err := e.compile(ctx, u)
	if err == nil {
		e.releaseCode(c)
	}
	return err
}

// Initialise implements [admission.Engine].
func (e engine) Initialise(ctx context.Context, a *admission.Artifact, in admission.Initialisation) (admission.Initialised, error) {
	if in.Compiled {
		c, err := e.compile(ctx, a.Plain)
		if err != nil {
			return admission.Initialised{}, err
		}
		defer e.releaseCode(c)
		return e.initialise(ctx, c, a, in)
	}
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2).WithDebugInfoEnabled(false))
	defer func() { _ = runtime.Close(ctx) }() // it has nothing that could fail to close
	c, err := e.interpreted(ctx, runtime, a)
	if err != nil {
		return admission.Initialised{}, err
	}
	return e.initialise(ctx, c, a, in)
}

// interpreted returns the plain code of a for an interpreter.
func (e engine) interpreted(ctx context.Context, runtime wazero.Runtime, a *admission.Artifact) (*code, error) {
	if err := e.serve(ctx, runtime); err != nil {
		return nil, err
	}
	wasm, err := e.artifacts.Wasm(a.Plain)
	if err != nil {
		return nil, err
	}
	compiled, err := runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("compile module: %w", err)
	}
	return &code{runtime: runtime, compiled: compiled, instanceBytes: a.Plain.InstanceBytes}, nil
}

func (e engine) initialise(ctx context.Context, c *code, a *admission.Artifact, in admission.Initialisation) (got admission.Initialised, err error) {
	wasm, err := e.artifacts.Wasm(a.Plain)
	if err != nil {
		return got, err
	}
	state := &initialisation{random: rand.NewChaCha8(sha256.Sum256(wasm)), testRun: !in.Snapshot}
	output := &beginning{}
	call := &Call{}
	call.begin(ctx, &Request{Limits: in.Limits, Random: state, Clock: state, Stdout: output, Stderr: output})
	defer call.end()
	i, err := e.plainInstance(call, c, nil)
	if err != nil {
		return got, fmt.Errorf("instantiate module: %w", err)
	}
	defer i.close()
	call.initial, call.instance, call.buffer = state, i, i.buffer(call.limits)
	call.fill()
	if err = i.initialise(call); err == nil && in.WarmUp != "" {
		got.WarmedUp = true
		err = i.enter(call, in.WarmUp)
	}
	switch got.Taint = state.taint; {
	case got.Taint != "":
	case err != nil:
		got.Fault = initFault(call.explain(err), output.text)
	case in.Snapshot:
		got.Random = state.tookRandom
		got.Memory, got.Globals = i.state(a.GlobalNames)
	}
	return got, nil
}

func initFault(f *Fault, output string) *admission.Fault {
	message := f.Message
	if output != "" {
		message += "; it had written: " + strings.TrimSpace(output)
	}
	return &admission.Fault{Kind: f.Kind, Limit: f.Limit, Message: message}
}

// state returns a copy of the memory, and the values of globals.
func (i *instance) state(globalNames []string) (memory []byte, globals []uint64) {
	if i.linear != nil {
		all, _ := i.linear.Read(0, i.linear.Size())
		memory = append([]byte{}, all...)
	}
	for _, name := range globalNames {
		globals = append(globals, i.module.ExportedGlobal(name).(api.MutableGlobal).Get())
	}
	return memory, globals
}

// initialisation is the state of a guest's initialisation, and the world that it
// sees. What would differ between runs taints it.
type initialisation struct {
	random     *rand.ChaCha8
	tookRandom bool
	taint      string // why no snapshot can be taken; "": it can

	spins Spins         // moves the clock of a lenient one
	spun  time.Duration // how far it has

	session bool // of a [Session]: its blocks in the buffer are not part of the result
	lenient bool // the clock may be read: it moves by fuel alone
	testRun bool // no snapshot is taken: WASI may be used, and only host functions end it
}

// Read returns random bytes, the same for each initialisation of a module.
func (n *initialisation) Read(p []byte) (int, error) {
	n.tookRandom = true
	return n.random.Read(p)
}

// Now implements [Clock]. Reading the clock taints a snapshot before this is called,
// unless the initialisation is lenient: then code that waits for a time to pass must
// see it pass.
func (n *initialisation) Now(c *Call) time.Time {
	n.spun += n.spins.Look(c)
	return time.Unix(0, 0).Add(n.spun)
}

// Elapsed implements [Clock]. The monotonic clock of a run begins where that of its
// initialisation stood.
func (n *initialisation) Elapsed(*Call) time.Duration { return 0 }

// Sleep implements [Clock].
func (n *initialisation) Sleep(*Call, time.Duration) {}

// taint ends an initialisation that depends on the run.
func (c *Call) taint(why string) {
	if c.initial != nil && !c.initial.lenient && !c.initial.testRun {
		c.endInitialisation(why)
	}
}

// callsHost ends an initialisation that calls a function of the host, unless the
// function only moves bytes in a session or in a test run.
func (c *Call) callsHost(name string, movesBytes bool) {
	switch n := c.initial; {
	case n == nil, movesBytes && (n.session || n.testRun):
	case n.testRun:
		c.endInitialisation("it calls " + name)
	default:
		c.taint("it calls " + name)
	}
}

func (c *Call) endInitialisation(why string) {
	c.initial.taint = why
	c.Stop(&Fault{Kind: host.FaultGuest, Message: why})
}

// beginning keeps the beginning of what is written to it.
type beginning struct{ text string }

const beginningBytes = 300

// Write implements [io.Writer].
func (b *beginning) Write(p []byte) (int, error) {
	b.text += strings.ToValidUTF8(string(p[:min(len(p), beginningBytes-len(b.text))]), "\ufffd")
	b.text = b.text[:min(len(b.text), beginningBytes)]
	return len(p), nil
}
