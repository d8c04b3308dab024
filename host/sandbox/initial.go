package sandbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host"
)

// tryInitialisation notes in a why every run of the module would end before its
// handler is called: its start section or initialiser traps, exits with a code
// that is not 0, or does not end within the fuel of [initialLimits]. Where an
// initialisation calls the host, or needs more memory, nothing can be said. A
// module with an image has initialised itself.
func (s *Sandbox) tryInitialisation(ctx context.Context, a *artifact) error {
	if a.Frozen || a.InitFault != "" || len(a.Links) > 0 || a.MinMemoryBytes > initialLimits.MemoryBytes {
		return nil
	}
	runtime := interpreter(ctx)
	defer func() { _ = runtime.Close(ctx) }() // nothing in it could fail to close
	c, err := s.interpreted(ctx, runtime, a)
	if err != nil {
		return err
	}
	limits := initialLimits
	limits.Fuel = interpretedFuel
	fault, err := s.tryWith(ctx, a, c, limits)
	if err != nil || fault == nil || fault.Limit != "fuel" {
		a.InitFault = faultOfInit(fault)
		return err
	}
	if c, err = s.compilePart(ctx, a.Plain); err != nil {
		return err
	}
	defer s.release(c)
	fault, err = s.tryWith(ctx, a, c, initialLimits)
	a.InitFault = faultOfInit(fault)
	return err
}

// initTooLong says of an initialisation that it takes too much fuel.
var initTooLong = fmt.Sprintf("it does not end within %d units of fuel", initialLimits.Fuel)

// faultOfInit tells what a fault means for every run, "" when that is nothing.
func faultOfInit(f *Fault) string {
	switch {
	case f == nil:
		return ""
	case f.Limit == "fuel":
		return initTooLong
	case f.Kind != host.FaultGuest:
		return ""
	}
	return f.Message
}

// tryWith initialises an instance of c. It returns the fault that this ended
// with; nil when it ended well, or can't be tried.
func (s *Sandbox) tryWith(ctx context.Context, a *artifact, c *code, limits host.Limits) (*Fault, error) {
	f := &freezing{random: rand.NewChaCha8(sha256.Sum256(a.Plain.wasm)), trial: true}
	said := &beginning{}
	call := &Call{}
	call.begin(ctx, &Request{Limits: limits, Random: f, Clock: f, Stdout: said, Stderr: said})
	defer call.end()
	i, err := s.plainInstance(call, c, nil)
	if err != nil {
		return nil, fmt.Errorf("instantiate module: %w", err)
	}
	defer i.close()
	call.freezing, call.instance, call.exchange = f, i, &kernel{account: i.account}
	call.fill()
	err = i.initialise(call)
	if err == nil || f.spoilt != "" {
		return nil, nil
	}
	fault := call.explain(err)
	if said.text != "" {
		fault.Message += "; it had written: " + strings.TrimSpace(said.text)
	}
	return fault, nil
}

// interpreter returns a runtime for what runs once and briefly. The caller must
// close it.
func interpreter(ctx context.Context) wazero.Runtime {
	return wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2).WithDebugInfoEnabled(false))
}

// interpreted returns the plain code of a for an interpreter.
func (s *Sandbox) interpreted(ctx context.Context, runtime wazero.Runtime, a *artifact) (*code, error) {
	if err := s.serve(ctx, runtime); err != nil {
		return nil, err
	}
	compiled, err := runtime.CompileModule(ctx, a.Plain.wasm)
	if err != nil {
		return nil, fmt.Errorf("compile module: %w", err)
	}
	return &code{runtime: runtime, compiled: compiled, instanceBytes: a.Plain.InstanceBytes}, nil
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
