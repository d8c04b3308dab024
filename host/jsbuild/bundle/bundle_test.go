package bundle_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

func TestBundle(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		entry  string
		files  map[string]string
		script string // "" checks the handler's name
		want   string
	}{
		{
			name:  "keeps a CommonJS action",
			entry: "action.js",
			files: map[string]string{"action.js": anyHandler},
			want:  `"handler"`,
		},
		{
			name:  "takes an ES module",
			entry: "action.mjs",
			files: map[string]string{"action.mjs": "export const onExecutePostUserRegistration = async function handler() {};"},
			want:  `"handler"`,
		},
		{
			name:  "takes TypeScript",
			entry: "action.ts",
			files: map[string]string{
				"action.ts": `import type { Event } from "nowhere"; import { n } from "./part";
					export async function onExecutePostUserRegistration(event: Event): Promise<number> { return n as number; }`,
				"part.ts": "export const n: number = 7;",
			},
			script: "return await action.onExecutePostUserRegistration()",
			want:   "7",
		},
		{
			name:   "takes TypeScript in CommonJS",
			entry:  "action.cts",
			files:  map[string]string{"action.cts": "const n: number = 8; exports.onExecutePostUserRegistration = async (): Promise<number> => n;"},
			script: "return await action.onExecutePostUserRegistration()",
			want:   "8",
		},
		{
			name:  "imports JSON and text",
			entry: "action.js",
			files: map[string]string{
				"action.js":      anyHandler + `exports.got = [require("./data.json").n, require("./mail.txt"), require("./page.html")];`,
				"data.json":      `{"n": 1}`,
				"mail.txt":       "Hello",
				"page.html":      "<p>",
				"unrelated.node": "",
			},
			script: "return action.got",
			want:   `[1,"Hello","<p>"]`,
		},
		{
			name:  "imports by the type that is asked for",
			entry: "action.mjs",
			files: map[string]string{
				"action.mjs": `import data from "./data.json" with { type: "json" }; import text from "./code.js" with { type: "text" };
					export const onExecutePostUserRegistration = async () => [data.n, text];`,
				"data.json": `{"n": 1}`,
				"code.js":   "1 + 1",
			},
			script: "return await action.onExecutePostUserRegistration()",
			want:   `[1,"1 + 1"]`,
		},
		{
			name:  "imports on demand",
			entry: "action.mjs",
			files: map[string]string{
				"action.mjs":                      `export const onExecutePostUserRegistration = async () => (await import("late")).default;`,
				"node_modules/late/index.js":      "export default 5",
				"node_modules/late/package.json":  `{"name":"late","version":"1.0.0","type":"module"}`,
				"node_modules/other/package.json": `{}`,
			},
			script: "return await action.onExecutePostUserRegistration()",
			want:   "5",
		},
		{
			name:  "takes a package's code for Node",
			entry: "action.js",
			files: map[string]string{
				"action.js":                       anyHandler + `exports.got = require("multi");`,
				"node_modules/multi/node.js":      `module.exports = "node"`,
				"node_modules/multi/worker.js":    `module.exports = "worker"`,
				"node_modules/multi/package.json": `{"name":"multi","version":"1.0.0","exports":{"workerd":"./worker.js","default":"./node.js"}}`,
			},
			script: "return action.got",
			want:   `"node"`,
		},
		{
			name:  "takes a package's main module where its browser field names another",
			entry: "action.js",
			files: map[string]string{
				"action.js":                     anyHandler + `exports.got = require("old");`,
				"node_modules/old/lib/index.js": `module.exports = "node"`,
				"node_modules/old/page.js":      `module.exports = window`,
				"node_modules/old/package.json": `{"name":"old","version":"1.0.0","main":"lib","browser":"./page.js"}`,
			},
			script: "return action.got",
			want:   `"node"`,
		},
		{
			name:  "gives packages Node's modules where their browser field has none",
			entry: "action.js",
			files: map[string]string{
				"action.js":                      anyHandler + `exports.got = require("hash");`,
				"node_modules/hash/index.js":     `module.exports = [typeof require("crypto").createHash, typeof require("node:util").inspect]`,
				"node_modules/hash/package.json": `{"name":"hash","version":"1.0.0","browser":{"crypto":false,"node:util":false}}`,
			},
			script: "return action.got",
			want:   `["function","function"]`,
		},
		{
			name:  "finds a package by the version that is there",
			entry: "action.js",
			files: map[string]string{
				"action.js":                      anyHandler + `exports.got = [require("x@1.2.3"), require("@s/x@^2/sub"), require("@s/x@2.0.1/sub.js")];`,
				"node_modules/x/index.js":        `module.exports = "x"`,
				"node_modules/x/package.json":    `{"name":"x","version":"1.2.3"}`,
				"node_modules/@s/x/sub.js":       `module.exports = "sub"`,
				"node_modules/@s/x/package.json": `{"name":"@s/x","version":"2.0.1"}`,
			},
			script: "return action.got",
			want:   `["x","sub","sub"]`,
		},
		{
			name:  "keeps strict mode to the file that asks for it",
			entry: "action.js",
			files: map[string]string{
				"action.js":                    "#!/usr/bin/env node\n'use strict';\n" + anyHandler + `exports.got = [require("sloppy"), (function () { return this === undefined; })()];`,
				"node_modules/sloppy/index.js": `undeclared = 1; module.exports = undeclared`,
			},
			script: "return action.got",
			want:   "[1,true]",
		},
		{
			name:  "keeps names that would be changed",
			entry: "action.mjs",
			files: map[string]string{
				"action.mjs": `import { Response as Other } from "./other.mjs"; class Response extends Error { static make() { return new Response(); } }
					export const onExecutePostUserRegistration = async () => [new Response().constructor.name, new Other().constructor.name, Response.make().constructor.name, inner().name];
					function inner() { return function unused() {}; }`,
				"other.mjs": "export class Response { static twin = Response }",
			},
			script: "return await action.onExecutePostUserRegistration()",
			want:   `["Response","Response","Response","unused"]`,
		},
		{
			name:  "gives modules a place and says production",
			entry: "action.mjs",
			files: map[string]string{
				"action.mjs": `import { where } from "./where.cjs"; export const onExecutePostUserRegistration = async () => [import.meta.url, where, process.env.NODE_ENV];`,
				"where.cjs":  "exports.where = [__dirname, __filename];",
			},
			script: "return await action.onExecutePostUserRegistration()",
			want:   `["file:///usher/action.mjs",["/usher","/usher/where.cjs"],"production"]`,
		},
		{
			name:   "lets an action return early and touch what it declares",
			entry:  "action.js",
			files:  map[string]string{"action.js": anyHandler + "const touch = 1, require_ = 2; exports.got = touch; if (touch) return; exports.got = 3;"},
			script: "return action.got",
			want:   "1",
		},
		{
			name:   "leaves optional packages that are not there to the run",
			entry:  "action.js",
			files:  map[string]string{"action.js": anyHandler + `try { require("not-there"); } catch (e) { exports.got = e.code; }`},
			script: "return action.got",
			want:   `"MODULE_NOT_FOUND"`,
		},
		{
			name:   "lowers decorators, which the engine has not",
			entry:  "action.js",
			files:  map[string]string{"action.js": anyHandler + `const twice = (f) => function () { return 2 * f.call(this); }; class A { @twice one() { return 1; } } exports.got = new A().one();`},
			script: "return action.got",
			want:   "2",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := bundleOf(t, nil, actionOf(t, tt.entry, tt.files))
			if err != nil {
				t.Fatal(err)
			}
			if tt.script == "" {
				tt.script = "return action.onExecutePostUserRegistration.name"
			}
			if got := runInNode(t, b, tt.script); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, b.Code)
			}
		})
	}
}

// loading is a package that counts how often it is loaded.
const loading = `globalThis.loaded = (globalThis.loaded ?? []).concat(%q);`

func TestBundleTouchesWhatTheAuthorsFilesName(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"action.js": `const part = require("./part");
			// require("commented")
			exports.onExecutePostUserRegistration = async () => { require("lazy"); require("fs"); await import("later"); if (false) require("dead"); require("./part").use(); try { require("absent") } catch {} };`,
		"part.js": `exports.use = () => require("deep");`,
	}
	for _, name := range []string{"lazy", "later", "deep", "nested", "dead", "commented"} {
		files["node_modules/"+name+"/index.js"] = strings.ReplaceAll(loading, "%q", `"`+name+`"`)
	}
	files["node_modules/lazy/index.js"] += `exports.f = () => require("nested")`
	b, err := bundleOf(t, nil, actionOf(t, "action.js", files))
	if err != nil {
		t.Fatal(err)
	}
	got := runInNode(t, b, `const before = globalThis.loaded ?? []; for (const f of touches) { try { await f(); } catch {} } return [before, globalThis.loaded.sort()];`)
	if want := `[[],["deep","later","lazy"]]`; got != want {
		t.Errorf("before and after: %s, want %s", got, want)
	}
}

func TestBundleListsItsPackages(t *testing.T) {
	t.Parallel()
	b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
		"action.js":                      anyHandler + `require("a"); require("node:crypto"); require("fs/promises"); exports.f = (n, b) => n.toLocaleString("de") + b.localeCompare(n);`,
		"node_modules/a/index.js":        `require("@s/b"); require("crypto"); require("node:os"); require("odd")`,
		"node_modules/a/package.json":    `{"name":"a","version":"1.0.0"}`,
		"node_modules/@s/b/index.js":     `exports.b = 1`,
		"node_modules/@s/b/package.json": `{"name":"@s/b","version":"2.1.0"}`,
		"node_modules/odd/index.js":      `exports.b = 1`,
		"node_modules/odd/package.json":  `{"name":"odd","version":"3.0.0","main":false}`,
		"node_modules/unused/index.js":   `exports.b = 1`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []bundle.Package{{Name: "@s/b", Version: "2.1.0"}, {Name: "a", Version: "1.0.0"}, {Name: "odd", Version: "3.0.0"}}; !slices.Equal(b.Packages, want) {
		t.Errorf("packages: %v, want %v", b.Packages, want)
	}
	if want := []string{"crypto", "fs/promises", "os"}; !slices.Equal(b.Builtins, want) {
		t.Errorf("builtins: %v, want %v", b.Builtins, want)
	}
	if !b.UsesIntl {
		t.Error("a locale's name is not seen as a use of Intl")
	}
	var m struct{ Sources []string }
	if err := json.Unmarshal(b.Map, &m); err != nil {
		t.Fatal(err)
	}
	m.Sources = slices.DeleteFunc(m.Sources, func(s string) bool { return s == "" }) // made up by the build
	if want := []string{"action.js", "node_modules/@s/b/index.js", "node_modules/a/index.js", "node_modules/odd/index.js"}; !slices.Equal(slices.Sorted(slices.Values(m.Sources)), want) {
		t.Errorf("sources: %v, want %v", m.Sources, want)
	}
}

func TestBundleSeesWhoFormatsWithLocales(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		`new Intl.NumberFormat("de")`:             true,
		`d.toLocaleDateString("de", { x: f(1) })`: true,
		`d.toLocaleTimeString(undefined)`:         true,
		`a.localeCompare(b.trim(), "sv")`:         true,
		`d.toLocaleDateString()`:                  false,
		`a.localeCompare(b)`:                      false,
		`list.sort((a, b) => a.localeCompare(b))`: false,
		`Internal.x`: false,
	} {
		b, err := bundleOf(t, nil, bundle.Source{Name: "action.js", Code: []byte(anyHandler + "exports.f = (a, b, d, f) => " + code), Dependencies: []host.Dependency{}})
		if err != nil {
			t.Fatal(err)
		}
		if b.UsesIntl != want {
			t.Errorf("%s: uses Intl: %t, want %t", code, b.UsesIntl, want)
		}
	}
}

func TestBundleIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"action.js": anyHandler + `require("a"); require("b"); exports.f = () => [require("c"), require("node:fs")];`,
	}
	for _, name := range []string{"a", "b", "c"} {
		files["node_modules/"+name+"/index.js"] = "exports.x = 1"
	}
	var first *bundle.Bundle
	for range 4 {
		b, err := bundleOf(t, nil, actionOf(t, "action.js", maps.Clone(files)))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if !bytes.Equal(b.Code, first.Code) || !bytes.Equal(b.Map, first.Map) {
			t.Fatalf("two bundles of one action, in two folders, differ:\n%s\n%s", first.Code, b.Code)
		}
	}
}

func TestBundleWarns(t *testing.T) {
	t.Parallel()
	b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
		"action.js": anyHandler + `exports.f = (name) => require(name);
const fs = require("fs");
require("pg"); require("got"); require("quiet");`,
		"node_modules/pg/lib/index.js": `require("net"); require("tls"); require("dns"); require(module.name)`,
		"node_modules/pg/package.json": `{"name":"pg","version":"8.0.0","main":"lib"}`,
		"node_modules/got/index.js":    `require("tls")`,
		"node_modules/quiet/index.js":  `require("fs"); require(module.name)`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range b.Warnings {
		got = append(got, w.String())
	}
	want := []string{
		`action.js:2:23: the name of this import is only known in a run, so the module is not in the action
    exports.f = (name) => require(name);
                          ^ write each name out, as in require("axios")`,
		`action.js:3:20: "node:fs" cannot work here
    const fs = require("fs");
                       ^ an action has no files: import the text or JSON, or use event.secrets`,
		`node_modules/pg/lib/index.js:1:9: package "pg" uses net, tls, which cannot work here
    require("net"); require("tls"); require("dns"); require(module.name)
            ^ use a driver that speaks HTTP, such as @neondatabase/serverless, or PostgREST, instead`,
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("warnings:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBundleStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := withCancel(t)
	cancel()
	_, err := bundle.Make(ctx, bundle.Source{Name: "action.js", Code: []byte(anyHandler)}, bundle.Options{})
	if !errors.Is(err, ctx.Err()) {
		t.Errorf("got %v, want %v", err, ctx.Err())
	}
}

// realPath is a folder's path without links.
func realPath(t *testing.T, dir string) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return path
}
