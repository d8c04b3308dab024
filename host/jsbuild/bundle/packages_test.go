package bundle_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/npm/npmtest"
)

func TestAVersionIsFetchedBesideTheFoldersOwn(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "0.27.2", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	b, err := bundleOf(t, p, actionOf(t, "action.mjs", map[string]string{
		"action.mjs": `import old from "alpha@0.27.2"; import own from "alpha@^1"; import plain from "alpha";
			export const onExecutePostUserRegistration = async () => [old, own, plain];`,
		"node_modules/alpha/index.js":     `module.exports = "own"`,
		"node_modules/alpha/package.json": `{"name":"alpha","version":"1.4.0"}`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := runInNode(t, b, "return await action.onExecutePostUserRegistration()"), `["alpha@0.27.2","own","own"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVersionsStandSideBySide(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	for _, v := range []string{"0.27.2", "1.0.0", "1.1.0"} {
		r.Publish(t, "alpha", v, nil)
		r.Publish(t, "@s/beta", v, nil)
	}
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	src := bundle.Source{
		Name:         "action.js",
		Code:         []byte(anyHandler + `exports.got = [require("alpha"), require("alpha@0.27.2"), require("alpha@1.1.0"), require("@s/beta@^1"), require("@s/beta@1.0.0")];`),
		Dependencies: []host.Dependency{{Name: "alpha"}},
	}
	b, err := bundleOf(t, p, src)
	if err != nil {
		t.Fatal(err)
	}
	got, want := runInNode(t, b, "return action.got"), `["alpha@1.1.0","alpha@0.27.2","alpha@1.1.0","@s/beta@1.1.0","@s/beta@1.0.0"]`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	packages := []bundle.Package{{Name: "@s/beta", Version: "1.0.0"}, {Name: "@s/beta", Version: "1.1.0"}, {Name: "alpha", Version: "0.27.2"}, {Name: "alpha", Version: "1.1.0"}}
	if !slices.Equal(b.Packages, packages) {
		t.Errorf("packages %v, want %v", b.Packages, packages)
	}
}

func TestListedPackagesMakeTheSameBundleOnEveryMachine(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	var first *bundle.Bundle
	for range 2 {
		p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
		b, err := bundleOf(t, p, bundle.Source{
			Name: "action.js", Code: []byte(anyHandler + `exports.f = () => require("alpha");`), Dependencies: deps("alpha@1.0.0"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if !bytes.Equal(b.Code, first.Code) || !bytes.Equal(b.Map, first.Map) {
			t.Fatalf("two bundles differ:\n%s\n%s", first.Code, b.Code)
		}
		if got := runInNode(t, b, "touches[0](); return action.f()"); got != `"alpha@1.0.0"` {
			t.Errorf("got %s", got)
		}
	}
}

func TestListedPackagesAreTheOnlyOnes(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	src := actionOf(t, "action.js", map[string]string{
		"action.js":                   anyHandler + `exports.got = require("alpha"); require("stray")`,
		"node_modules/alpha/index.js": "",
		"node_modules/stray/index.js": "",
	})
	src.Dependencies = deps("alpha@1.0.0")
	_, err := bundleOf(t, p, src)
	if err == nil || !strings.Contains(err.Error(), `package "stray" is not among the action's dependencies`) {
		t.Errorf("got %v", err)
	}
	src.Code = bytes.ReplaceAll(src.Code, []byte(`require("stray")`), nil)
	b, err := bundleOf(t, p, src)
	if err != nil {
		t.Fatal(err)
	}
	if got := runInNode(t, b, "return action.got"); got != `"alpha@1.0.0"` {
		t.Errorf("got %s", got)
	}
}

func TestAPackageReadsNoFilesOfTheHost(t *testing.T) {
	t.Parallel()
	secret := filepath.ToSlash(folderOf(t, map[string]string{"secret.json": `{"key":1}`, "secret.json.txt": "key"})) + "/secret.json"
	r := npmtest.New(t)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	up := strings.Repeat("../", 20)
	for version, fields := range map[string]map[string]any{
		"1.0.0": {"main": up + strings.TrimPrefix(secret, "/")},
		"2.0.0": {"browser": map[string]string{"./index.js": up + strings.TrimPrefix(secret, "/")}},
		"3.0.0": {"comment": "//# sourceMappingURL=file://" + secret + ".txt"},
	} {
		r.Publish(t, "spy", version, fields)
		b, err := bundleOf(t, p, bundle.Source{Name: "action.js", Code: []byte(anyHandler + `exports.got = require("spy")`), Dependencies: deps("spy@" + version)})
		if err == nil && bytes.Contains(b.Code, []byte("key")) {
			t.Errorf("spy %s read a file: %s", version, b.Code)
		}
		if version == "3.0.0" && err != nil {
			t.Errorf("spy %s: %v", version, err)
		}
	}
}
