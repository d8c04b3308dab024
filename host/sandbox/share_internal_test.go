package sandbox

import (
	"bytes"
	"context"
	"testing"

	"github.com/usherhost/usher/host/internal/guests"
)

// TestModulesEqualButForTheirDataShareTheirCode loads two modules that differ
// in a data segment only.
func TestModulesEqualButForTheirDataShareTheirCode(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	one := guests.Wasm("marker")
	other := bytes.Replace(one, []byte("what every run begins with"), []byte("what one run begins with!!"), 1)
	var keys []string
	for _, wasm := range [][]byte{one, other} {
		m, err := s.Module(t.Context(), Digest(wasm), func() ([]byte, error) { return wasm, nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Release)
		keys = append(keys, m.kept.key)
	}
	if keys[0] != keys[1] || len(s.codes) != 1 || s.codes[keys[0]].users != 2 {
		t.Errorf("%d codes are loaded", len(s.codes))
	}
}
