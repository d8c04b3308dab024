package bundle_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

func withCancel(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

func TestBundleSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		entry string // "" is action.js
		files map[string]string
		want  string // DIR stands for the folder
	}{
		{
			name:  "a syntax error",
			files: map[string]string{"action.js": "// 1\nexports.onExecutePostUserRegistration = async (event) => {\n\tconst größe = event.user name;\n};"},
			want: `action.js:3:27: syntax error: expected ";" but found "name"
    const größe = event.user name;
                             ^`,
		},
		{
			name:  "a file that is cut off",
			files: map[string]string{"action.js": "exports.onExecutePostUserRegistration = async () => {"},
			want: `action.js:1:54: syntax error: unexpected end of file
    exports.onExecutePostUserRegistration = async () => {
                                                         ^`,
		},
		{
			name:  "await in a function that is not async",
			files: map[string]string{"action.js": anyHandler + "function f() { await 1; }"},
			want: `action.js:2:16: syntax error: "await" can only be used inside an "async" function
    function f() { await 1; }
                   ^ consider adding the "async" keyword here: action.js:2:1`,
		},
		{
			name:  "await outside of functions",
			entry: "action.mjs",
			files: map[string]string{"action.mjs": "export const onExecutePostUserRegistration = async () => {};\nawait 1;"},
			want: `action.mjs:2:1: await is outside of a function, where an action cannot wait
    await 1;
    ^ move it into the handler, or into a function that the handler awaits`,
		},
		{
			name:  "a package that awaits outside of functions",
			entry: "action.mjs",
			files: map[string]string{
				"action.mjs":              `import "a"; export const onExecutePostUserRegistration = async () => {};`,
				"node_modules/a/index.js": "export const a = await 1;",
			},
			want: `node_modules/a/index.js:1:18: await is outside of a function, where an action cannot wait
    export const a = await 1;
                     ^ use a version of a without it, or another package`,
		},
		{
			name:  "one of Auth0's modules",
			files: map[string]string{"action.js": anyHandler + `require("actions:shared")`},
			want: `action.js:2:9: "actions:shared" is not among the action's shared modules
    require("actions:shared")
            ^ publish it as a shared module (an Actions module) and list it for the action through the Auth0-compatible API; or put its code into the action`,
		},
		{
			name:  "wrong JSON",
			files: map[string]string{"action.js": anyHandler + `require("./a.json")`, "a.json": "{\n  a: 1 }"},
			want: `a.json:2:3: not JSON: expected string in JSON but found "a"
    a: 1 }
    ^`,
		},
		{
			name:  "no handler at all",
			files: map[string]string{"action.js": "console.log(1)"},
			want: `action.js: the action exports no handler
    ^ write: exports.onExecutePostUserRegistration = async (event, api) => { … }, or for pre-user-registration: exports.onExecutePreUserRegistration = async (event, api) => { … }`,
		},
		{
			name:  "a handler with a typing error",
			files: map[string]string{"action.js": "exports.other = 1;\nexports.onExecutePostUserRegistraton = async () => {};"},
			want: `action.js:2:9: the action exports no handler; it exports onExecutePostUserRegistraton, other
    exports.onExecutePostUserRegistraton = async () => {};
            ^ did you mean "onExecutePostUserRegistration"?`,
		},
		{
			name:  "a handler with a typing error in an object",
			files: map[string]string{"action.js": "const other = { a: 1, b() { return {}; } };\nmodule.exports = {\n  async onExecutePostUserRegistraton(event, api) { if (a, b) { c }; }, other, \"last\": [1, d] };"},
			want: `action.js:3:9: the action exports no handler; it exports last, onExecutePostUserRegistraton, other
    async onExecutePostUserRegistraton(event, api) { if (a, b) { c }; }, other, "last": [1, d] };
          ^ did you mean "onExecutePostUserRegistration"?`,
		},
		{
			name:  "a handler for another trigger",
			entry: "action.ts",
			files: map[string]string{"action.ts": "export const onExecutePostLogin = async () => {};"},
			want: `action.ts:1:14: the action exports no handler; it exports onExecutePostLogin
    export const onExecutePostLogin = async () => {};
                 ^ "onExecutePostLogin" is for another trigger, post-login: this host runs onExecutePostUserRegistration and onExecutePreUserRegistration`,
		},
		{
			name:  "a package that is not installed",
			files: map[string]string{"action.js": anyHandler + `const axios = require("axios");`},
			want: `action.js:2:23: package "axios" is not installed
    const axios = require("axios");
                          ^ run: npm install axios (in DIR)`,
		},
		{
			name:  "a package that is listed but not installed",
			files: map[string]string{"action.js": anyHandler + `require("@slack/webhook/x");`, "package.json": `{"dependencies":{"@slack/webhook":"8"}}`},
			want: `action.js:2:9: package "@slack/webhook" is not installed
    require("@slack/webhook/x");
            ^ package.json lists it, so run: npm install (in DIR)`,
		},
		{
			name:  "a package's name with a typing error",
			files: map[string]string{"action.js": anyHandler + `require("axois");`, "package.json": `{"dependencies":{"axios":"1"}}`},
			want: `action.js:2:9: package "axois" is not installed
    require("axois");
            ^ did you mean "axios"?`,
		},
		{
			name: "a part that a package does not export",
			files: map[string]string{
				"action.js":                   anyHandler + `require("a/lib/inner"); require("a/utlis")`,
				"node_modules/a/lib/inner.js": ``,
				"node_modules/a/package.json": `{"name":"a","version":"1.2.3","exports":{".":"./lib/inner.js","./utils":"./lib/inner.js","./package.json":"./package.json"}}`,
			},
			want: `action.js:2:9: package "a" 1.2.3 does not export "./lib/inner"
    require("a/lib/inner"); require("a/utlis")
            ^ it exports ./utils
action.js:2:33: package "a" 1.2.3 does not export "./utlis"
    require("a/lib/inner"); require("a/utlis")
                                    ^ did you mean "a/utils"?`,
		},
		{
			name: "a package without the file that it names",
			files: map[string]string{
				"action.js":                   anyHandler + `require("a")`,
				"node_modules/a/package.json": `{"name":"a","version":"1.2.3","main":"dist/a.js"}`,
			},
			want: `action.js:2:9: package "a" 1.2.3 has no code that can be bundled
    require("a")
            ^ install it again, or see its documentation on how to import it`,
		},
		{
			name: "a native add-on",
			files: map[string]string{
				"action.js":                             anyHandler + `require("bcrypt")`,
				"node_modules/bcrypt/index.js":          "\nmodule.exports = require('./build/bcrypt.node')",
				"node_modules/bcrypt/build/bcrypt.node": "",
			},
			want: `node_modules/bcrypt/index.js:2:26: node_modules/bcrypt/build/bcrypt.node is a native add-on, machine code, which a sandbox cannot run
    module.exports = require('./build/bcrypt.node')
                             ^ use bcryptjs instead`,
		},
		{
			name:  "a file that is not there",
			files: map[string]string{"action.js": anyHandler + `require("./lib/mial"); require("./nowhere/x")`, "lib/mail.js": ""},
			want: `action.js:2:9: there is no file "./lib/mial"
    require("./lib/mial"); require("./nowhere/x")
            ^ did you mean "./lib/mail"?
action.js:2:32: there is no file "./nowhere/x"
    require("./lib/mial"); require("./nowhere/x")
                                   ^ its folder does not exist either; the path is relative to the importing file`,
		},
		{
			name:  "a module that Node has not",
			files: map[string]string{"action.js": anyHandler + `require("node:cripto")`},
			want: `action.js:2:9: Node has no module "node:cripto"
    require("node:cripto")
            ^ did you mean "node:crypto"?`,
		},
		{
			name:  "a Node module's name with a typing error",
			files: map[string]string{"action.js": anyHandler + `require("crytpo")`},
			want: `action.js:2:9: package "crytpo" is not installed
    require("crytpo")
            ^ did you mean "crypto"?`,
		},
		{
			name:  "an address",
			entry: "action.mjs",
			files: map[string]string{"action.mjs": `import x from "https://esm.sh/x"; export const onExecutePostUserRegistration = async () => x;`},
			want: `action.mjs:1:15: "https://esm.sh/x" is an address, and actions import packages
    import x from "https://esm.sh/x"; export const onExecutePostUserRegistration = async () => x;
                  ^ install the package and import it by its name`,
		},
		{
			name:  "a name that a file does not export",
			entry: "action.mjs",
			files: map[string]string{"action.mjs": "import { sent } from \"./mail.mjs\";\nexport const onExecutePostUserRegistration = async () => sent;", "mail.mjs": "export const send = 1;"},
			want: `action.mjs:1:10: mail.mjs exports no "sent"
    import { sent } from "./mail.mjs";
             ^ did you mean "send"?`,
		},
		{
			name:  "data of no kind that can be imported",
			files: map[string]string{"action.js": anyHandler + `require("./logo.png")`, "logo.png": "x"},
			want: `action.js:2:9: logo.png is neither code nor JSON nor text
    require("./logo.png")
            ^ import .js, .ts, .json or .txt files; keep other data in one of them`,
		},
		{
			name:  "a name that is declared twice",
			files: map[string]string{"action.js": anyHandler + "const a = 1;\nlet a = 2;"},
			want: `action.js:3:5: syntax error: the symbol "a" has already been declared
    let a = 2;
        ^ the symbol "a" was originally declared here: action.js:2:7`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.entry == "" {
				tt.entry = "action.js"
			}
			src := actionOf(t, tt.entry, tt.files)
			_, err := bundleOf(t, nil, src)
			var wrong *host.BuildFailure
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want an Error", err)
			}
			if got := strings.ReplaceAll(wrong.Error(), realPath(t, src.Dir), "DIR"); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// closedSource is an action that came by an API: code alone.
func closedSource(code string) bundle.Source {
	return bundle.Source{Name: "action.js", Code: []byte(anyHandler + code)}
}

func TestCodeWithoutAFolderReadsNoFilesOfTheHost(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, map[string]string{"secret.json": `{"key": 1}`})
	secret := strings.ReplaceAll(dir, `\`, `/`) + "/secret.json"
	for code, want := range map[string]string{
		`require("` + secret + `")`:                 "is outside of what the action may read",
		`require("file://` + secret + `")`:          "is an address, and actions import packages",
		`require("./secret.json")`:                  `there is no file "./secret.json"`,
		`require("../../../../etc/hosts.txt")`:      `there is no file "../../../../etc/hosts.txt"`,
		`require("axios")`:                          `add it to the action's dependencies: {"name": "axios", "version": "latest"}`,
		`require("./" + process.argv[1] + ".json")`: `"./**/*.json" is outside of what the action may read`,
		`require("data:text/javascript,1%0a//# sourceMappingURL=file://` + secret + `")`: "is outside of what the action may read",
	} {
		_, err := bundleOf(t, nil, closedSource(code))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", code, err, want)
		}
	}
}

func TestCodeWithoutAFolderLearnsNoNamesOfTheHostsFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.ToSlash(folderOf(t, map[string]string{"master.key": "c2VjcmV0"}))
	pattern := strings.Repeat("../", 20) + strings.TrimPrefix(dir, "/") + "/"
	_, err := bundleOf(t, nil, closedSource(`require("`+pattern+`" + process.argv[1])`))
	if err == nil || strings.Contains(err.Error(), "master") {
		t.Errorf("got %v", err)
	}
}

func TestCodeWithoutAFolderReadsNoSourceMapsOfTheHost(t *testing.T) {
	t.Parallel()
	secret := filepath.ToSlash(folderOf(t, map[string]string{"master.key": "c2VjcmV0"})) + "/master.key"
	up := strings.Repeat("../", 20) + strings.TrimPrefix(secret, "/")
	for _, comment := range []string{
		"//# sourceMappingURL=file://" + secret, "//@ sourceMappingURL=" + up, "/*# sourceMappingURL=" + up + " */",
		"//# sourceMappingURL=" + up + "\n<!-- //# sourceMappingURL=" + up,
	} {
		src := closedSource(`require("actions:a");` + comment)
		src.SharedModules = map[string]bundle.SharedModule{"a": {Code: []byte("exports.a = 1; " + comment)}}
		if _, err := bundleOf(t, nil, src); err != nil {
			t.Errorf("%s: %v", comment, err)
		}
	}
}

func TestBundleIsLimited(t *testing.T) {
	t.Parallel()
	big := "module.exports = " + `"` + strings.Repeat("x", bundle.MaxBytes) + `"`
	_, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
		"action.js":                     anyHandler + `require("big"); require("small")`,
		"node_modules/big/index.js":     big,
		"node_modules/big/package.json": `{"name":"big","version":"1.0.0"}`,
		"node_modules/small/index.js":   "",
	}))
	if err == nil || !strings.Contains(err.Error(), "over the limit of 12.0 MiB; most of it from big 12.0 MiB") {
		t.Errorf("got %.300v", err)
	}
}
