package jsbuild_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild"
)

// openKit returns what the tests of this package build and run actions with.
var openKit = sync.OnceValues(func() (*jstest.Kit, error) {
	kit, err := jstest.Open(context.Background())
	opened = kit
	return kit, err
})

var opened *jstest.Kit

func TestMain(m *testing.M) {
	child.Main(jsbuild.Task(guest.Functions())) // this binary is the child of its own tests
	code := m.Run()
	if opened != nil {
		if err := opened.Close(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// run builds an action and runs it once, in the real engine.
func run(t *testing.T, source string, settings jstest.Run) (host.Result, host.Tape) {
	t.Helper()
	kit, err := openKit()
	if err != nil {
		t.Fatal(err)
	}
	built, err := kit.Builder.Build(t.Context(), jsbuild.Source{Name: "action.js", Code: []byte(source)})
	if err != nil {
		t.Fatal(err)
	}
	result, tape, err := kit.Run(t.Context(), built.Module, settings)
	if err != nil {
		t.Fatal(err)
	}
	return result, tape
}
