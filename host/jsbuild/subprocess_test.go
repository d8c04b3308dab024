package jsbuild_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/child"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/npm/npmtest"
)

// inSubprocess returns a builder that builds in a subprocess: by default
// of this binary.
func inSubprocess(t *testing.T, p *npm.Packages, self ...string) *jsbuild.Builder {
	t.Helper()
	kit := jstest.Shared(t)
	if self == nil {
		path, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		self = []string{path}
	}
	b := jsbuild.New(jsbuild.Config{Sandbox: kit.Sandbox, Packages: p, Child: self})
	t.Cleanup(b.Close)
	return b
}

func code(text string) bundle.Source { return bundle.Source{Name: "action.js", Code: []byte(text)} }

func TestABuildInASubprocessMakesTheSame(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	src := code(`const names = [require("alpha"), require("alpha@1.0.0")]; require("net");` + anyHandler + "exports.names = names;")
	src.Dependencies = deps("alpha@1.0.0")
	got, err := inSubprocess(t, p).Build(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	kit := jstest.Shared(t)
	here := jsbuild.New(jsbuild.Config{Sandbox: kit.Sandbox, Packages: p})
	defer here.Close()
	want, err := here.Build(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got exports %v, packages %v, warnings %v; want %v, %v, %v", got.Exports, got.Packages, got.Warnings, want.Exports, want.Packages, want.Warnings)
	}
}

func TestCodeThatIsTooMuchToBuildCostsItsAuthorAnError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, code, says string }{
		{"nested too deeply", "exports.x = " + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000), "reading the action's code took more than 128 MiB of stack"},
		{"parsed in quadratic time", "x = (" + strings.Repeat("a,", 400_000) + "a);", "reading the action's code took more than 3s of processor time"},
		{"endless at its top level", anyHandler + "for (;;) {}", "to be built, the action used more than 60000000000 units of fuel|running its top-level code took more than 30s of processor time|to be built, the action stopped after 30000 ms"},
		{"huge at its top level", anyHandler + "const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1));", "out of memory"},
		{"looking through the host", anyHandler + `require("../../../" + process.env.FILE);`, `"../../../\*\*/\*" is outside of what the action may read`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := inSubprocess(t, &npm.Packages{CacheDir: t.TempDir()})
			if strings.Contains(tt.says, "3s of processor time") {
				b.Limit(child.Limits{CPU: 3 * time.Second})
			}
			_, err := b.Build(t.Context(), code(tt.code))
			var wrong *host.BuildFailure
			if !errors.As(err, &wrong) || !regexp.MustCompile(tt.says).MatchString(wrong.Messages[0].Text) || wrong.Messages[0].File != "action.js" || wrong.Messages[0].Hint == "" {
				t.Errorf("got %v, want %s", err, tt.says)
			}
		})
	}
}

func TestAProcessThatDiesIsTheHostsFault(t *testing.T) {
	t.Parallel()
	for script, says := range map[string]string{
		"kill -9 $$":                            "the process ended with signal: killed",
		"echo no such disk >&2; exit 3":         "exit status 3: no such disk",
		"head -c1 >/dev/null; echo all is well": "over the limit of",
		"exit 0":                                "the process ended with exit status 0",
	} {
		_, err := inSubprocess(t, &npm.Packages{CacheDir: t.TempDir()}, "/bin/sh", "-c", script).Build(t.Context(), code(anyHandler))
		var wrong *host.BuildFailure
		if err == nil || errors.As(err, &wrong) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", script, err, says)
		}
	}
}

func TestABuildInASubprocessEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	ctx, cancel := context.WithCancel(t.Context())
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir(), Log: func(string) { cancel() }}
	src := code(anyHandler)
	src.Dependencies = deps("alpha@1.0.0")
	if _, err := inSubprocess(t, p).Build(ctx, src); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAnInstallationThatIsTooLargeIsStopped(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "large", "1.0.0", map[string]any{"comment": "//" + strings.Repeat("x", 3<<20)})
	r.Publish(t, "many", "1.0.0", nil)
	for _, tt := range []struct {
		needs    string
		maxBytes int64
		maxFiles int
		says     string
	}{
		{"large@1.0.0", 2 << 20, 0, "are more than 2 MiB"},
		{"many@1.0.0", 0, 4, "are more than 4 files"},
	} {
		t.Run(tt.needs, func(t *testing.T) {
			t.Parallel()
			p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir(), MaxBytes: tt.maxBytes, MaxFiles: tt.maxFiles}
			src := code(anyHandler)
			src.Dependencies = deps(tt.needs)
			_, err := inSubprocess(t, p).Build(t.Context(), src)
			var wrong *host.BuildFailure
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.says) || wrong.Messages[0].Hint == "" {
				t.Errorf("got %v, want %s", err, tt.says)
			}
			rest, _ := os.ReadDir(p.CacheDir)
			if len(rest) != 2 { // trees and requests
				t.Errorf("it left %v", rest)
			}
		})
	}
}

func TestNpmIsHeldToItsMemory(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "npm")
	script := `#!/bin/sh
[ $(ulimit -d) = 1572864 ] || exit 1
case "$NODE_OPTIONS" in *--max-old-space-size=1024) ;; *) exit 1 ;; esac
echo "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory" >&2
kill -ABRT $$
`
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	src := code(anyHandler)
	src.Dependencies = deps("alpha@1.0.0")
	_, err := inSubprocess(t, &npm.Packages{CacheDir: t.TempDir(), Npm: program}).Build(t.Context(), src)
	var wrong *host.BuildFailure
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "npm took more than 1536 MiB of memory to install the packages") {
		t.Errorf("got %v", err)
	}
}
