// Package engine works with the JavaScript engine: QuickJS-NG with our glue
// (glue.c, json.c) as a WebAssembly module, whose memory holds the evaluated
// runtime. It compiles scripts, evaluates them, and makes modules of the
// engine's memory. See the README of runtime for what the runtime does.
//
// Builds use an [Instance] of the embedded engine and [Parts] of the runtime.
// [Maker] makes both, from the linked engine and the runtime's scripts; package
// bootstrap runs it.
package engine

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// Glue is the module that [Maker]'s engine is linked with: see glue/build.
//
//go:embed glue/glue.wasm
var Glue []byte

// limits bound each instance.
var limits = host.Limits{TimeoutMillis: 30_000, Fuel: 60_000_000_000, MemoryBytes: 256 << 20}

// Instance is an instance of the engine. It is for one goroutine and one module,
// and its owner must close it.
type Instance struct {
	session *sandbox.Session
}

// Open returns an instance whose memory is as the module has it.
func Open(ctx context.Context, w *sandbox.Snapshotter) (*Instance, error) {
	session, err := w.Session(ctx, limits)
	if err != nil {
		return nil, err
	}
	return &Instance{session: session}, nil
}

// Close frees the instance.
func (e *Instance) Close() { e.session.Close() }

// Thrown is an error that JavaScript code threw during a build.
type Thrown struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Code    string `json:"code"`
	Stack   string `json:"stack"`
}

// Error returns the error as JavaScript prints it.
func (t *Thrown) Error() string { return t.Name + ": " + t.Message }

// Compile returns a script's bytecode. Stack traces have the script's name and
// lines; the bytecode does not hold its source. What the script throws is a
// [*Thrown], here and in the other methods.
func (e *Instance) Compile(script []byte, name string) ([]byte, error) {
	return e.compile(script, name, true)
}

// compile compiles a script. Without positions, stack traces have neither its
// name nor its lines.
func (e *Instance) compile(script []byte, name string, positions bool) ([]byte, error) {
	at, err := e.put(append([]byte(name), 0))
	if err != nil {
		return nil, err
	}
	return e.call("usher_compile", script, at, flag(positions))
}

// Evaluate runs the bytecode of a script.
func (e *Instance) Evaluate(bytecode []byte) error {
	_, err := e.call("usher_evaluate", bytecode)
	return err
}

// Definition is an action that has been evaluated.
type Definition struct {
	Exports []string `json:"exports"`
	Problem string   `json:"problem"` // why its handler can't be called; "" when it can
}

// Define evaluates an action's bundle. With preload it also loads the packages
// that the action would load in a run. Tainted is the reason why no snapshot of the
// memory can be used: the code read the clock, took random numbers or called the
// host, whose answers are different in each run. Then there is no definition.
func (e *Instance) Define(bytecode []byte, preload bool) (d *Definition, tainted string, err error) {
	e.session.Strict()
	answer, err := e.call("usher_define", bytecode, flag(preload))
	if why := e.session.Taint(); why != "" {
		return nil, reasonOf(why), nil
	}
	if err != nil {
		return nil, "", err
	}
	d = &Definition{}
	if err := json.Unmarshal(answer, d); err != nil {
		return nil, "", fmt.Errorf("read the runtime's description of the action: %w", err)
	}
	return d, "", nil
}

// Defer stores an action's bundle, for each run to evaluate it at its start.
func (e *Instance) Defer(bytecode []byte) error {
	at, err := e.put(bytecode)
	if err != nil {
		return err
	}
	_, err = e.session.Call("usher_defer", at, uint64(len(bytecode)))
	return err
}

// Module prepares the engine for runs and returns it as a module. The instance
// must not be used any more, except to close it.
func (e *Instance) Module() ([]byte, error) {
	if _, err := e.session.Call("usher_settle"); err != nil {
		return nil, err
	}
	if err := e.fillGaps(); err != nil {
		return nil, err
	}
	return e.module()
}

// fillGaps allocates the gaps in the heap, for ever.
func (e *Instance) fillGaps() error {
	first, err := e.session.Call("usher_heap")
	if err != nil {
		return err
	}
	for _, size := range gaps(e.session.Memory(), uint32(first)) {
		fitting := uint64(size - 5) // usher_alloc adds a byte, and dlmalloc takes four more
		at, err := e.session.Call("usher_alloc", fitting)
		if err != nil {
			return err
		}
		clear(e.session.Memory()[at:][:fitting])
	}
	fillSlabs(e.session.Memory(), uint32(first))
	return nil
}

// module returns the engine as a module, with zeroes in its memory wherever
// nothing is in use.
func (e *Instance) module() ([]byte, error) {
	first, err := e.session.Call("usher_heap")
	if err != nil {
		return nil, err
	}
	wipe(e.session.Memory(), uint32(first))
	return e.session.Module()
}

// call calls an export with the block's address and size, if there is a block,
// and then the words as its arguments. It returns the engine's answer, or what
// the code threw.
func (e *Instance) call(export string, block []byte, words ...uint64) ([]byte, error) {
	var args []uint64
	if block != nil {
		at, err := e.put(block)
		if err != nil {
			return nil, err
		}
		args = append(args, at, uint64(len(block)))
	}
	ok, err := e.session.Call(export, append(args, words...)...)
	if err != nil {
		return nil, err
	}
	answer, err := e.answer()
	if err != nil || uint32(ok) == 1 {
		return answer, err
	}
	thrown := &Thrown{}
	if err := json.Unmarshal(answer, thrown); err != nil {
		return nil, fmt.Errorf("%s: %s", export, answer)
	}
	return nil, thrown
}

// put copies a block into the engine's memory. The engine owns it then.
func (e *Instance) put(block []byte) (uint64, error) {
	at, err := e.session.Call("usher_alloc", uint64(len(block)))
	if err != nil {
		return 0, err
	}
	copy(e.session.Memory()[at:], block)
	return at, nil
}

func (e *Instance) answer() ([]byte, error) {
	packed, err := e.session.Call("usher_answer")
	if err != nil {
		return nil, err
	}
	at, size := packed>>32, packed&0xffffffff
	memory := e.session.Memory()
	if at+size > uint64(len(memory)) {
		return nil, errors.New("the engine's answer is outside its memory")
	}
	return append([]byte{}, memory[at:at+size]...), nil
}

func flag(set bool) uint64 {
	if set {
		return 1
	}
	return 0
}
