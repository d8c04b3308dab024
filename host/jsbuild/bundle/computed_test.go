package bundle_test

import (
	"strings"
	"testing"
)

// TestAPackagesComputedRequiresAreNodes holds for files that only a run chooses.
func TestAPackagesComputedRequiresAreNodes(t *testing.T) {
	t.Parallel()
	const both = `return [action.load("de"), (() => { try { action.load("xx"); } catch (e) { return e.code; } })()]`
	for _, tt := range []struct{ name, code string }{
		{"a path", `exports.load = (n) => require("./langs/" + n);`},
		{"a path with an extension", `exports.load = (n) => require('./langs/' + n + '.js');`},
		{"a template", "exports.load = (n) => require(`./langs/${n}`);"},
		{"a template with an extension", "exports.load = (n) => require(`./langs/${n}.js`);"},
		{"concat", `exports.load = (n) => require("./langs/".concat(n, ".js"));`},
		{"another name", `var aliasedRequire = require; exports.load = function (n) { return aliasedRequire('./langs/' + n); };`},
		{"another name in a try block", `function load(n) { try { var r, aliasedRequire = require; return aliasedRequire('./langs/' + n); } catch (e) { throw e; } } exports.load = load;`},
		{"__dirname", `exports.load = (n) => require(__dirname + "/langs/" + n);`},
		{"__dirname in a template", "exports.load = (n) => require(`${__dirname}/langs/${n}`);"},
		{"path.join", `const path = require("path"); exports.load = (n) => require(path.join(__dirname, "langs", n));`},
		{"path.resolve", `const { resolve } = require("path"); exports.load = (n) => require(resolve(__dirname, "./langs", n + ".js"));`},
		{"a variable", `exports.load = (n) => { const file = "./langs/" + n; return require(file); };`},
		{"module.require", `exports.load = (n) => module.require("./langs/" + n);`},
		{"createRequire", `const { createRequire: make } = require("module"); const get = make(__filename); exports.load = (n) => get("./langs/" + n);`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
				"action.js":                        anyHandler + `exports.load = require("langs").load;`,
				"node_modules/langs/index.js":      tt.code,
				"node_modules/langs/langs/de.js":   `module.exports = "Hallo"`,
				"node_modules/langs/langs/en.js":   `module.exports = "Hello"`,
				"node_modules/langs/langs/de.d.ts": `declare const text: string; export = text`,
				"node_modules/langs/langs/NOTES":   ``,
				"node_modules/langs/package.json":  `{"name":"langs","version":"1.0.0"}`,
			}))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := runInNode(t, b, both), `["Hallo","MODULE_NOT_FOUND"]`; got != want {
				t.Errorf("got %s, want %s\n%s", got, want, b.Code)
			}
		})
	}
}

func TestAPackageImportsAFileThatItComputes(t *testing.T) {
	t.Parallel()
	b, err := bundleOf(t, nil, actionOf(t, "action.mjs", map[string]string{
		"action.mjs":                      `import { load } from "langs"; export const onExecutePostUserRegistration = async () => (await load("de")).text;`,
		"node_modules/langs/index.js":     "export const load = (n) => import(`./langs/${n}.js`);",
		"node_modules/langs/langs/de.js":  `export const text = "Hallo"`,
		"node_modules/langs/package.json": `{"name":"langs","version":"1.0.0","type":"module","exports":"./index.js"}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := runInNode(t, b, "return await action.onExecutePostUserRegistration()"), `"Hallo"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAPackageThatChoosesAmongTooManyFilesSaysWhatToWrite(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"action.js":                      anyHandler + `exports.load = require("many").load;`,
		"node_modules/many/index.js":     `exports.load = (n) => require("./all/" + n);`,
		"node_modules/many/package.json": `{"name":"many","version":"1.0.0"}`,
	}
	for i := range 3 {
		files["node_modules/many/all/"+string(rune('a'+i))+".js"] = "module.exports = '" + strings.Repeat("x", 1<<20) + "'"
	}
	b, err := bundleOf(t, nil, actionOf(t, "action.js", files))
	if err != nil {
		t.Fatal(err)
	}
	got := runInNode(t, b, `try { action.load("a"); } catch (e) { return [e.code, e.message.split("\n")[0]]; }`)
	want := `["MODULE_NOT_FOUND","Cannot find module './all/a': package \"many\" chooses it among more files than an action may hold: import the file by its name in the action, as in require(\"many/FILE\")"]`
	if got != want || len(b.Code) > 1<<20 {
		t.Errorf("got %s of %d bytes, want %s", got, len(b.Code), want)
	}
}

// TestMadeRequiresAreRequire holds for functions that createRequire makes.
func TestMadeRequiresAreRequire(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		`import { createRequire } from "node:module"; const require = createRequire(import.meta.url); export const got = [require("beta"), typeof require("crypto").createHash];`,
		`import { createRequire } from "module"; const load = createRequire(import.meta.url); export const got = [load("beta"), typeof load('node:crypto').createHash];`,
		`import { createRequire as make } from "module"; export const got = [make(import.meta.url)("beta"), typeof make(import.meta.url)("crypto").createHash];`,
		`import module from "module"; const require = module.createRequire(import.meta.url); export const got = [require("beta"), typeof require("crypto").createHash];`,
		`import { createRequire as topLevel } from "module"; import { fileURLToPath } from "url"; const require = topLevel(import.meta.url); const __filename = fileURLToPath(import.meta.url); export const got = [require("beta"), typeof require("crypto").createHash];`,
	} {
		for _, of := range []string{"the action's", "a package's"} {
			t.Run(of+" "+code, func(t *testing.T) {
				t.Parallel()
				files := map[string]string{
					"node_modules/beta/index.js": `module.exports = "beta"`,
					"action.mjs":                 code + ` export const onExecutePostUserRegistration = async () => got;`,
				}
				if of == "a package's" {
					files["action.mjs"] = `import { got } from "alpha"; export const onExecutePostUserRegistration = async () => got;`
					files["node_modules/alpha/index.mjs"] = code
					files["node_modules/alpha/package.json"] = `{"name":"alpha","version":"1.0.0","exports":"./index.mjs"}`
				}
				b, err := bundleOf(t, nil, actionOf(t, "action.mjs", files))
				if err != nil {
					t.Fatal(err)
				}
				if got, want := runInNode(t, b, "return await action.onExecutePostUserRegistration()"), `["beta","function"]`; got != want {
					t.Errorf("got %s, want %s\n%s", got, want, b.Code)
				}
			})
		}
	}
}
