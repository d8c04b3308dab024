package callstack

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/usherhost/usher/host/internal/guests"
)

// recursion returns the export of a guest that calls itself without end, or up to
// a limit of the engine.
func recursion(t *testing.T, config wazero.RuntimeConfig) Handle {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), config)
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	m, err := r.Instantiate(t.Context(), guests.Wasm("recursion"))
	if err != nil {
		t.Fatal(err)
	}
	h, found := HandleOf(m, "onExecutePostUserRegistration")
	if !found {
		t.Fatal("the guest has no entry")
	}
	return h
}

// TestTheEngineHasTheExpectedFields fails when an upgrade of wazero has renamed or
// moved the private fields that [Calls] points to. Then guests run with the
// engine's own stacks: adapt layoutOf, and engineCeiling if that has changed.
func TestTheEngineHasTheExpectedFields(t *testing.T) {
	t.Parallel()
	h := recursion(t, wazero.NewRuntimeConfigCompiler())
	if h.Calls == nil {
		t.Fatalf("%T has not the fields stack, stackTop and execCtx as expected", h.Function)
	}
	if h.Bytes() == 0 || h.Calls.Depth() != 0 || h.Calls.Frames() != 0 {
		t.Errorf("before the first call: %d bytes, depth %d, %d frames", h.Bytes(), h.Calls.Depth(), h.Calls.Frames())
	}
}

// TestWithoutTheFieldsGuestsRunWithTheEnginesStacks calls functions of another
// structure: the fallback.
func TestWithoutTheFieldsGuestsRunWithTheEnginesStacks(t *testing.T) {
	t.Parallel()
	h := recursion(t, wazero.NewRuntimeConfigInterpreter())
	if h.Calls != nil {
		t.Fatalf("%T has the fields of the compiler's", h.Function)
	}
	if _, err := h.Call(t.Context()); err == nil || !strings.Contains(err.Error(), "stack overflow") {
		t.Errorf("error %v", err)
	}
	if h.Bytes() != 0 || h.Calls.Depth() != 0 || h.Calls.Frames() != 0 {
		t.Errorf("%d bytes, depth %d, %d frames are reported", h.Bytes(), h.Calls.Depth(), h.Calls.Frames())
	}
}

func TestALayoutNeedsEveryFieldWithItsType(t *testing.T) {
	t.Parallel()
	type context struct {
		stackBottomPtr           *byte
		stackPointerBeforeGoCall *uint64
		framePointerBeforeGoCall uintptr
	}
	for name, tt := range map[string]struct {
		like any
		ok   bool
	}{
		"the expected one": {struct {
			stack    []byte
			stackTop uintptr
			execCtx  context
		}{execCtx: context{nil, nil, 0}}, true},
		"a stack of another type": {struct {
			stack    string
			stackTop uintptr
			execCtx  context
		}{}, false},
		"no top": {struct {
			stack   []byte
			execCtx context
		}{}, false},
		"a context elsewhere": {struct {
			stack    []byte
			stackTop uintptr
			execCtx  *context
		}{}, false},
		"nothing": {struct{}{}, false},
	} {
		if got := layoutOf(reflect.TypeOf(tt.like)); (got != nil) != tt.ok {
			t.Errorf("%s: layout %v", name, got)
		}
	}
}

var _ api.Function = Handle{}
