package author

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/usherhost/usher/host/desired"
)

func TestModuleIsStaleWhenItsSourceIsNewer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := &desired.File{Module: "a.wasm", Dir: dir}
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, want bool) {
		t.Helper()
		if got, err := isStale(f); err != nil || got != want {
			t.Errorf("%s: stale %v (%v), want %v", when, got, err, want)
		}
	}
	write("main.go")
	check("without a module", true)
	write("a.wasm")
	past := mtime(t, filepath.Join(dir, "a.wasm")).Add(-1e9)
	if err := os.Chtimes(filepath.Join(dir, "main.go"), past, past); err != nil {
		t.Fatal(err)
	}
	check("with an older source", false)
	if err := os.Chtimes(filepath.Join(dir, "a.wasm"), past.Add(-1e9), past.Add(-1e9)); err != nil {
		t.Fatal(err)
	}
	check("with a newer source", true)
}

func mtime(t *testing.T, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}
