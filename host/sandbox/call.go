package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"github.com/usherhost/usher/host"
)

// Request is one run of a module.
type Request struct {
	Entry  string      // the export to call
	Input  []byte      // what the guest reads as its input
	Limits host.Limits // all set; see [host.DefaultSettings]
	Host   any         // the caller's own state, for its host functions: [Call.Host]

	Random io.Reader                  // where the guest's random bytes come from
	Now    func() time.Time           // the guest's clock
	Sleep  func(*Call, time.Duration) // what a guest's sleep does
	Stdout io.Writer                  // the guest's standard output; an error ends the run
	Stderr io.Writer
}

// Outcome is what a run came to.
type Outcome struct {
	Output      []byte
	Fault       *Fault        // nil when the run succeeded
	MemoryBytes int64         // of the guest's linear memory, and for exchange with the host, at the end
	Start       time.Duration // until the entry was called
}

// Fault is why a run failed.
type Fault struct {
	Fault   host.Fault
	Limit   string // its name in [host.Limits], or "stack"
	Message string // what the guest said, or else what happened
	Trap    string // what stopped the guest, when something did
	Stack   string
}

// Error returns the message.
func (f *Fault) Error() string { return f.Message }

// Call is one run in progress. It is the context of every host function that
// the run calls, and ends at the run's deadline.
type Call struct {
	context.Context
	Host any

	limits  host.Limits
	kernel  kernel
	memory  *memory
	request *Request
	fault   *Fault // the host's reason to stop the run
}

// Run instantiates the module, runs what it has to initialise and calls its
// entry. The instance is gone when Run returns. A done ctx ends the run with
// a host fault; ask ctx.
func (m *Module) Run(ctx context.Context, r Request) Outcome {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.Limits.TimeoutMillis)*time.Millisecond)
	defer cancel()
	c := newCall(ctx, &r)
	if least := m.minMemoryBytes(); least > r.Limits.MemoryBytes {
		return Outcome{Fault: &Fault{
			Fault: host.FaultLimit, Limit: "memory_bytes",
			Message: fmt.Sprintf("the module begins with %d bytes of memory (limit %d)", least, r.Limits.MemoryBytes),
		}}
	}
	defer c.memory.Free()
	c.setInput(r.Input)
	instance, err := m.instantiate(c)
	if instance != nil {
		defer func() { _ = instance.Close(context.WithoutCancel(ctx)) }() // it has nothing that could fail to close
	}
	start := time.Since(started)
	if err == nil {
		err = c.enter(instance, r.Entry)
	}
	return c.outcome(err, start)
}

func newCall(ctx context.Context, r *Request) *Call {
	c := &Call{Host: r.Host, limits: r.Limits, request: r, memory: &memory{limit: uint64(r.Limits.MemoryBytes)}}
	c.kernel.limit = r.Limits.MemoryBytes
	c.Context = experimental.WithMemoryAllocator(ctx, c.memory)
	return c
}

func (m *Module) minMemoryBytes() int64 {
	var pages int64
	for _, l := range m.outline.Memories {
		pages += int64(l.Min)
	}
	return pages << 16
}

func (c *Call) setInput(input []byte) {
	c.kernel.limit += int64(len(input)) * 2 // the guest does not pay for its event
	offset, _ := c.kernel.alloc(uint64(len(input)))
	c.kernel.input = block{offset: offset, length: uint64(len(input))}
	copy(c.kernel.memory[min(offset, uint64(len(c.kernel.memory))):], input)
}

// instantiate makes the instance, which runs the module's start section, and
// then the initialisers of reactors, C and Haskell.
func (m *Module) instantiate(c *Call) (api.Module, error) {
	r := c.request
	config := wazero.NewModuleConfig().
		WithName("").
		WithStartFunctions().
		WithStdout(r.Stdout).
		WithStderr(r.Stderr).
		WithRandSource(r.Random).
		WithWalltime(func() (int64, int32) {
			now := r.Now()
			return now.Unix(), int32(now.Nanosecond())
		}, sys.ClockResolution(time.Microsecond)).
		WithNanotime(func() int64 { return r.Now().UnixNano() }, sys.ClockResolution(time.Microsecond)).
		WithNanosleep(func(ns int64) { r.Sleep(c, time.Duration(ns)) })
	instance, err := m.sandbox.runtime.InstantiateModule(c, m.compiled, config)
	if err != nil {
		return instance, err
	}
	return instance, c.initialise(instance)
}

func (c *Call) initialise(instance api.Module) error {
	init := instance.ExportedFunction("_initialize")
	if init == nil {
		init = instance.ExportedFunction("__wasm_call_ctors")
	}
	if init != nil && len(init.Definition().ParamTypes()) == 0 {
		if _, err := init.Call(c); err != nil {
			return err
		}
	}
	if haskell := instance.ExportedFunction("hs_init"); haskell != nil && len(haskell.Definition().ParamTypes()) == 2 {
		if _, err := haskell.Call(c, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// enter calls the entry. A result that is not 0 is a fault.
func (c *Call) enter(instance api.Module, entry string) error {
	results, err := instance.ExportedFunction(entry).Call(c)
	if err != nil {
		return err
	}
	if len(results) == 1 && api.DecodeU32(results[0]) != 0 {
		return &Fault{Fault: host.FaultGuest, Message: fmt.Sprintf("%s returned %d without setting an error", entry, api.DecodeI32(results[0]))}
	}
	return nil
}

func (c *Call) outcome(err error, start time.Duration) Outcome {
	out := Outcome{Start: start, MemoryBytes: int64(c.memory.size) + int64(len(c.kernel.memory))}
	out.Fault = c.explain(err)
	if out.Fault == nil {
		b, _ := c.kernel.slice(c.kernel.output.offset, c.kernel.output.length)
		out.Output = append([]byte(nil), b...)
	}
	return out
}

// explain turns what stopped a run into a fault that tells the guest's own
// message first.
func (c *Call) explain(err error) *Fault {
	said := c.said()
	if err == nil {
		if said == "" {
			return nil
		}
		return &Fault{Fault: host.FaultGuest, Message: said}
	}
	f := c.classify(err)
	switch {
	case said == "":
	case f.Fault == host.FaultGuest:
		f.Message = said
	default:
		f.Message += "; the guest had said: " + said
	}
	return f
}

// said returns the error that the guest set, if it did.
func (c *Call) said() string {
	b, _ := c.kernel.slice(c.kernel.errorOffset, c.kernel.length(c.kernel.errorOffset))
	return strings.ToValidUTF8(string(b), "\ufffd")
}

func (c *Call) classify(err error) *Fault {
	if c.fault != nil {
		c.fault.Stack = stackOf(err)
		return c.fault
	}
	if f, ok := errors.AsType[*Fault](err); ok { // from the caller's own functions
		f.Stack = stackOf(err)
		return f
	}
	message, _, _ := strings.Cut(err.Error(), "\nwasm stack trace:")
	message = strings.TrimPrefix(message, "wasm error: ")
	exit, exited := errors.AsType[*sys.ExitError](err)
	switch {
	case strings.Contains(message, "stack overflow"):
		return &Fault{Fault: host.FaultLimit, Limit: "stack", Message: "the call stack is exhausted: recursion is too deep", Stack: firstLines(stackOf(err), 20)}
	case errors.Is(c.Err(), context.DeadlineExceeded):
		return &Fault{Fault: host.FaultLimit, Limit: "timeout_ms", Message: fmt.Sprintf("stopped after %d ms (limit %[1]d ms)", c.limits.TimeoutMillis)}
	case c.Err() != nil:
		return &Fault{Fault: host.FaultHost, Message: "the host is shutting down"}
	case exited:
		return &Fault{Fault: host.FaultGuest, Message: fmt.Sprintf("the guest exited with code %d", exit.ExitCode()), Trap: "exit", Stack: stackOf(err)}
	case c.memory.denied > 0:
		return &Fault{Fault: host.FaultLimit, Limit: "memory_bytes", Trap: message, Stack: stackOf(err), Message: fmt.Sprintf(
			"needed %d bytes of memory (limit %d)", c.memory.denied, c.limits.MemoryBytes)}
	case isHostPanic(err):
		return &Fault{Fault: host.FaultHost, Message: "a host function failed: " + message, Stack: stackOf(err)}
	}
	return &Fault{Fault: host.FaultGuest, Message: "trapped: " + message, Trap: message, Stack: stackOf(err)}
}

func isHostPanic(err error) bool {
	_, ok := errors.AsType[runtime.Error](err)
	return ok
}

func stackOf(err error) string {
	_, stack, _ := strings.Cut(err.Error(), "\nwasm stack trace:\n")
	lines := strings.Split(stack, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// Stop ends the run with f. It does not return; host functions call it on the
// run's own goroutine.
func (c *Call) Stop(f *Fault) {
	c.fault = f
	panic(f)
}

// Check ends the run when its deadline has passed. A host function that may
// have waited calls it before it answers.
func (c *Call) Check() {
	if err := c.Err(); err != nil {
		panic(err)
	}
}

// Bytes returns a copy of the block at offset, nil for offset 0. An offset
// that names no block ends the run.
func (c *Call) Bytes(function string, offset uint64) []byte {
	if offset == 0 {
		return nil
	}
	i := c.kernel.find(offset)
	if i < 0 {
		c.Stop(&Fault{Fault: host.FaultGuest, Message: fmt.Sprintf("%s: no block of memory begins at offset %d", function, offset)})
	}
	b := c.kernel.blocks[i]
	return append([]byte{}, c.kernel.memory[b.offset:b.offset+b.length]...)
}

// Free gives the block at offset back, as the official functions do with what
// they were passed.
func (c *Call) Free(offset uint64) { c.kernel.release(offset) }

// Put hands data to the guest as a new block and returns its offset, 0 for no
// data. Data over the memory limit ends the run.
func (c *Call) Put(data []byte) uint64 {
	offset := c.alloc(uint64(len(data)))
	copy(c.kernel.memory[min(offset, uint64(len(c.kernel.memory))):], data)
	return offset
}
