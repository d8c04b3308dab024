package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/bootstrap"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
)

// TestABinaryWithoutTheEngineMakesItWithoutNode builds what `go install` does, and runs an
// action with it, twice at once: one process makes the engine, and the other waits for it.
func TestABinaryWithoutTheEngineMakesItWithoutNode(t *testing.T) {
	t.Parallel()
	packages, err := bootstrap.Kept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bootstrap.Fetch(t.Context(), locked.Source{Registry: os.Getenv("USHER_NPM_REGISTRY")}, packages); err != nil { // what is not there yet
		t.Fatal(err)
	}
	dir := t.TempDir()
	usher, action := filepath.Join(dir, "usher"), filepath.Join(dir, "action.js")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "noengine", "-o", usher, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	code := `exports.onExecutePostUserRegistration = async (event) => console.log("hello", new Date(0).toLocaleDateString("de-DE"));`
	if err := os.WriteFile(action, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(folder string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), usher, "run", action)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + t.TempDir(), "HOME=" + dir, "USHER_NPM_FOLDER=" + folder}
		return cmd
	}

	if out, err := run(t.TempDir()).CombinedOutput(); err == nil || !strings.Contains(string(out), "usher engine fetch FOLDER") {
		t.Errorf("from an empty folder: %v\n%s", err, out)
	}
	var output [2]bytes.Buffer
	var both [2]*exec.Cmd
	for i := range both {
		both[i] = run(packages)
		both[i].Stdout, both[i].Stderr = &output[i], &output[i]
		if err := both[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, cmd := range both {
		if err := cmd.Wait(); err != nil || !strings.Contains(output[i].String(), "hello 1.1.1970") {
			t.Errorf("%v\n%s", err, output[i].String())
		}
	}
	if all := output[0].String() + output[1].String(); strings.Count(all, "evaluating the JavaScript runtime") != 1 {
		t.Errorf("it was not made once:\n%s", all)
	}
	engines := 0
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, _ error) error {
		if e.Name() == "engine.wasm" {
			engines++
		}
		return nil
	})
	if engines != 1 {
		t.Errorf("%d engines are in the cache", engines)
	}
}
