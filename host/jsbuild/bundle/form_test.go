package bundle_test

import (
	"testing"
)

// TestAPackageIsBundledInOneForm has a package with code for Node and for browsers.
func TestAPackageIsBundledInOneForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		manifest string
		files    map[string]string
		want     string
	}{
		{
			"main, not module or browser", `{"main":"./node.js","module":"./esm.js","browser":"./page.js"}`,
			map[string]string{"node.js": `module.exports = "node"`, "esm.js": `export default "module"`, "page.js": `module.exports = "page"`},
			`"node"`,
		},
		{
			"a browser map", `{"main":"./index.js","browser":{"./config.js":"./config.browser.js","fs":false}}`,
			map[string]string{"index.js": `module.exports = [require("./config"), typeof require("fs").readFile]`, "config.js": `module.exports = "node"`, "config.browser.js": `module.exports = "page"`},
			`["node","function"]`,
		},
		{
			"conditions", `{"exports":{"browser":"./page.js","node":{"import":"./node.mjs","require":"./node.js"},"default":"./page.js"}}`,
			map[string]string{"node.js": `module.exports = "node"`, "page.js": `module.exports = "page"`, "node.mjs": `export default "esm"`},
			`"node"`,
		},
		{
			"module-sync", `{"exports":{"module-sync":"./sync.mjs","require":"./node.js"}}`,
			map[string]string{"node.js": `module.exports = "node"`, "sync.mjs": `export const form = "sync"`},
			`{"form":"sync"}`,
		},
		{
			"imports and itself", `{"exports":{".":"./index.js","./self":"./self.js"},"imports":{"#config":{"browser":"./page.js","node":"./node.js"}}}`,
			map[string]string{"index.js": `module.exports = [require("#config"), require("both/self")]`, "node.js": `module.exports = "node"`, "page.js": `module.exports = "page"`, "self.js": `module.exports = "self"`},
			`["node","self"]`,
		},
		{
			"sockets, and conditions for workers", `{"exports":{".":{"worker":"./worker.js","node":"./node.js"},"./sub":{"worker":"./worker-sub.js","node":"./node.js"}},"imports":{"#config":{"browser":"./worker-config.js","node":"./node.js"}}}`,
			map[string]string{
				"node.js":   `const tls = require("node:tls"); module.exports = "node"`,
				"worker.js": `module.exports = ["worker", require("#config"), require("both/sub"), require("./part")]`, "worker-sub.js": `module.exports = "sub"`,
				"worker-config.js": `module.exports = "config"`, "part.js": `module.exports = "part"`,
			},
			`["worker","config","sub","part"]`,
		},
		{
			"sockets, and a browser map", `{"main":"lib/index.js","browser":{"./lib/socket.js":"./lib/page.js","./lib/none":false,"not-there":false,"fs":false,"crypto":false,"other":"./lib/other.js"}}`,
			map[string]string{
				"lib/index.js":  `module.exports = [require("./socket"), require("./none.js"), require("not-there"), require("fs"), typeof require("crypto").createHash, require("other"), require("..")!== undefined]`,
				"lib/socket.js": `var net = require("net"), tls = require("tls"); module.exports = "node"`, "lib/page.js": `module.exports = "page"`, "lib/none.js": `module.exports = 1`, "lib/other.js": `module.exports = "other"`,
			},
			`["page",{},{},{},"function","other",true]`,
		},
		{
			"sockets, and a browser map of its ES modules", `{"main":"cjs/index.js","module":"es/index.js","browser":{"./es/socket":"./es/page.js"}}`,
			map[string]string{
				"cjs/index.js": `const tls = require("tls"); module.exports = "node"`,
				"es/index.js":  `export { kind } from "./socket";`, "es/socket.js": `import "node:tls"; export const kind = "node";`, "es/page.js": `export const kind = "page";`,
			},
			`{"kind":"page"}`,
		},
		{
			"sockets, and a browser field", `{"main":"./node.js","browser":"./page"}`,
			map[string]string{"node.js": `const tls = require("tls"); module.exports = "node"`, "page.js": `module.exports = "page"`},
			`"page"`,
		},
		{
			"sockets in a function", `{"main":"./node.js","browser":"./page.js"}`,
			map[string]string{"node.js": `exports.kind = "node"; const re = /[}"]{/; exports.connect = function () { return require("tls").connect(); }`, "page.js": `module.exports = "page"`},
			`{"kind":"node"}`,
		},
		{
			"addresses only", `{"main":"./node.js","browser":"./page.js"}`,
			map[string]string{"node.js": `const { isIP } = require("net"); module.exports = isIP("::1")`, "page.js": `module.exports = "page"`},
			`6`,
		},
		{
			"sockets in both", `{"main":"./node.js","browser":"./page.js"}`,
			map[string]string{"node.js": `const tls = require("tls"); module.exports = "node"`, "page.js": `const tls = require("tls"); module.exports = "page"`},
			`"node"`,
		},
		{
			"sockets, and a browser field of a file that is not there", `{"main":"./node.js","browser":"./gone.js"}`,
			map[string]string{"node.js": `const tls = require("tls"); module.exports = "node"`},
			`"node"`,
		},
		{
			"sockets, and a browser field for AMD", `{"main":"./node.js","browser":"./amd.js"}`,
			map[string]string{"node.js": `const tls = require("tls"); module.exports = "node"`, "amd.js": `define(["exports"], function (e) { e.kind = "page"; });`},
			`"node"`,
		},
		{
			"a package that connects", `{"exports":{"browser":"./page.js","default":"./node.js"}}`,
			map[string]string{"node.js": `require("@grpc/grpc-js"); module.exports = "node"`, "page.js": `module.exports = "page"`},
			`"page"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"action.js":                               anyHandler + `exports.got = require("both"); exports.again = () => import("both");`,
				"node_modules/both/package.json":          `{"name":"both","version":"1.0.0",` + tt.manifest[1:],
				"node_modules/@grpc/grpc-js/index.js":     `require("net")`,
				"node_modules/@grpc/grpc-js/package.json": `{"name":"@grpc/grpc-js","version":"1.0.0"}`,
			}
			for name, code := range tt.files {
				files["node_modules/both/"+name] = code
			}
			b, err := bundleOf(t, nil, actionOf(t, "action.js", files))
			if err != nil {
				t.Fatal(err)
			}
			if got := runInNode(t, b, "return action.got"); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, b.Code)
			}
		})
	}
}
