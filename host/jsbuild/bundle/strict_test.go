package bundle_test

import "testing"

// TestModulesAreStrict asks a function of an ES module what this is in it, and
// an undeclared name what becomes of it.
func TestModulesAreStrict(t *testing.T) {
	t.Parallel()
	const probe = `function self() { return this === undefined; } function leak() { try { leaked = 1; return false; } catch (e) { return e.name; } }
		export const onExecutePostUserRegistration = async () => [self(), leak()`
	const strict, sloppy = `[true,"ReferenceError"]`, `[false,false]`
	for _, tt := range []struct {
		name, action, entry, pkg string
		want                     string
	}{
		{name: "alone", entry: "action.mjs", action: probe + "];", want: strict},
		{name: "in TypeScript", entry: "action.ts", action: probe + "] as unknown[];", want: strict},
		{name: "with a module of Node's", entry: "action.mjs", action: `import { join } from "node:path";` + probe + `].concat(join("a", "b").slice(3));`, want: `[true,"ReferenceError",""]`},
		{name: "with an ES module", entry: "action.mjs", pkg: `export default []`, action: `import extra from "pkg";` + probe + "].concat(extra);", want: strict},
		{name: "with strict CommonJS", entry: "action.mjs", pkg: "/*! by\n * us */\n// and them\n'use strict'; module.exports = [this === undefined]", action: `import extra from "pkg";` + probe + "].concat(extra);", want: `[true,"ReferenceError",false]`},
		{name: "with CommonJS that may rely on being sloppy", entry: "action.mjs", pkg: `undeclared = []; module.exports = undeclared`, action: `import extra from "pkg";` + probe + "].concat(extra);", want: sloppy},
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
