package replaytest_test

import (
	"context"
	"testing"

	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/internal/replaytest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/sandbox"
)

// TestTheInterpreterReplaysWhatTheCompilerRan: the two engines have no code in common.
func TestTheInterpreterReplaysWhatTheCompilerRan(t *testing.T) {
	t.Parallel()
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Code: []byte(program)})
	if err != nil {
		t.Fatal(err)
	}
	second, err := sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions(), Interpreter: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = second.Close(context.Background()) })
	random(t)
	for n := range *cases / 10 {
		g := newGenerator(n)
		r, run, result, tape := g.run(t, kit, built.Module, n)
		r.Sandbox = second
		replaytest.Same(t, r, run, result, tape)
	}
}
