package jsbuild

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

//go:embed all:dist
var dist embed.FS

// ErrNoEngine says that this binary was built without the JavaScript engine.
var ErrNoEngine = &host.Error{
	Code: host.Unavailable, Text: "this usher was built without the JavaScript engine",
	Hint: "run 'task engine' in usher's source (it needs npm), build usher again, and use that binary",
}

// Engine returns the engine's module with the runtime in its memory, or
// [ErrNoEngine].
func Engine() ([]byte, error) {
	wasm, err := dist.ReadFile("dist/engine.wasm")
	if err != nil {
		return nil, ErrNoEngine
	}
	return wasm, nil
}

// engineLimits bound each instance of the engine that a build works with.
var engineLimits = host.Limits{TimeoutMillis: 30_000, Fuel: 60_000_000_000, MemoryBytes: 256 << 20}

// engine is an instance of the engine, in which a build compiles or evaluates.
type engine struct {
	bench *sandbox.Session
}

// open makes an instance of the engine as it is in the workshop.
func open(ctx context.Context, w *sandbox.Snapshotter) (*engine, error) {
	bench, err := w.Session(ctx, engineLimits)
	if err != nil {
		return nil, err
	}
	return &engine{bench: bench}, nil
}

// Thrown is an error that JavaScript code threw during a build.
type Thrown struct {
	Name    string `json:"name"`
	Message string `json:"message"`
	Code    string `json:"code"`
	Stack   string `json:"stack"`
}

// Error returns the error as JavaScript prints it.
func (t *Thrown) Error() string { return t.Name + ": " + t.Message }

// call calls an export with each block's address and size and then the words
// as its arguments. It returns the engine's answer, or what it threw.
func (e *engine) call(export string, block []byte, words ...uint64) ([]byte, error) {
	var args []uint64
	if block != nil {
		at, err := e.put(block)
		if err != nil {
			return nil, err
		}
		args = append(args, at, uint64(len(block)))
	}
	ok, err := e.bench.Call(export, append(args, words...)...)
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

// put copies a block into the engine's memory, which takes it over.
func (e *engine) put(block []byte) (uint64, error) {
	at, err := e.bench.Call("usher_alloc", uint64(len(block)))
	if err != nil {
		return 0, err
	}
	copy(e.bench.Memory()[at:], block)
	return at, nil
}

func (e *engine) answer() ([]byte, error) {
	packed, err := e.bench.Call("usher_answer")
	if err != nil {
		return nil, err
	}
	at, size := packed>>32, packed&0xffffffff
	memory := e.bench.Memory()
	if at+size > uint64(len(memory)) {
		return nil, errors.New("the engine's answer is outside its memory")
	}
	return append([]byte{}, memory[at:at+size]...), nil
}

// compile turns a script into bytecode without its source. Stacks name its
// lines when lines is 1, and not even the script when it is 0.
func (e *engine) compile(script []byte, name string, lines uint64) ([]byte, error) {
	at, err := e.put(append([]byte(name), 0))
	if err != nil {
		return nil, err
	}
	return e.call("usher_compile", script, at, lines)
}
