package client_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const senderProgram = `package main

import (
	"context"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/client"
)

func main() {
	_, _ = client.NewClient("http://127.0.0.1:8080", "usher_…").SendEvent(context.Background(), host.PostUserRegistration, nil, "")
}
`

// A module that imports the client builds without any other module: the module cache
// is empty, and nothing may be fetched.
func TestAnotherModuleNeedsNothingElse(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), senderProgram)
	write(t, filepath.Join(dir, "go.mod"), "module example.com/app\n\ngo 1.26\n\n"+
		"require github.com/usherhost/usher v0.0.0\n\nreplace github.com/usherhost/usher => "+root+"\n")
	build := exec.Command("go", "build", "-modcacherw", "-o", os.DevNull, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "GOMODCACHE="+filepath.Join(dir, "modules"))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	after, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(after), "// indirect"); got != 0 {
		t.Errorf("the module needs %d others:\n%s", got, after)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
