package callstack

import (
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
)

// TestAnAttachedStackEndsARecursion fails when the engine no longer uses the stack
// that it is given, or has another ceiling for one that it may double.
func TestAnAttachedStackEndsARecursion(t *testing.T) {
	t.Parallel()
	h := recursion(t, wazero.NewRuntimeConfigCompiler())
	s, err := NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Attach(h.Calls, MaxBytes); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Call(t.Context()); err == nil || !strings.Contains(err.Error(), "stack overflow") {
		t.Errorf("error %v", err)
	}
	if got := s.Bytes(); got < MaxBytes*9/10 || got > MaxBytes+2*stackSlack {
		t.Errorf("%d bytes were used, of %d", got, MaxBytes)
	}
}
