package sandbox

import (
	"bytes"
	"context"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/wasmbin"
)

// TestModulesEqualButForTheirDataShareTheirCodeAndImage loads modules that differ in a
// data segment and in the size of their memory only, and one that has nothing
// else in its memory.
func TestModulesEqualButForTheirDataShareTheirCodeAndImage(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	one := guests.Wasm("marker")
	other := bytes.Replace(one, []byte("what every run begins with"), []byte("what every run begins WITH"), 1)
	larger, err := wasmbin.Rewrite(one, wasmbin.Options{State: &wasmbin.State{Pages: 40, Memory: []byte{1}}})
	if err != nil {
		t.Fatal(err)
	}
	var keys, bases []string
	for _, wasm := range [][]byte{one, other, larger.Wasm} {
		m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Release)
		keys, bases = append(keys, m.codes.reset.key), append(bases, m.snapshot.base.key)
	}
	if keys[0] != keys[1] || keys[0] != keys[2] || len(s.codes) != 1 || s.codes[keys[0]].users != 3 {
		t.Errorf("%d codes are loaded", len(s.codes))
	}
	if bases[0] != bases[1] || bases[0] == bases[2] || len(s.bases) != 2 || s.bases[bases[0]].users != 2 {
		t.Errorf("the bases are %q", bases)
	}
}

// TestABaseIsFreedWithItsLastModule releases the modules one after another.
func TestABaseIsFreedWithItsLastModule(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{CacheDir: t.TempDir(), IdleBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	var modules []*Module
	for i := range 3 {
		wasm := append(append([]byte{}, guests.Wasm("marker")...), 0, 3, 1, 'n', byte(i))
		m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
		if err != nil {
			t.Fatal(err)
		}
		modules = append(modules, m)
	}
	for n, m := range modules {
		if len(s.bases) != 1 || s.bases[m.snapshot.base.key].users != len(modules)-n {
			t.Fatalf("with %d modules there are bases %v", len(modules)-n, s.bases)
		}
		m.Release()
	}
	if len(s.bases) != 0 || s.IdleBytes() != 0 {
		t.Errorf("bases %v and %d bytes are left", s.bases, s.IdleBytes())
	}
}
