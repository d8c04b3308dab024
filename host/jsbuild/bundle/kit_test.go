package bundle_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// bundleOf bundles an action.
func bundleOf(t *testing.T, p *npm.Packages, src bundle.Source) (*bundle.Bundle, error) {
	t.Helper()
	return bundle.Make(t.Context(), src, bundle.Options{Installer: p})
}

// deps is the list of dependencies "NAME@VERSION".
func deps(list ...string) []host.Dependency {
	var all []host.Dependency
	for _, d := range list {
		at := strings.LastIndex(d, "@")
		all = append(all, host.Dependency{Name: d[:at], Version: d[at+1:]})
	}
	return all
}

// anyHandler is the least that an action needs.
const anyHandler = "exports.onExecutePostUserRegistration = async function handler(event, api) {};\n"

// folderOf writes files into a folder of its own.
func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// actionOf is an action of files, one of which is its entry.
func actionOf(t *testing.T, entry string, files map[string]string) bundle.Source {
	t.Helper()
	return bundle.Source{Name: entry, Code: []byte(files[entry]), Dir: folderOf(t, files)}
}

// runInNode evaluates a bundle as the engine does, and returns what script makes of
// it: it finds the exports as action, and the touches as touches.
func runInNode(t *testing.T, b *bundle.Bundle, script string) string {
	t.Helper()
	dir := folderOf(t, map[string]string{"usher-bundle.js": string(b.Code), "run.cjs": `
		const code = require("fs").readFileSync(__dirname + "/usher-bundle.js", "utf8");
		const module_ = { exports: {} }, touches = [];
		const run = new (require("vm").Script)(code, { filename: "usher-bundle.js" }).runInThisContext();
		run.call(module_.exports, module_, module_.exports, require, (f) => touches.push(f));
		const action = module_.exports;
		(async () => { ` + script + ` })().then((v) => console.log(JSON.stringify(v)));`})
	cmd := exec.CommandContext(t.Context(), "node", "run.cjs")
	cmd.Dir = dir
	var out, rest bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &rest
	if err := cmd.Run(); err != nil {
		t.Fatalf("node: %v\n%s\n%s", err, rest.String(), b.Code)
	}
	return strings.TrimSpace(out.String())
}
