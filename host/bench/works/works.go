// Package works holds the guests that are measured, and runs them as the host
// does. ../guests/build makes them.
package works

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host/bench/testdata"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// Entry is what every guest exports.
const Entry = "onExecutePostUserRegistration"

// Names are all works, the cheapest first.
var Names = []string{"tiny", "echo", "heap", "assemblyscript", "engine", "go", "go-warm"}

// ErrNotBuilt says that a work's guest is one of those that are not committed,
// and could not be built.
var ErrNotBuilt = errors.New("its guest can't be built")

// Wasm returns the module of a work. One that is not committed is built the
// first time; the error is [ErrNotBuilt] when it can't be.
func Wasm(name string) ([]byte, error) {
	if wasm, err := testdata.Small.ReadFile(name + ".wasm"); err == nil {
		return wasm, nil
	}
	root, err := root()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(root, "host", "bench", "testdata", "build", name+".wasm")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := build(root, name); err != nil {
			return nil, err
		}
	}
	return os.ReadFile(path)
}

// Each calls f with the works among names that were built, and prints on stderr
// which are not.
func Each(names []string, f func(name string, wasm []byte) error) error {
	for _, name := range names {
		wasm, err := Wasm(name)
		if errors.Is(err, ErrNotBuilt) {
			fmt.Fprintf(os.Stderr, "bench: work %s is left out: %v\n", name, err)
			continue
		}
		if err == nil {
			err = f(name, wasm)
		}
		if err != nil {
			return fmt.Errorf("work %s: %w", name, err)
		}
	}
	return nil
}

// root returns the checkout that the working directory is in.
func root() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "host", "bench", "guests", "build")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", errors.New("run it in a checkout of the repository")
		}
		at = filepath.Dir(at)
	}
}

// Input returns what a guest reads: an event of about 1.5 KB, composed as the
// host does.
func Input() []byte {
	return fmt.Appendf(nil, `{"event":%s,"execution":{"id":"exe_1","action":"","version":"","binding_id":"","attempt":1}}`, hosttest.Event(1).Body)
}
