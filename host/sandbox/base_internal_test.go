package sandbox

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/admission"
)

// alike is a module: all have the same code, and each an image of its own.
func alike(text string) []byte {
	return bytes.Replace(guests.Wasm("marker"), []byte("what every run begins with"), []byte(text), 1)
}

// inCache opens a sandbox over dir and gives it to use.
func inCache(t *testing.T, dir string, use func(*Sandbox)) {
	t.Helper()
	s, err := Open(t.Context(), Config{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	use(s)
}

// begin loads a module and returns the memory that its runs begin with, and its
// base.
func begin(t *testing.T, s *Sandbox, wasm []byte) (image []byte, base string) {
	t.Helper()
	m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
	if err != nil {
		t.Fatal(err)
	}
	defer m.Release()
	return m.snapshot.imageBytes(), m.snapshot.base.key
}

// basePath returns the file of a base.
func basePath(s *Sandbox, key string) string {
	return filepath.Join(s.config.CacheDir, "artifacts", admission.Version(), "base", filepath.FromSlash(key))
}

// TestAFileThatIsBeingWrittenIsNotABase admits a module while a process stands
// between writing a base and giving it its name.
func TestAFileThatIsBeingWrittenIsNotABase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inCache(t, dir, func(s *Sandbox) {
		_, key := begin(t, s, alike("what every run begins with"))
		folder := filepath.Dir(basePath(s, key))
		whole, half := filepath.Join(folder, "new-1"), filepath.Join(folder, "new-2")
		if err := errors.Join(os.Rename(basePath(s, key), whole), os.WriteFile(half, []byte("half"), 0o600)); err != nil {
			t.Fatal(err)
		}
		if _, base := begin(t, s, alike("what every run begins WITH")); strings.Contains(base, "new-") {
			t.Errorf("it became the base %s", base)
		}
		for _, file := range []string{whole, half} {
			if _, err := os.Stat(file); err != nil {
				t.Errorf("who writes it finds it no more: %v", err)
			}
		}
	})
}

// TestABaseHasTheContentThatItsNameStandsFor gives the file of a base the bytes of another,
// between two starts of the host.
func TestABaseHasTheContentThatItsNameStandsFor(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), t.TempDir()
	contents := []string{"what every run begins with", "what every run begins WITH", "WHAT EVERY RUN BEGINS WITH"}
	var want [][]byte
	var foreign string
	inCache(t, other, func(s *Sandbox) {
		_, key := begin(t, s, alike("the secret of another owner"[:26]))
		foreign = basePath(s, key)
	})
	var path string
	inCache(t, dir, func(s *Sandbox) {
		for _, text := range contents {
			image, key := begin(t, s, alike(text))
			want, path = append(want, image), basePath(s, key)
		}
	})
	bytesOf, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytesOf, 0o600); err != nil {
		t.Fatal(err)
	}
	inCache(t, dir, func(s *Sandbox) {
		for n, text := range contents {
			if image, _ := begin(t, s, alike(text)); !bytes.Equal(image, want[n]) {
				t.Errorf("module %d begins with another memory", n)
			}
		}
	})
}

// TestProcessesOverOneCacheAdmitAtOnce admits modules of the same code in many
// sandboxes, which know nothing of each other.
func TestProcessesOverOneCacheAdmitAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			inCache(t, dir, func(s *Sandbox) {
				for n := range 5 {
					wasm := append(alike("what every run begins with"), 0, 4, 1, 'n', byte(n), byte(g))
					m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
					if err != nil {
						t.Errorf("sandbox %d, module %d: %v", g, n, err)
						return
					}
					m.Release()
				}
			})
		})
	}
	wait.Wait()
}
