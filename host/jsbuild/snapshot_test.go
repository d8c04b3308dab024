package jsbuild_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/wasmbin"
)

// build builds an action from its text alone.
func build(t *testing.T, source string) (*jsbuild.Built, error) {
	t.Helper()
	kit := jstest.Shared(t)
	return kit.Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(source)})
}

const handler = "\nexports.onExecutePostUserRegistration = async (event) => {};\n"

func TestASnapshotHoldsNothingThatOnlyARunHas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, top, reason string
	}{
		{name: "nothing", top: "const cache = new Map([[1, 2]]);"},
		{name: "a regular expression", top: `const found = /a+b/.exec("aaab");`},
		{name: "a digest's name", top: `const crypto = require("crypto"); typeof crypto.createHash;`},
		{name: "the time", top: "const began = Date.now();", reason: "it looks at the clock"},
		{name: "a date", top: "exports.began = new Date();", reason: "it looks at the clock"},
		{name: "performance", top: "const began = performance.now();", reason: "it looks at the clock"},
		{name: "Math.random", top: "const id = Math.random();", reason: "it takes random numbers"},
		{name: "a uuid", top: "const id = crypto.randomUUID();", reason: "it takes random numbers"},
		{name: "node's random", top: `const id = require("node:crypto").randomBytes(8);`, reason: "it takes random numbers"},
		{name: "a request", top: `fetch("https://example.com/").catch(() => {});`, reason: "it sends a request"},
		{name: "a log", top: `console.log("ready");`, reason: "it logs"},
		{name: "cryptography", top: `const sum = require("crypto").createHash("sha256").update("a").digest("hex");`, reason: "it uses cryptography that the host does"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			built, err := build(t, tt.top+handler)
			if err != nil {
				t.Fatal(err)
			}
			if built.Reason != tt.reason || built.FromBytecode != (tt.reason != "") {
				t.Errorf("from bytecode: %v, because %q, want %q", built.FromBytecode, built.Reason, tt.reason)
			}
			if got := entriesOf(t, built.Module); !slices.Equal(got, []host.Trigger{host.PostUserRegistration}) {
				t.Errorf("the module serves %v, want its handler's trigger alone", got)
			}
			result, _ := run(t, tt.top+handler, jstest.Run{})
			if !result.Succeeded && tt.name != "a request" {
				t.Errorf("error %+v", result.Error)
			}
		})
	}
}

// entriesOf returns the triggers whose entry a module exports.
func entriesOf(t *testing.T, wasm []byte) []host.Trigger {
	t.Helper()
	outline, err := wasmbin.Parse(wasm)
	if err != nil {
		t.Fatal(err)
	}
	var exports []string
	for _, e := range outline.Exports {
		exports = append(exports, e.Name)
	}
	return host.TriggersOf(exports)
}

func TestTheSameActionIsTheSameModule(t *testing.T) {
	t.Parallel()
	for name, top := range map[string]string{
		"a snapshot":    `const { parse } = require("url"); const m = new Map(Object.entries({ a: Symbol("s"), b: parse("https://a/") }));`,
		"from bytecode": `const began = Date.now();`,
		"with dates":    `const f = new Intl.DateTimeFormat("de", { timeZone: "Europe/Berlin" });`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, err := build(t, top+handler)
			if err != nil {
				t.Fatal(err)
			}
			again, err := build(t, top+handler)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first.Module, again.Module) {
				t.Errorf("two builds made %d and %d bytes that differ", len(first.Module), len(again.Module))
			}
		})
	}
}

func TestRunsOfAModuleAreEqual(t *testing.T) {
	t.Parallel()
	const source = `
		let runs = 0;
		const seen = [];
		exports.onExecutePostUserRegistration = async (event) => {
			seen.push(event.user.user_id);
			globalThis.left = (globalThis.left ?? 0) + 1;
			Array.prototype.left = 1;
			console.log(++runs, seen.length, globalThis.left, Object.keys(event.user).join());
		};`
	first, _ := run(t, source, jstest.Run{})
	for range 3 {
		next, _ := run(t, source, jstest.Run{})
		if messages(next) != messages(first) || next.Stats.Fuel != first.Stats.Fuel || !next.Succeeded {
			t.Errorf("logs %q and fuel %d, the first run's were %q and %d", messages(next), next.Stats.Fuel, messages(first), first.Stats.Fuel)
		}
	}
}

func TestActionsShareTheEnginesCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: dir, Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	compiled := func() int {
		files, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	before := 0
	for i, top := range []string{"const one = 1;", "const two = [2];", `const large = "x".repeat(3e6).split("");`, `require("zlib");`} {
		built, err := build(t, top+handler)
		if err != nil {
			t.Fatal(err)
		}
		m, err := s.Module(t.Context(), host.Digest(built.Module), func() ([]byte, error) { return built.Module, nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Release)
		if i == 0 {
			before = compiled()
		}
	}
	if after := compiled(); after != before {
		t.Errorf("%d codes were compiled for the first action and the kernel, %d after four", before, after)
	}
}

func TestHostileTopLevelsEndWithTheBuild(t *testing.T) {
	t.Parallel()
	kit := jstest.Shared(t)
	for name, top := range map[string]string{
		"an endless loop":    "for (;;);",
		"endless microtasks": "(async () => { for (;;) await null; })();",
		"a regex bomb":       `/^(a+)+$/.test("a".repeat(40) + "b");`,
		"a long search":      `"a".repeat(4e6).indexOf("a".repeat(2e6) + "b");`,
		"a memory bomb":      "const all = []; for (;;) all.push(new Uint8Array(1 << 20));",
		"deep recursion":     "const f = () => f() + 1; f();",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			began := time.Now()
			_, err := kit.Builder.Build(ctx, bundle.Source{Name: "action.js", Code: []byte(top + handler)})
			if err == nil {
				t.Fatal("it was built")
			}
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
	if _, err := build(t, handler); err != nil {
		t.Errorf("the next build: %v", err)
	}
}
