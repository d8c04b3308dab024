// Package dist holds what `task engine` makes for this binary to embed: the
// JavaScript engine with the runtime in its memory, the runtime's further
// parts, and the languages and time zones that builds add. None of it is
// committed, so a binary may have been built without it.
package dist

import (
	"embed"

	"github.com/usherhost/usher/host"
)

//go:embed all:*
var files embed.FS

// ErrNoEngine is the error of a binary that was built without the JavaScript
// engine.
var ErrNoEngine = &host.Error{
	Code: host.Unavailable, Text: "this usher was built without the JavaScript engine",
	Hint: "run 'task engine' in usher's source (it needs npm), build usher again, and use that binary",
}

// Engine returns the engine's module, with the runtime in its memory. The only
// error is [ErrNoEngine].
func Engine() ([]byte, error) { return read("engine.wasm") }

// Parts returns the list of the runtime's parts that the engine's memory does
// not hold, in JSON. The only error is [ErrNoEngine].
func Parts() ([]byte, error) { return read("parts.json") }

// Chunk returns the bytecode of a script that parts name. The only error is
// [ErrNoEngine].
func Chunk(name string) ([]byte, error) { return read("parts/" + name) }

// Intl returns the archive of languages and time zones. The only error is
// [ErrNoEngine].
func Intl() ([]byte, error) { return read("intl.zip") }

func read(name string) ([]byte, error) {
	content, err := files.ReadFile(name)
	if err != nil { // it is not there: an embedded file can always be read
		return nil, ErrNoEngine
	}
	return content, nil
}
