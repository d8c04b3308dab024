package bundle_test

import (
	"strings"
	"testing"
)

// TestWhatAPackageLacksFailsWhenItIsReached holds for imports of packages: in the
// author's own files they are errors of the build.
func TestWhatAPackageLacksFailsWhenItIsReached(t *testing.T) {
	t.Parallel()
	const reached = `return [action.f(0), (() => { try { action.f(1); } catch (e) { return [e.code, e.message.split("\n")[0]]; } })()]`
	for _, tt := range []struct {
		name     string
		manifest string
		code     string
		want     string
		warns    string // part of the warning; "" for none
	}{
		{
			"a package", `{"name":"opt","version":"1.0.0"}`, `exports.f = (o) => { if (o) require("not-there"); return 1; };`,
			`[1,["MODULE_NOT_FOUND","Cannot find module 'not-there'"]]`, `package "opt" needs package "not-there", which is not installed: it fails when it is loaded`,
		},
		{
			"an optional peer", `{"name":"opt","version":"1.0.0","peerDependencies":{"not-there":"1"},"peerDependenciesMeta":{"not-there":{"optional":true}}}`,
			`exports.f = (o) => { if (o) require("not-there/sub"); return 1; };`, `[1,["MODULE_NOT_FOUND","Cannot find module 'not-there/sub'"]]`, "",
		},
		{
			"an optional dependency", `{"name":"opt","version":"1.0.0","optionalDependencies":{"not-there":"1"}}`,
			`exports.f = (o) => { if (o) require("not-there"); return 1; };`, `[1,["MODULE_NOT_FOUND","Cannot find module 'not-there'"]]`, "",
		},
		{
			"what is in a try block", `{"name":"opt","version":"1.0.0"}`,
			`let has = 0; try { has = require("not-there"); } catch {} exports.f = (o) => o ? require("node:path") && has : 1;`, `[1,null]`, "",
		},
		{
			"a file of its own", `{"name":"opt","version":"1.0.0"}`, `exports.f = (o) => o ? require("./lib/gone") : 1;`,
			`[1,["MODULE_NOT_FOUND","Cannot find module './lib/gone'"]]`, `there is no file "./lib/gone": it fails when it is loaded`,
		},
		{
			"a module that Node has not", `{"name":"opt","version":"1.0.0"}`, `exports.f = (o) => o ? require("node:gone") : 1;`,
			`[1,["ERR_UNKNOWN_BUILTIN_MODULE","No such built-in module: node:gone"]]`, "",
		},
		{
			"what its browser field leaves out", `{"name":"opt","version":"1.0.0","browser":{"not-there":false}}`,
			`exports.f = (o) => { if (o) require("not-there"); return 1; };`, `[1,["MODULE_NOT_FOUND","Cannot find module 'not-there'"]]`, `needs package "not-there"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
				"action.js":                     anyHandler + `exports.f = require("opt").f;`,
				"node_modules/opt/index.js":     tt.code,
				"node_modules/opt/package.json": tt.manifest,
			}))
			if err != nil {
				t.Fatal(err)
			}
			if got := runInNode(t, b, reached); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if tt.warns == "" && len(b.Warnings) > 0 || tt.warns != "" && (len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0].String(), tt.warns)) {
				t.Errorf("warnings %v, want %q", b.Warnings, tt.warns)
			}
		})
	}
}
