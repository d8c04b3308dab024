package bundle_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/npm/npmtest"
)

const (
	secretMark = "a secret of the host"
	upToCache  = "../../../../" // from a package's folder: node_modules, the tree, trees, the cache
)

// reaching are packages that want a file of the host in the bundle.
func reaching(cache string) map[string]func(r *npmtest.Registry, t *testing.T, name string) {
	of := func(manifest map[string]any, files map[string]string) func(*npmtest.Registry, *testing.T, string) {
		return func(r *npmtest.Registry, t *testing.T, name string) { r.Pack(t, name, manifest, files, nil) }
	}
	index := func(code string) map[string]string { return map[string]string{"index.js": code} }
	far := func(file string) string { return upToCache + file }
	return map[string]func(*npmtest.Registry, *testing.T, string){
		"main":            of(map[string]any{"main": far("secret.js")}, index("")),
		"module-field":    of(map[string]any{"module": far("secret.js")}, index("")),
		"browser":         of(map[string]any{"browser": far("secret.js")}, index("")),
		"browser-map":     of(map[string]any{"browser": map[string]any{"./index.js": far("secret.js")}}, index("")),
		"browser-name":    of(map[string]any{"browser": map[string]any{"other": "./" + far("secret.js")}}, index(`module.exports = require("other");`)),
		"exports":         of(map[string]any{"exports": "./" + far("secret.js")}, index("")),
		"exports-folder":  of(map[string]any{"exports": map[string]any{".": "./index.js", "./*": "./" + far("*")}}, index(`module.exports = require("exports-folder/secret.js");`)),
		"imports":         of(map[string]any{"imports": map[string]any{"#x": "./" + far("secret.js")}}, index(`module.exports = require("#x");`)),
		"path-text":       of(nil, index(`module.exports = require("`+far("secret.txt")+`");`)),
		"path-json":       of(nil, index(`module.exports = require("`+far("secret.json")+`");`)),
		"path-query":      of(nil, index(`module.exports = require("`+far("secret.txt")+`?x");`)),
		"path-absolute":   of(nil, index(`module.exports = require("`+filepath.Join(cache, "secret.txt")+`");`)),
		"attribute-text":  of(nil, index(`import x from "`+far("secret.pem")+`" with { type: "text" }; export default x;`)),
		"attribute-bytes": of(nil, index(`import x from "`+far("secret.pem")+`" with { type: "bytes" }; export default x;`)),
		"pattern":         of(nil, index(`module.exports = (n) => require("`+upToCache+`secret" + n);`)),
		"pattern-comment": of(nil, index(`module.exports = (n) => require(/**/ "`+upToCache+`secret" + n);`)),
		"pattern-folded":  of(nil, index(`module.exports = (n) => require("." + "`+upToCache[1:]+`secret" + n);`)),
		"pattern-escaped": of(nil, index(`module.exports = (n) => require("\x2e`+upToCache[1:]+`secret" + n);`)),
		"pattern-down":    of(nil, index("module.exports = (n) => import(`./${n}/../../../../../secret.js`);")),
		"map":             of(nil, index("let = 1;\n//# sourceMappingURL="+far("secret.map"))),
		"style":           of(nil, map[string]string{"index.js": `module.exports = require("./a.module.css");`, "a.module.css": `@import "` + far("secret.css") + `"; .a { composes: b from "` + far("secret.module.css") + `"; background: url(` + far("secret.txt") + `) }`}),
		"tsconfig":        of(nil, map[string]string{"index.ts": "", "index.js": `module.exports = require("host/secret.js");`, "tsconfig.json": `{"extends": "` + far("secret.json") + `", "compilerOptions": {"baseUrl": ".", "paths": {"host/*": ["` + far("*") + `"]}}}`}),
		"scripts": of(map[string]any{"scripts": map[string]string{"preinstall": "touch " + filepath.Join(cache, "ran"), "install": "touch " + filepath.Join(cache, "ran"), "postinstall": "touch " + filepath.Join(cache, "ran")}},
			map[string]string{"index.js": "", "binding.gyp": "{}", ".npmrc": "ignore-scripts=false\nscript-shell=/bin/sh"}),
		"bin": of(map[string]any{"bin": map[string]string{upToCache + "../ran": "index.js"}, "man": upToCache + "ran.1"}, index("")),
		"link": func(r *npmtest.Registry, t *testing.T, name string) {
			r.Pack(t, name, nil, index(`module.exports = [require("./link.txt"), require("./folder/secret.txt")];`), map[string]string{"link.txt": far("secret.txt"), "folder": strings.TrimSuffix(upToCache, "/")})
		},
	}
}

// TestAPackageReachesNothingOfTheHost installs packages whose files and fields
// lead out of their folders, and bundles an action with each.
func TestAPackageReachesNothingOfTheHost(t *testing.T) {
	t.Parallel()
	cache, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"secret.js": `module.exports = "` + secretMark + `";`, "secret.json": `{"x": "` + secretMark + `"}`, "secret.txt": secretMark, "secret.pem": secretMark,
		"secret.css": `.x { content: "` + secretMark + `" }`, "secret.module.css": `.b { content: "` + secretMark + `" }`,
		"secret.map": `{"version": 3, "sources": ["` + secretMark + `"], "sourcesContent": ["` + secretMark + `"], "names": [], "mappings": "AAAA"}`,
	} {
		if err := os.WriteFile(filepath.Join(cache, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := npmtest.New(t)
	names := slices.Sorted(maps.Keys(reaching(cache)))
	var listed []host.Dependency
	var required []npm.Requirement
	for _, name := range names {
		reaching(cache)[name](r, t, name)
		listed = append(listed, host.Dependency{Name: name, Version: "1.0.0"})
		required = append(required, npm.Requirement{Dependency: listed[len(listed)-1], Folder: name})
	}
	p := &npm.Packages{Registry: r.URL, CacheDir: cache}
	if _, err := p.Install(t.Context(), required); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		src := bundle.Source{Name: "action.js", Code: []byte(`exports.x = require("` + name + `");` + anyHandler), Dependencies: listed}
		made, err := bundleOf(t, p, src)
		if err != nil && strings.Contains(err.Error(), secretMark) {
			t.Errorf("%s: the error shows %v", name, err)
		}
		if made != nil && (bytes.Contains(made.Code, []byte(secretMark)) || bytes.Contains(made.Map, []byte(secretMark))) {
			t.Errorf("%s: the bundle holds the file", name)
		}
		if made != nil && bytes.Contains(made.Code, []byte("YSBzZWNyZXQgb2YgdGhlIGhv")) { // in base64
			t.Errorf("%s: the bundle holds the file's bytes", name)
		}
	}
	for _, file := range []string{filepath.Join(cache, "ran"), filepath.Join(cache, "..", "ran"), filepath.Join(cache, "ran.1")} {
		if _, err := os.Lstat(file); err == nil {
			t.Errorf("installing made %s", file)
		}
	}
}
