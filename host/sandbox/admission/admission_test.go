package admission_test

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox/admission"
	"github.com/usherhost/usher/host/sandbox/extism"
	"github.com/usherhost/usher/host/wasmbin"
)

// engine compiles nothing, and returns prepared results of initialisations.
type engine struct {
	snapshot, compiledSnapshot, test, compiledTest admission.Initialised

	ran []string
}

func (e *engine) Compile(context.Context, admission.Unit) error { return nil }

func (e *engine) Initialise(_ context.Context, _ *admission.Artifact, in admission.Initialisation) (admission.Initialised, error) {
	switch {
	case in.Snapshot && !in.Compiled:
		e.ran = append(e.ran, "snapshot")
		return e.snapshot, nil
	case in.Snapshot:
		e.ran = append(e.ran, "compiled snapshot")
		return e.compiledSnapshot, nil
	case !in.Compiled:
		e.ran = append(e.ran, "test run")
		return e.test, nil
	}
	e.ran = append(e.ran, "compiled test run")
	return e.compiledTest, nil
}

// TestAModuleGetsASnapshotOrAReason goes through the results that an
// initialisation can have.
func TestAModuleGetsASnapshotOrAReason(t *testing.T) {
	t.Parallel()
	memory := make([]byte, 3*wasmbin.PageBytes)
	endless := admission.Initialised{Fault: &admission.Fault{Kind: host.FaultLimit, Limit: "fuel"}}
	trap := admission.Initialised{Fault: &admission.Fault{Kind: host.FaultGuest, Message: "trapped"}}
	tainted := admission.Initialised{Taint: "it sleeps"}
	good := admission.Initialised{Memory: memory}
	for name, tt := range map[string]struct {
		engine   engine
		ran      []string
		snapshot bool
		reason   string
		fault    string
	}{
		"deterministic":              {engine{snapshot: good}, []string{"snapshot"}, true, "", ""},
		"too long to interpret":      {engine{snapshot: endless, compiledSnapshot: good}, []string{"snapshot", "compiled snapshot"}, true, "", ""},
		"non-deterministic":          {engine{snapshot: tainted}, []string{"snapshot", "test run"}, false, "it sleeps", ""},
		"trapping":                   {engine{snapshot: trap, test: trap}, []string{"snapshot", "test run"}, false, "trapped", "trapped"},
		"endless":                    {engine{snapshot: endless, compiledSnapshot: endless}, []string{"snapshot", "compiled snapshot"}, false, "it takes too long", "it does not end"},
		"endless in a test run":      {engine{snapshot: tainted, test: endless, compiledTest: endless}, []string{"snapshot", "test run", "compiled test run"}, false, "it sleeps", "it does not end"},
		"endless in its warm-up":     {engine{snapshot: endless, compiledSnapshot: admission.Initialised{WarmedUp: true, Fault: endless.Fault}}, []string{"snapshot", "compiled snapshot", "test run"}, false, "it takes too long", ""},
		"failing for another reason": {engine{snapshot: tainted, test: admission.Initialised{Fault: &admission.Fault{Kind: host.FaultHost}}}, []string{"snapshot", "test run"}, false, "it sleeps", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := &admission.Cache{Dir: t.TempDir()}
			wasm := guests.Wasm("marker")
			a, err := admission.New(admission.Admitter{Cache: cache, Engine: &tt.engine}).Admit(t.Context(), host.Digest(wasm), wasm)
			if err != nil {
				t.Fatal(err)
			}
			if a.Snapshot != tt.snapshot || !strings.Contains(strings.Join(a.Reasons, ""), tt.reason) || !strings.HasPrefix(a.InitFault, tt.fault) ||
				(tt.fault == "") != (a.InitFault == "") {
				t.Errorf("snapshot %v, reasons %q, fault %q", a.Snapshot, a.Reasons, a.InitFault)
			}
			if !slices.Equal(tt.engine.ran, tt.ran) {
				t.Errorf("ran %q, want %q", tt.engine.ran, tt.ran)
			}
			stored := cache.Artifact(host.Digest(wasm))
			if stored == nil || stored.Snapshot != tt.snapshot {
				t.Errorf("stored %+v", stored)
			}
		})
	}
}

// TestModulesAreCheckedBeforeTheEngineSeesThem admits and inspects modules with an
// engine that must not be called.
func TestModulesAreCheckedBeforeTheEngineSeesThem(t *testing.T) {
	t.Parallel()
	ad := admission.New(admission.Admitter{Cache: &admission.Cache{}})
	for name, wasm := range map[string][]byte{
		"text":            []byte("hello"),
		"a linked module": extism.Bundle(guests.Wasm("noop"), []extism.Link{{Name: "usher:meter/v1", Wasm: guests.Wasm("noop")}}),
	} {
		if a, err := ad.Admit(t.Context(), host.Digest(wasm), wasm); err == nil || admission.IsHostFault(err) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		if i := ad.Inspect(wasm, 1<<20, nil); len(i.Problems) == 0 {
			t.Errorf("%s: no problem", name)
		}
	}
	if !admission.IsHostFault(fmt.Errorf("store: %w", &fs.PathError{Op: "open", Err: fs.ErrPermission})) {
		t.Error("a file that can't be written is the module's fault")
	}
}
