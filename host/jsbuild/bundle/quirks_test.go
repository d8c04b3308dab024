package bundle_test

import (
	"bytes"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// TestEditsOfPackagesAllowASnapshot has packages of these names that do what the
// real ones do when they are loaded. A package with other code is bundled as it is.
func TestEditsOfPackagesAllowASnapshot(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ pkg, code, reason string }{
		{"lodash", "var nativeNow = Date.now;\nexports.at = nativeNow();", ""},
		{"lodash.merge", "var nativeNow = Date.now;\nexports.at = nativeNow();", ""},
		{"lodash", "var now = Date.now;\nexports.at = now();", "it looks at the clock"},
		{"lodash-like", "var nativeNow = Date.now;\nexports.at = nativeNow();", "it looks at the clock"},
		{"bignumber.js", "var pow2_53 = 2 ** 53;\nexports.at = (Math.random() * pow2_53) & 0x1fffff ? 0 : 1;", ""},
		{"other", "exports.at = Math.random() < 0;", "it takes random numbers"},
	} {
		t.Run(tt.pkg+" "+tt.reason, func(t *testing.T) {
			t.Parallel()
			kit := jstest.Shared(t)
			built, err := kit.Builder.Build(t.Context(), actionOf(t, "action.js", map[string]string{
				"action.js":                                `const { at } = require("` + tt.pkg + `"); exports.onExecutePostUserRegistration = async () => { console.log(typeof at, Date.now() > 1e12, Math.random() < 1); };`,
				"node_modules/" + tt.pkg + "/index.js":     tt.code,
				"node_modules/" + tt.pkg + "/package.json": `{"name":"` + tt.pkg + `","version":"1.0.0"}`,
			}))
			if err != nil {
				t.Fatal(err)
			}
			if built.Reason != tt.reason {
				t.Errorf("reason %q, want %q", built.Reason, tt.reason)
			}
			result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{})
			if err != nil || !result.Succeeded {
				t.Errorf("run: %v, %+v", err, result.Error)
			}
		})
	}
}

// TestTheFolderOfAnActionIsNotInItsBundle has a package with a module that stands in
// for one of its imports, in two copies.
func TestTheFolderOfAnActionIsNotInItsBundle(t *testing.T) {
	t.Parallel()
	const manifest, code = `{"name":"node-fetch","version":"2.7.0"}`, `module.exports = require("whatwg-url");`
	files := map[string]string{
		"action.js":                                               anyHandler + `exports.got = [require("node-fetch"), require("other")];`,
		"node_modules/node-fetch/index.js":                        code,
		"node_modules/node-fetch/package.json":                    manifest,
		"node_modules/other/index.js":                             `module.exports = require("node-fetch");`,
		"node_modules/other/package.json":                         `{"name":"other","version":"1.0.0"}`,
		"node_modules/other/node_modules/node-fetch/index.js":     code,
		"node_modules/other/node_modules/node-fetch/package.json": manifest,
	}
	var bundles [2]*bundle.Bundle
	for i := range bundles {
		var err error
		if bundles[i], err = bundleOf(t, nil, actionOf(t, "action.js", files)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(bundles[0].Code, bundles[1].Code) || !bytes.Equal(bundles[0].Map, bundles[1].Map) {
		t.Errorf("the bundle of another folder is another:\n%s\n%s", bundles[0].Code, bundles[1].Code)
	}
}
