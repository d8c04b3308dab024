package sandbox_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

func TestArtifactsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := bytes.Replace(guests.Wasm("marker"), []byte("what every run begins with"), []byte("what every run begins WITH"), 1)
	modules := [][]byte{guests.Wasm("init"), guests.Wasm("marker"), other}
	never := func() ([]byte, error) { return nil, errors.New("asked for the module again") }
	runAll := func(load func(wasm []byte) func() ([]byte, error), tries int) {
		t.Helper()
		s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: dir, Functions: functions()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close(context.Background()) }()
		for _, wasm := range modules {
			for _, isolation := range isolations {
				runWithin(t, s, wasm, isolation, load(wasm), tries)
			}
		}
	}
	there := func(wasm []byte) func() ([]byte, error) { return func() ([]byte, error) { return wasm, nil } }
	gone := func([]byte) func() ([]byte, error) { return never }
	runAll(there, 1)
	runAll(gone, 1)
	for _, kind := range []string{"module/*", "code/*", "fresh/*", "plain/*", "base/*/*"} {
		files, _ := filepath.Glob(filepath.Join(dir, "artifacts", "*", kind))
		if len(files) == 0 {
			t.Fatalf("there is no file %s", kind)
		}
		for _, harm := range []func(*testing.T, string){damage, truncate, remove} {
			for _, file := range files {
				harm(t, file)
			}
			runAll(there, 2) // damaged files are made again
			runAll(gone, 1)
		}
	}
}

// runWithin runs a module that is loaded for this run. It must succeed within a
// number of tries.
func runWithin(t *testing.T, s *sandbox.Sandbox, wasm []byte, isolation host.Isolation, load func() ([]byte, error), tries int) {
	t.Helper()
	var out sandbox.Outcome
	for range tries {
		m, err := s.Module(t.Context(), host.Digest(wasm), load)
		if err != nil {
			t.Fatal(err)
		}
		r := request("\x00")
		r.Isolation, r.Limits.TimeoutMillis = isolation, 60_000
		out = m.Run(t.Context(), r)
		m.Release()
		if out.Fault == nil {
			return
		}
	}
	t.Errorf("%s: fault %v", isolation, out.Fault)
}

func remove(t *testing.T, file string) {
	t.Helper()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

// TestLeftoversAreDeletedWhenASandboxOpens leaves the files of an older
// version, and those of a process that is killed while it writes.
func TestLeftoversAreDeletedWhenASandboxOpens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	artifacts := filepath.Join(dir, "artifacts")
	reopen := func() {
		s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: dir, Functions: functions()})
		if err != nil {
			t.Fatal(err)
		}
		load(t, s, guests.Wasm("marker"))
		if err := s.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	reopen()
	bases, _ := filepath.Glob(filepath.Join(artifacts, "*", "base", "*"))
	if len(bases) != 1 {
		t.Fatalf("the bases are in %q", bases)
	}
	made := filepath.Dir(filepath.Dir(bases[0]))
	old := []string{
		filepath.Join(artifacts, "5-v1.12.0", "code", "key"), filepath.Join(artifacts, "digest-4-v1.12.0"),
		filepath.Join(made, "module", "new-1"), filepath.Join(bases[0], "new-2"),
	}
	young := filepath.Join(made, "code", "new-3")
	for _, file := range append(old, young) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte("half"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if when := time.Now().Add(-2 * time.Hour); file != young {
			if err := os.Chtimes(file, when, when); err != nil {
				t.Fatal(err)
			}
		}
	}
	reopen()
	for _, file := range old {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", file, err)
		}
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("a file that is being written: %v", err)
	}
}

func truncate(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err == nil {
		err = os.Truncate(file, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// damage changes a bit in the middle of a file.
func damage(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
