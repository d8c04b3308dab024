package sandbox

import (
	"bytes"
	"context"
	"testing"

	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/wasmbin"
)

// TestModulesEqualButForTheirDataShareTheirCode loads modules that differ in a
// data segment and in the size of their memory only.
func TestModulesEqualButForTheirDataShareTheirCode(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	one := guests.Wasm("marker")
	other := bytes.Replace(one, []byte("what every run begins with"), []byte("what one run begins with!!"), 1)
	larger, err := wasmbin.Rewrite(one, wasmbin.Options{State: &wasmbin.State{Pages: 40, Memory: []byte{1}}})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, wasm := range [][]byte{one, other, larger.Wasm} {
		m, err := s.Module(t.Context(), Digest(wasm), func() ([]byte, error) { return wasm, nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Release)
		keys = append(keys, m.kept.key)
	}
	if keys[0] != keys[1] || keys[0] != keys[2] || len(s.codes) != 1 || s.codes[keys[0]].users != 3 {
		t.Errorf("%d codes are loaded", len(s.codes))
	}
}
