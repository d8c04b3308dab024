package sandbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// inspect returns what Inspect finds wrong, and what it warns of.
func inspect(t *testing.T, s *sandbox.Sandbox, wasm []byte) (problems, warnings string) {
	t.Helper()
	in, _, err := s.Inspect(t.Context(), wasm, entry)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(in.Problems), fmt.Sprint(in.Warnings)
}

// importing is a module that imports a function without parameters, and has an
// entry.
func importing(module, name string) []byte {
	out := wasmSection([]byte("\x00asm\x01\x00\x00\x00"), 1, []byte{0x60, 0, 0}, []byte{0x60, 0, 1, 0x7f})
	out = wasmSection(out, 2, slices.Concat(wasmText(module), wasmText(name), []byte{0, 0}))
	out = wasmSection(out, 3, []byte{1})
	out = wasmSection(out, 7, append(wasmText(entry), 0, 1))
	return wasmSection(out, 10, []byte{4, 0, 0x41, 0, 0x0b})
}

func TestAnImportThatIsNotServedHasAHint(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, tt := range []struct{ module, name, hint string }{
		{"env", "abort", "asc --use abort="},
		{"env", "console.log", "AssemblyScript"},
		{"env", "emscripten_resize_heap", "-sSTANDALONE_WASM"},
		{"env", "__cxa_throw", "-sSTANDALONE_WASM"},
		{"env", "invoke_vi", "-sSTANDALONE_WASM"},
		{"env", "__wasm_longjmp", "-fno-exceptions"},
		{"env", "sqlite3_open", "not linked"},
		{"a", "b", "-sSTANDALONE_WASM"},
		{"GOT.mem", "x", "statically"},
		{"__wbindgen_placeholder__", "__wbindgen_throw", "without wasm-bindgen"},
		{"wbg", "__wbg_now_1", "without wasm-bindgen"},
		{"./app_bg.js", "__wbindgen_throw", "without wasm-bindgen"},
		{"gojs", "runtime.wasmExit", "GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared"},
		{"go", "debug", "-buildmode=c-shared"},
		{"wasi_unstable", "fd_write", "wasm32-wasip1"},
		{"wasi:cli/environment@0.2.0", "get-environment", "wasm32-wasip1, not wasm32-wasip2"},
		{"wasi:http/outgoing-handler@0.2.0", "handle", "http_send"},
		{"wasi_snapshot_preview1", "sock_open", "no sockets"},
		{"wasi", "thread-spawn", "without -pthread"},
		{"wasi_nn", "load", "extension of WASI"},
		{"wasm:js-string", "length", "JavaScript engines"},
		{"extism:host/user", "my_own", "usher:host/v1"},
		{"extism:host/env", "launch_missiles", "proto/abi"},
		{"elsewhere", "f", "served are"},
	} {
		problems, _ := inspect(t, s, importing(tt.module, tt.name))
		if !strings.Contains(problems, fmt.Sprintf("%q.%q", tt.module, tt.name)) || !strings.Contains(problems, tt.hint) {
			t.Errorf("%s %s: %s, want a hint with %q", tt.module, tt.name, problems, tt.hint)
		}
	}
}

func TestEmscriptensNoticeOfGrowthIsServed(t *testing.T) {
	t.Parallel()
	out := wasmSection([]byte("\x00asm\x01\x00\x00\x00"), 1, []byte{0x60, 1, 0x7f, 0}, []byte{0x60, 0, 1, 0x7f})
	out = wasmSection(out, 2, slices.Concat(wasmText("env"), wasmText("emscripten_notify_memory_growth"), []byte{0, 0}))
	out = wasmSection(out, 3, []byte{1})
	out = wasmSection(out, 7, append(wasmText(entry), 0, 1))
	out = wasmSection(out, 10, []byte{8, 0, 0x41, 0, 0x10, 0, 0x41, 0, 0x0b})
	s := open(t)
	if problems, _ := inspect(t, s, out); problems != "[]" {
		t.Errorf("problems %s", problems)
	}
	if o := load(t, s, out).Run(t.Context(), request("")); o.Fault != nil {
		t.Errorf("fault %+v", o.Fault)
	}
}

// TestAnInitialisationThatNoRunSurvivesIsRefused runs start sections under limits.
func TestAnInitialisationThatNoRunSurvivesIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, tt := range map[string]struct {
		wasm []byte
		want string
	}{
		"a trap":                      {starting([]byte{0x00}), "trapped: unreachable"},
		"a loop":                      {guests.Wasm("startloop"), "does not end within 2000000000 units of fuel"},
		"a loop in _initialize":       {guests.Wasm("initloop"), "does not end within 2000000000 units of fuel"},
		"an exit":                     {starting([]byte{0x41, 3, 0x10, 0}), "exited with code 3"},
		"a trap after a look at time": {starting([]byte{0x41, 0, 0x42, 0, 0x41, 16, 0x10, 1, 0x1a, 0x00}), "trapped: unreachable"},
		"last words":                  {starting([]byte{0x41, 2, 0x41, 8, 0x41, 1, 0x41, 32, 0x10, 2, 0x1a, 0x00}), "trapped: unreachable; it had written: no luck"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if problems, _ := inspect(t, s, tt.wasm); !strings.Contains(problems, "can't initialise itself") || !strings.Contains(problems, tt.want) {
				t.Errorf("problems %s, want %q", problems, tt.want)
			}
		})
	}
	for name, wasm := range map[string][]byte{
		"a good start":    starting(nil),
		"exit 0":          guests.Wasm("exitinit"),
		"a look at time":  guests.Wasm("initclock"),
		"a call of ours":  guests.Wasm("initcalls"),
		"tables changed":  guests.Wasm("table"),
		"nothing started": guests.Wasm("echo"),
	} {
		if problems, _ := inspect(t, s, wasm); problems != "[]" {
			t.Errorf("%s: problems %s", name, problems)
		}
	}
}

// starting is a module whose start section does what code says, with proc_exit,
// clock_time_get and fd_write as functions 0 to 2.
func starting(code []byte) []byte {
	const i32, i64 = 0x7f, 0x7e
	out := wasmSection([]byte("\x00asm\x01\x00\x00\x00"), 1, []byte{0x60, 1, i32, 0}, []byte{0x60, 3, i32, i64, i32, 1, i32},
		[]byte{0x60, 4, i32, i32, i32, i32, 1, i32}, []byte{0x60, 0, 0}, []byte{0x60, 0, 1, i32})
	wasi := wasmText("wasi_snapshot_preview1")
	out = wasmSection(out, 2, slices.Concat(wasi, wasmText("proc_exit"), []byte{0, 0}), slices.Concat(wasi, wasmText("clock_time_get"), []byte{0, 1}),
		slices.Concat(wasi, wasmText("fd_write"), []byte{0, 2}))
	out = wasmSection(out, 3, []byte{3}, []byte{4})
	out = wasmSection(out, 5, []byte{0, 1})
	out = wasmSection(out, 7, append(wasmText(entry), 0, 4))
	out = append(out, 8, 1, 3)
	body := slices.Concat([]byte{0}, code, []byte{0x0b})
	out = wasmSection(out, 10, append([]byte{byte(len(body))}, body...), []byte{4, 0, 0x41, 0, 0x0b})
	return wasmSection(out, 11, []byte("\x00\x41\x08\x0b\x08\x40\x00\x00\x00\x07\x00\x00\x00"), []byte("\x00\x41\xc0\x00\x0b\x07no luck"))
}

func TestInitialMemoryIsJudged(t *testing.T) {
	t.Parallel()
	s := open(t)
	if problems, warnings := inspect(t, s, guests.Wasm("bigmemory")); problems != "[]" || !strings.Contains(warnings, "--limit memory_bytes=134217728") {
		t.Errorf("problems %s, warnings %s", problems, warnings)
	}
	huge := wasmSection([]byte("\x00asm\x01\x00\x00\x00"), 1, []byte{0x60, 0, 1, 0x7f})
	huge = wasmSection(huge, 3, []byte{0})
	huge = wasmSection(huge, 5, []byte{0, 0x81, 0x80, 1}) // one page more than 1 GiB
	huge = wasmSection(huge, 7, append(wasmText(entry), 0, 0))
	huge = wasmSection(huge, 10, []byte{4, 0, 0x41, 0, 0x0b})
	if problems, _ := inspect(t, s, huge); !strings.Contains(problems, "1073807360 bytes of memory; a run may have 1073741824 at most") {
		t.Errorf("problems %s", problems)
	}
}

// TestAGoProgramThatRunsOnceIsRefused builds one with the Go toolchain, with and
// without the flag that makes a library of it.
func TestAGoProgramThatRunsOnceIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := "package main\n\n//go:wasmexport " + entry + "\nfunc handler() int32 { return 0 }\n\nfunc main() {}\n"
	for name, text := range map[string]string{"main.go": source, "go.mod": "module action\n\ngo 1.24\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := func(args ...string) []byte {
		path := filepath.Join(dir, "action.wasm")
		cmd := exec.CommandContext(t.Context(), "go", slices.Concat([]string{"build", "-ldflags=-s -w", "-o", path}, args, []string{"."})...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		wasm, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return wasm
	}
	s := open(t)
	if problems, _ := inspect(t, s, build()); !strings.Contains(problems, "-buildmode=c-shared") {
		t.Errorf("a program: problems %s", problems)
	}
	library := build("-buildmode=c-shared")
	if problems, warnings := inspect(t, s, library); problems != "[]" || warnings != "[]" {
		t.Errorf("a library: problems %s, warnings %s", problems, warnings)
	}
	r := request("")
	r.Limits.MemoryBytes = host.DefaultSettings().Limits.MemoryBytes
	if o := load(t, s, library).Run(t.Context(), r); o.Fault != nil {
		t.Errorf("a library: %+v", o.Fault)
	}
}
