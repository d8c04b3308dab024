// Package dist holds the JavaScript engine with the runtime in its memory, the runtime's
// further parts, the languages and time zones that builds add, and the licenses of all of
// it: embedded in this binary by `task engine`, or as package bootstrap made it later.
package dist

import (
	"errors"
	"io/fs"
	"sync/atomic"

	"github.com/usherhost/usher/host"
)

// ErrNoEngine is the cause of every error of a process that has no JavaScript engine.
var ErrNoEngine = errors.New("no JavaScript engine")

// noEngine is the error of a process that needs the engine before it was made.
var noEngine = Missing(&host.Error{
	Code: host.Unavailable, Text: "this usher has no JavaScript engine yet",
	Hint: "run 'usher engine make'",
})

// Missing returns a problem that [ErrNoEngine] is the cause of.
func Missing(problem *host.Error) error { return missing{problem} }

type missing struct{ problem *host.Error }

func (m missing) Error() string   { return m.problem.Error() }
func (m missing) Unwrap() []error { return []error{m.problem, ErrNoEngine} }

// madeFiles are those that [Use] was called with.
var madeFiles atomic.Pointer[fs.FS]

// Use makes a binary without an embedded engine take what is in this folder. What was
// read before stays as it was.
func Use(made fs.FS) { madeFiles.Store(&made) }

// Embedded reports whether the engine is embedded in this binary.
func Embedded() bool {
	_, err := fs.Stat(files, "engine.wasm") // `task engine` may not have been run
	return err == nil
}

// Engine returns the engine's module, with the runtime in its memory. The only
// error is [ErrNoEngine], as in the other functions.
func Engine() ([]byte, error) { return read("engine.wasm") }

// Parts returns the list of the runtime's parts that the engine's memory does
// not hold, in JSON.
func Parts() ([]byte, error) { return read("parts.json") }

// Chunk returns the bytecode of a script that parts name.
func Chunk(name string) ([]byte, error) { return read("parts/" + name) }

// Intl returns the archive of languages and time zones.
func Intl() ([]byte, error) { return read("intl.zip") }

func read(name string) ([]byte, error) {
	if content, err := files.ReadFile(name); err == nil {
		return content, nil
	}
	made := madeFiles.Load()
	if made == nil {
		return nil, noEngine
	}
	content, err := fs.ReadFile(*made, name)
	if err != nil {
		return nil, noEngine
	}
	return content, nil
}
