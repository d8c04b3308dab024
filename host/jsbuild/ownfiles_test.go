package jsbuild_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

// reads are forms in which a package reads its file data/list.txt when it loads.
var reads = []struct{ file, code string }{
	{"index.js", `const fs = require("fs"), path = require("path"); exports.got = fs.readFileSync(path.join(__dirname, "data", 'list.txt')).toString();`},
	{"index.js", `const { readFileSync } = require("node:fs"), { resolve } = require("node:path"); exports.got = readFileSync(resolve(__dirname, "./data/list.txt"), "utf8");`},
	{"index.js", `exports.got = require("fs").readFileSync(__dirname + "/data/list.txt", { encoding: "utf-8" });`},
	{"index.js", `const path = require("path"); exports.got = require("fs").readFileSync(__dirname + path.sep + "data" + path.sep + "list.txt", "utf8");`},
	{"index.js", "exports.got = require('fs').readFileSync(`${__dirname}/data/list.txt`, 'utf8');"},
	{"index.js", `exports.got = require("fs").readFileSync(require.resolve("./data/list.txt"), "utf8");`},
	{"index.js", `const path = require("path"); exports.got = require("fs").readFileSync(path.join(path.dirname(__filename), "data/list.txt"), "base64");`},
	{"lib/index.js", `const here = __dirname; const { join } = require("path"); exports.got = require("fs").readFileSync(join(here, "..", "data", "list.txt"), "latin1");`},
	{"index.mjs", `import { readFileSync } from "node:fs"; export const got = readFileSync(new URL("./data/list.txt", import.meta.url), "utf8");`},
	{"index.mjs", `import fs from "fs"; import path from "path"; import { fileURLToPath } from "url"; const __dirname = path.dirname(fileURLToPath(import.meta.url)); export const got = fs.readFileSync(path.join(__dirname, "data/list.txt"), "utf8");`},
	{"index.mjs", `import { readFileSync } from "fs"; import { join } from "path"; export const got = readFileSync(join(import.meta.dirname, "data", "list.txt")).toString("utf8");`},
	{"index.js", `exports.got = new Promise((done) => require("fs").readFile(__dirname + "/data/list.txt", "utf8", (e, text) => done(e ?? text)));`},
	{"index.js", `exports.got = require("fs").promises.readFile(__dirname + "/data/list.txt", "utf8");`},
	{"index.mjs", `import { readFile } from "node:fs/promises"; export const got = readFile(new URL("./data/list.txt", import.meta.url), "utf8");`},
	{"index.js", `const fs = require("fs"), file = __dirname + "/data/list.txt"; exports.got = [fs.existsSync(file), fs.statSync(file).isFile(), fs.statSync(file).isDirectory(), fs.statSync(file).size, fs.existsSync(__dirname + "/data/none.txt")];`},
	{"index.js", `const fs = require("fs"); exports.got = [...fs.readFileSync(__dirname + "/data/bytes.bin")].concat(JSON.parse(fs.readFileSync(__dirname + "/package.json")).name);`},
	{"index.js", `const fs = require("fs"); exports.got = fs.readFileSync(__dirname + "/data/marked.txt", "utf8").length;`},
}

// TestFilesThatCodeReadsBesideItselfAreNodes reads in all forms, in a package and in the
// author's own folder.
func TestFilesThatCodeReadsBesideItselfAreNodes(t *testing.T) {
	t.Parallel()
	dir, action := t.TempDir(), `import { readFileSync } from "node:fs";`+"\n"
	write := func(name, content string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, r := range reads {
		pkg := fmt.Sprintf("node_modules/reader%d/", i)
		write(pkg+r.file, r.code)
		write(pkg+"package.json", fmt.Sprintf(`{"name":"reader%d","version":"1.0.0","exports":"./%s"}`, i, r.file))
		write(pkg+"data/list.txt", "a\nb\nß\u2028.")
		write(pkg+"data/bytes.bin", "\x00\xff\xfe\x80")
		write(pkg+"data/marked.txt", "\ufeffa")
		action += fmt.Sprintf("import * as r%d from %q;\n", i, fmt.Sprintf("reader%d", i))
	}
	action += `const own = readFileSync(new URL("./own.txt", import.meta.url), "utf8"); export const onExecutePostUserRegistration = async () => {`
	for i := range reads {
		action += fmt.Sprintf("console.log(%d, JSON.stringify(await r%d.got));\n", i, i)
	}
	action += "console.log(own); };\n"
	write("own.txt", "the author's")
	write("package.json", "{}")
	write("action.mjs", action)
	write("run.mjs", `import { onExecutePostUserRegistration as run } from "./action.mjs"; await run();`)
	cmd := exec.CommandContext(t.Context(), "node", "run.mjs")
	cmd.Dir = dir
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.mjs", Code: []byte(action), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{})
	if err != nil || result.Error != nil {
		t.Fatal(err, result.Error)
	}
	var got strings.Builder
	for _, l := range result.Logs {
		fmt.Fprintln(&got, l.Message)
	}
	if got.String() != string(want) || len(result.Logs) != len(reads)+1 {
		t.Errorf("logged\n%s\nin Node\n%s", got.String(), want)
	}
}
