package bundle_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/sourcemap"
)

// TestModulesAreStrict asks a function of an ES module what this is in it, and
// an undeclared name what becomes of it.
func TestModulesAreStrict(t *testing.T) {
	t.Parallel()
	const probe = `function self() { return this === undefined; } function leak() { try { leaked = 1; return false; } catch (e) { return e.name; } }
		export const onExecutePostUserRegistration = async () => [self(), leak()`
	const strict = `[true,"ReferenceError"]`
	for _, tt := range []struct {
		name, action, entry, pkg string
		want                     string
	}{
		{name: "alone", entry: "action.mjs", action: probe + "];", want: strict},
		{name: "in TypeScript", entry: "action.ts", action: probe + "] as unknown[];", want: strict},
		{name: "with a module of Node's", entry: "action.mjs", action: `import { join } from "node:path";` + probe + `].concat(join("a", "b").slice(3));`, want: `[true,"ReferenceError",""]`},
		{name: "with an ES module", entry: "action.mjs", pkg: `export default []`, action: `import extra from "pkg";` + probe + "].concat(extra);", want: strict},
		{name: "with strict CommonJS", entry: "action.mjs", pkg: "/*! by\n * us */\n// and them\n'use strict'; module.exports = [this === undefined]", action: `import extra from "pkg";` + probe + "].concat(extra);", want: `[true,"ReferenceError",false]`},
		{name: "with CommonJS that may rely on being sloppy", entry: "action.mjs", pkg: `undeclared = []; module.exports = undeclared`, action: `import extra from "pkg";` + probe + "].concat(extra);", want: strict},
		{name: "as CommonJS, which is not", entry: "action.js", action: `function self() { return this === undefined; } exports.onExecutePostUserRegistration = async () => [self()];`, want: `[false]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{tt.entry: tt.action}
			if tt.pkg != "" {
				files["node_modules/pkg/index.js"] = tt.pkg
				files["node_modules/pkg/package.json"] = `{"name":"pkg","version":"1.0.0"}`
			}
			b, err := bundleOf(t, nil, actionOf(t, tt.entry, files))
			if err != nil {
				t.Fatal(err)
			}
			if got := runInNode(t, b, "return await action.onExecutePostUserRegistration()"); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, b.Code)
			}
		})
	}
}

// TestSloppyPackagesOfModulesStaySloppy has packages that need sloppy code, in all the
// ways that a module may import them.
func TestSloppyPackagesOfModulesStaySloppy(t *testing.T) {
	t.Parallel()
	b, err := bundleOf(t, nil, actionOf(t, "action.mjs", map[string]string{
		"action.mjs": `import sloppy, { count } from "sloppy"; import { shared } from "alpha"; import * as all from "sloppy"; import { from } from "./part.cjs";
			function self() { return this; }
			export const onExecutePostUserRegistration = async () => {
				const later = await import("sloppy");
				return [self() === undefined, sloppy.self(), count(), all.count(), later.count(), shared(), from(), sloppy.needed, later.default === sloppy, typeof sloppy.os];
			};
			export const fail = () => sloppy.fail(); export const failHere = () => { throw new Error("here"); };`,
		"part.cjs": `exports.from = () => require("sloppy").count();`,
		"node_modules/sloppy/index.js": `n = 0; exports.self = function () { return (function () { return typeof this; })(); };
exports.count = () => ++n; exports.needed = require("needed").value; exports.os = require("os").EOL;
exports.fail = () => { throw new Error("there"); };`,
		"node_modules/sloppy/package.json": `{"name":"sloppy","version":"1.0.0"}`,
		"node_modules/needed/index.mjs":    `export const value = "module"; export default (function () { return this === undefined; })();`,
		"node_modules/needed/package.json": `{"name":"needed","version":"1.0.0","exports":"./index.mjs"}`,
		"node_modules/alpha/index.mjs":     `import { count } from "sloppy"; import { value } from "needed"; import whole from "needed"; export const shared = () => [count(), value, whole];`,
		"node_modules/alpha/package.json":  `{"name":"alpha","version":"1.0.0","exports":"./index.mjs"}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	got, want := runInNode(t, b, "return await action.onExecutePostUserRegistration()"), `[true,"object",1,2,3,[4,"module",true],5,"module",true,"string"]`
	if got != want {
		t.Errorf("got %s, want %s\n%s", got, want, b.Code)
	}
	for call, place := range map[string]string{"fail": "node_modules/sloppy/index.js:3:", "failHere": "action.mjs:7:"} {
		stack := runInNode(t, b, fmt.Sprintf("touches.forEach((f) => f()); try { action.%s(); } catch (e) { return e.stack; }", call))
		if mapped := sourcemap.Apply(b.Map, stack); !strings.Contains(mapped, place) {
			t.Errorf("%s: %s is not in %s", call, place, mapped)
		}
	}
}
