package jsbuild_test

import (
	"os"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

func TestMain(m *testing.M) {
	child.Main(jsbuild.Task(guest.Functions())) // this binary is the child of its own tests
	os.Exit(jstest.Main(m))
}

// anyHandler is the least that an action needs.
const anyHandler = "exports.onExecutePostUserRegistration = async function handler(event, api) {};\n"

// deps is the list of dependencies "NAME@VERSION".
func deps(list ...string) []host.Dependency {
	var all []host.Dependency
	for _, d := range list {
		at := strings.LastIndex(d, "@")
		all = append(all, host.Dependency{Name: d[:at], Version: d[at+1:]})
	}
	return all
}

// run builds an action and runs it once, in the real engine.
func run(t *testing.T, source string, settings jstest.Run) (host.Result, host.Tape) {
	t.Helper()
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(source)})
	if err != nil {
		t.Fatal(err)
	}
	result, tape, err := kit.Run(t.Context(), built.Module, settings)
	if err != nil {
		t.Fatal(err)
	}
	return result, tape
}
