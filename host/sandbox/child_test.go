package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

func TestMain(m *testing.M) {
	child.Main(sandbox.Admission(functions())) // this binary is the child of its own tests
	goleak.VerifyTestMain(m)
}

func openWithChild(t *testing.T, child ...string) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: functions(), Child: child})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func TestAModuleIsAdmittedInASubprocess(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := openWithChild(t, self)
	if out := load(t, s, guests.Wasm("echo")).Run(t.Context(), request("hello")); out.Fault != nil || string(out.Output) != "hello" {
		t.Errorf("output %q, fault %v", out.Output, out.Fault)
	}
	bad := append(append([]byte{}, guests.Wasm("noop")[:len(guests.Wasm("noop"))-4]...), 2, 0, 0x0b, 0x0b) // code that does not validate
	in, _, err := s.Inspect(t.Context(), bad, entry)
	if err != nil || len(in.Problems) == 0 {
		t.Errorf("inspection %+v, %v", in, err)
	}
}

func TestAProcessThatDiesOverAModuleCostsItsUploaderAnError(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ script, says string }{
		"killed":         {"kill -9 $$", "admit module: the process ended with signal: killed"},
		"silent":         {"exit 0", "wrote no valid answer"},
		"over its limit": {"echo stack overflow >&2; exit 2", "compiling the module took more than 128 MiB of stack: it is too complex"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, _, err := openWithChild(t, "/bin/sh", "-c", tt.script).Inspect(t.Context(), guests.Wasm("echo"), entry)
			if err != nil || len(in.Problems) != 1 || !strings.Contains(in.Problems[0].Detail, tt.says) {
				t.Errorf("inspection %+v, %v", in.Problems, err)
			}
		})
	}
}

func TestAFullDiskIsNotTheModulesFault(t *testing.T) {
	t.Parallel()
	full := openWithChild(t, "/bin/sh", "-c", `echo '{"fault":"no space left on device"}'`)
	if in, _, err := full.Inspect(t.Context(), guests.Wasm("echo"), entry); err == nil || !strings.Contains(err.Error(), "no space left on device") || len(in.Problems) > 0 {
		t.Errorf("inspection %+v, %v", in.Problems, err)
	}
}

func TestACacheThatCantBeWrittenIsNotTheModulesFault(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: dir, Functions: functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	engines, err := filepath.Glob(filepath.Join(dir, "wazero-*"))
	if err != nil || len(engines) != 1 {
		t.Fatalf("engines' caches %q, %v", engines, err)
	}
	if err := os.RemoveAll(engines[0]); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(engines[0], nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if in, _, err := s.Inspect(t.Context(), guests.Wasm("echo"), entry); err == nil || len(in.Problems) > 0 {
		t.Errorf("inspection %+v, %v", in.Problems, err)
	}
}

// TestAModuleThatCompilesSlowlyKeepsItsUploaderWaitingAlone has one uploader send
// two modules that take for ever, and then another one send one.
func TestAModuleThatCompilesSlowlyKeepsItsUploaderWaitingAlone(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := openWithChild(t, "/bin/sh", "-c", fmt.Sprintf(`
		cd %q; cat >$$.wasm
		if grep -q slow-module $$.wasm; then echo $$ >>slow; while [ ! -e go ]; do sleep 0.02; done; fi
		exec %q <$$.wasm`, dir, self))
	slow := func(n byte) []byte { return wasmSectionOf(guests.Wasm("noop"), "slow-module", n) }
	by := func(key string) context.Context {
		return host.WithActor(t.Context(), host.Actor{Kind: "key", ID: key})
	}
	var waiting sync.WaitGroup
	for n := range byte(2) {
		waiting.Go(func() {
			if in, _, err := s.Inspect(by("one"), slow(n), entry); err != nil || len(in.Problems) > 0 {
				t.Errorf("a slow one: %+v, %v", in.Problems, err)
			}
		})
	}
	slowOnes := func() int {
		text, _ := os.ReadFile(filepath.Join(dir, "slow"))
		return strings.Count(string(text), "\n")
	}
	for slowOnes() == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	if in, _, err := s.Inspect(by("other"), guests.Wasm("noop"), entry); err != nil || len(in.Problems) > 0 {
		t.Errorf("%+v, %v", in.Problems, err)
	}
	if n := slowOnes(); n != 1 {
		t.Errorf("%d modules of one uploader are compiled at once, want 1", n)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	waiting.Wait()
}

// wasmSectionOf appends a custom section to a module.
func wasmSectionOf(wasm []byte, name string, content byte) []byte {
	return append(slices.Clone(wasm), slices.Concat([]byte{0, byte(len(name) + 2)}, wasmText(name), []byte{content})...)
}
