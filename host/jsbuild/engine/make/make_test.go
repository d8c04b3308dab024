package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/engine"
	"github.com/usherhost/usher/host/sandbox"
)

// makeEngine makes the engine from what is in the source tree.
func makeEngine(t *testing.T, dir string) []byte {
	t.Helper()
	linked, err := link(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := bundleRuntime(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Open(t.Context(), sandbox.Config{Functions: imports()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	made, err := engine.NewMaker(t.Context(), s, linked)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	scripts := [][]byte{[]byte(loader)}
	for _, name := range inOrder(chunks, "main", nil) {
		scripts = append(scripts, chunks[name].script)
	}
	wasm, err := made.Engine(t.Context(), scripts)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func TestTheEngineIsMadeTheSameEachTime(t *testing.T) {
	t.Parallel()
	dir, err := home()
	if err != nil {
		t.Fatal(err)
	}
	first, again := makeEngine(t, dir), makeEngine(t, dir)
	if !bytes.Equal(first, again) {
		t.Errorf("the engine was made twice, with %d and %d bytes that differ", len(first), len(again))
	}
	for _, name := range []string{"JS_ParseJSON", "post_user_registration"} { // profiles show them
		if !bytes.Contains(first, []byte(name)) {
			t.Errorf("the engine does not name %s", name)
		}
	}
}

// TestTheGlueIsWhatItsSourceMakes needs the compiler that the committed module
// was made with; without it there is nothing to compare.
func TestTheGlueIsWhatItsSourceMakes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("clang-19"); err != nil {
		t.Log("clang-19 is not installed: glue.wasm is not compared with glue.c")
		return
	}
	dir, err := home()
	if err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(t.TempDir(), "glue.wasm")
	if out, err := exec.CommandContext(t.Context(), filepath.Join(dir, "engine", "glue", "build"), made).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "engine", "glue", "glue.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("glue.wasm is not what glue.c makes: run host/jsbuild/engine/glue/build and commit both")
	}
}
