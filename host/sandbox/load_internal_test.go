package sandbox

import (
	"context"
	"os"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/wasmbin"
)

// TestAModuleThatCantBeLoadedLeavesNothingBehind loads an artifact with an
// image whose code the engine refuses.
func TestAModuleThatCantBeLoadedLeavesNothingBehind(t *testing.T) {
	s, err := Open(t.Context(), Config{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	wasm := guests.Wasm("marker")
	digest := host.Digest(wasm)
	a, err := s.admitter.Admit(t.Context(), digest, wasm)
	if err != nil {
		t.Fatal(err)
	}
	good, err := wasmbin.Rewrite(wasm, wasmbin.Options{Meter: true})
	if err != nil {
		t.Fatal(err)
	}
	a.LinkNames, a.Links = []string{"good", "bad"}, []admission.Unit{admission.NewUnit(good), admission.NewUnit(&wasmbin.Rewritten{Wasm: []byte("not a module")})}
	if err := s.artifacts.Store(digest, a); err != nil {
		t.Fatal(err)
	}
	before := openFiles(t)
	if m, err := s.Module(t.Context(), digest, nil); err == nil {
		m.Release()
		t.Fatal("it was loaded")
	}
	if len(s.codes) != 0 {
		t.Errorf("%d codes are still loaded", len(s.codes))
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d files are open, %d were", after, before)
	}
}

// openFiles counts the open files of this process, images among them; 0 where
// the system does not report them.
func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(files)
}
