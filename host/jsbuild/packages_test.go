package jsbuild_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild"
)

// registry is an npm registry of its own.
type registry struct {
	*httptest.Server
	mu       sync.Mutex
	versions map[string]map[string][]byte // guarded by mu: package → version → tarball
	asked    map[string]int               // guarded by mu: path → how often
	needs    map[string]map[string]string // guarded by mu: package → its dependencies
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{versions: map[string]map[string][]byte{}, asked: map[string]int{}, needs: map[string]map[string]string{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// publish adds a package of one file, which exports its version.
func (r *registry) publish(t *testing.T, name, version string, fields map[string]any) {
	t.Helper()
	manifest := map[string]any{"name": name, "version": version, "main": "index.js"}
	maps.Copy(manifest, fields)
	comment, _ := fields["comment"].(string) // at the end of its code
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for file, text := range map[string]string{"package.json": string(text), "index.js": `module.exports = "` + name + "@" + version + `";` + comment} {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + file, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if needs, ok := fields["dependencies"].(map[string]string); ok {
		r.needs[name] = needs
	}
	if r.versions[name] == nil {
		r.versions[name] = map[string][]byte{}
	}
	r.versions[name][version] = b.Bytes()
}

// requests counts how often npm asked for a path.
func (r *registry) requests(path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[path]
}

func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := strings.TrimPrefix(req.URL.Path, "/")
	r.asked[path]++
	if name, version, ok := strings.Cut(path, "/-/"); ok {
		if tarball, ok := r.versions[name][strings.TrimSuffix(version, ".tgz")]; ok {
			_, _ = w.Write(tarball)
			return
		}
	}
	if versions, ok := r.versions[path]; ok {
		_ = json.NewEncoder(w).Encode(r.describe(path, versions))
		return
	}
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"error":"Not found"}`))
}

func (r *registry) describe(name string, versions map[string][]byte) map[string]any {
	list := map[string]any{}
	for version, tarball := range versions {
		sum := sha512.Sum512(tarball)
		list[version] = map[string]any{"name": name, "version": version, "dependencies": r.needs[name], "dist": map[string]any{
			"tarball":   r.URL + "/" + name + "/-/" + version + ".tgz",
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		}}
	}
	all := slices.Sorted(maps.Keys(versions))
	return map[string]any{"name": name, "dist-tags": map[string]string{"latest": all[len(all)-1]}, "versions": list}
}

// installed reads the versions of what stands in a folder's node_modules.
func installed(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	text, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	for path, p := range lock.Packages {
		if name, ok := strings.CutPrefix(path, "node_modules/"); ok {
			if _, err := os.Stat(filepath.Join(dir, path, "index.js")); err != nil {
				t.Error(err)
			}
			found[name] = p.Version
		}
	}
	return found
}

func deps(list ...string) []host.Dependency {
	var all []host.Dependency
	for _, d := range list {
		at := strings.LastIndex(d, "@")
		all = append(all, host.Dependency{Name: d[:at], Version: d[at+1:]})
	}
	return all
}

func TestInstallKeepsWhatItInstalled(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", map[string]any{"scripts": map[string]string{"postinstall": "touch /usher-was-here; exit 1"}})
	r.publish(t, "@s/beta", "2.0.0", nil)
	r.publish(t, "@s/beta", "2.1.0", nil)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	dir, err := p.Install(t.Context(), deps("alpha@1.0.0", "@s/beta@2.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := installed(t, dir), map[string]string{"alpha": "1.0.0", "@s/beta": "2.0.0"}; !maps.Equal(got, want) {
		t.Errorf("installed %v, want %v", got, want)
	}
	r.Close()
	offline := &jsbuild.Packages{Registry: r.URL, CacheDir: p.CacheDir, Offline: true}
	again, err := offline.Install(t.Context(), deps("@s/beta@2.0.0", "alpha@1.0.0"))
	if err != nil || again != dir {
		t.Errorf("the same list in another order, offline: %s, %v; want %s", again, err, dir)
	}
	_, err = offline.Install(t.Context(), deps("alpha@1.0.0"))
	if err == nil || !strings.Contains(err.Error(), "packages are not in the cache, and nothing may be fetched: alpha@1.0.0") {
		t.Errorf("another list, offline: %v", err)
	}
}

func TestInstallResolvesTagsAnew(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir(), Fresh: time.Hour}
	at := func(p *jsbuild.Packages) string {
		dir, err := p.Install(t.Context(), []host.Dependency{{Name: "alpha"}})
		if err != nil {
			t.Fatal(err)
		}
		return installed(t, dir)["alpha"]
	}
	if got := at(p); got != "1.0.0" {
		t.Fatalf("installed %s, want 1.0.0", got)
	}
	r.publish(t, "alpha", "1.1.0", nil)
	if got := at(p); got != "1.0.0" {
		t.Errorf("while it is fresh: %s, want 1.0.0", got)
	}
	hasty := &jsbuild.Packages{Registry: r.URL, CacheDir: p.CacheDir, Fresh: time.Nanosecond}
	if got := at(hasty); got != "1.1.0" {
		t.Errorf("once it is stale: %s, want 1.1.0", got)
	}
}

func TestInstallSweepsWhatNobodyUses(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	age := func(path string, d time.Duration) string {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-d)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	old := age(filepath.Join(p.CacheDir, "trees", "old"), 31*24*time.Hour)
	recent := age(filepath.Join(p.CacheDir, "trees", "recent"), 29*24*time.Hour)
	rest := age(filepath.Join(p.CacheDir, "new-1"), 25*time.Hour)
	if _, err := p.Install(t.Context(), deps("alpha@1.0.0")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{old: false, recent: true, rest: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %t, want %t", path, err == nil, want)
		}
	}
}

func TestEqualRequestsShareOneInstallation(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	cache := t.TempDir()
	one, other := &jsbuild.Packages{Registry: r.URL, CacheDir: cache}, &jsbuild.Packages{Registry: r.URL, CacheDir: cache}
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			p := one
			if i%2 == 1 {
				p = other
			}
			if _, err := p.Install(t.Context(), deps("alpha@1.0.0")); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := r.requests("alpha"); n != 1 {
		t.Errorf("the registry was asked for alpha %d times, want once", n)
	}
}

// TestNPMsPagesNameTheDefaultRegistry asks for packages as Auth0's tools do, of a
// host that has a registry of its own.
func TestNPMsPagesNameTheDefaultRegistry(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	r.publish(t, "beta", "1.0.0", nil)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	for _, page := range []string{
		"https://www.npmjs.com/package/alpha", "https://www.npmjs.com/package/alpha/", "https://npmjs.com/package/alpha/v/1.0.0",
		"http://www.npmjs.com/package/@scope/alpha?activeTab=versions", "HTTPS://WWW.NPMJS.COM/package/alpha#readme", " https://npmjs.com ",
		"https://www.npmjs.com:443/", "https://registry.npmjs.org/alpha", "https://www.npmjs.org/package/alpha",
	} {
		list := []host.Dependency{{Name: "alpha", Version: "1.0.0", RegistryURL: page}, {Name: "beta", Version: "1.0.0"}}
		if _, err := p.Install(t.Context(), list); err != nil {
			t.Errorf("%s: %v", page, err)
		}
	}
	for _, other := range []string{
		"https://npmjs.com.example.com/package/alpha", "https://example.com/www.npmjs.com", "https://www.npmjs.com@example.com/",
		"https://www.npmjs.com:8443/package/alpha", "ftp://www.npmjs.com/package/alpha", "//www.npmjs.com/package/alpha",
	} {
		_, err := p.Install(t.Context(), []host.Dependency{{Name: "alpha", Version: "1.0.0", RegistryURL: other}})
		if err == nil || !strings.Contains(err.Error(), "which this host does not use") {
			t.Errorf("%s: %v, want it refused", other, err)
		}
	}
}

func TestInstallSaysWhatIsWrongWithAList(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	r.publish(t, "alpha", "1.2.0", nil)
	for name, address := range map[string]string{
		"cloner": "git+file://" + filepath.ToSlash(t.TempDir()), "caller": r.URL + "/inside.tgz", "linker": "file:" + filepath.ToSlash(t.TempDir()),
	} {
		r.publish(t, name, "1.0.0", map[string]any{"dependencies": map[string]string{"elsewhere": address}})
	}
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	for _, tt := range []struct {
		name string
		deps []host.Dependency
		want string
	}{
		{"a package that needs a repository", deps("cloner@1.0.0"), "needs another one that is in no registry"},
		{"a package that needs an address", deps("caller@1.0.0"), "needs another one that is in no registry"},
		{"a package that needs a folder", deps("linker@1.0.0"), "needs another one that is in no registry"},
		{"a package that does not exist", deps("alhpa@1.0.0"), `package "alhpa" does not exist in the registry`},
		{"a version that does not exist", deps("alpha@9.9.9"), `package "alpha" has no version 9.9.9; the newest is 1.2.0`},
		{"a range that nothing is in", deps("alpha@^3"), `package "alpha" has no version ^3; the newest is 1.2.0`},
		{"an option for a name", deps("--global@1.0.0"), `"--global" is no name of a package`},
		{"a path for a name", deps("../alpha@1.0.0"), `"../alpha" is no name of a package`},
		{"no name", deps("@1.0.0"), `"" is no name of a package`},
		{"a folder for a version", deps("alpha@file:../alpha"), `"file:../alpha" is no version of package "alpha"`},
		{"a repository for a version", deps("alpha@git+ssh://example.com/alpha.git"), `is no version of package "alpha"`},
		{"somebody's repository for a version", deps("alpha@somebody/alpha"), `"somebody/alpha" is no version of package "alpha"`},
		{"an address for a version", deps("alpha@https://example.com/alpha.tgz"), `is no version of package "alpha"`},
		{"another package for a version", deps("alpha@npm:beta"), `"npm:beta" is no version of package "alpha"`},
		{"an option for a version", deps("alpha@--global"), `"--global" is no version of package "alpha"`},
		{"a package twice", deps("alpha@1.0.0", "alpha@1.2.0"), `package "alpha" is listed twice: 1.0.0 and 1.2.0`},
		{"a registry that is not allowed", []host.Dependency{{Name: "alpha", RegistryURL: "http://169.254.169.254"}}, `package "alpha" asks for the registry http://169.254.169.254, which this host does not use`},
		{"registries that cannot be mixed", []host.Dependency{{Name: "alpha"}, {Name: "beta", RegistryURL: "https://registry.npmjs.org"}}, "packages without a scope come from different registries"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := p.Install(t.Context(), tt.deps)
			var wrong *host.BuildFailure
			if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestInstallSaysThatThereIsNoNpm(t *testing.T) {
	t.Parallel()
	p := &jsbuild.Packages{CacheDir: t.TempDir(), Npm: filepath.Join(t.TempDir(), "npm")}
	_, err := p.Install(t.Context(), deps("alpha@1.0.0"))
	var wrong *host.BuildFailure
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "install Node.js, which brings npm, or put node_modules beside the action's file") {
		t.Errorf("got %v", err)
	}
}

func TestInstallKeepsTheHostsKeysFromNpm(t *testing.T) {
	for _, name := range []string{"USHER_SECRETS_KEY", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "GITHUB_TOKEN", "MY_NPM_TOKEN", "LD_PRELOAD_"} {
		t.Setenv(name, "of the host")
	}
	t.Setenv("NPM_TOKEN", "of npm")
	t.Setenv("npm_config_registry", "http://127.0.0.1:1/")
	t.Setenv("https_proxy", "http://127.0.0.1:2/")
	dir := t.TempDir()
	npm := filepath.Join(dir, "npm")
	if err := os.WriteFile(npm, []byte("#!/bin/sh\nenv >"+filepath.Join(dir, "seen")+"\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &jsbuild.Packages{CacheDir: t.TempDir(), Npm: npm}
	if _, err := p.Install(t.Context(), deps("alpha@1.0.0")); err == nil {
		t.Error("an npm that fails installed something")
	}
	seen, err := os.ReadFile(filepath.Join(dir, "seen"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(seen), "of the host") {
		t.Errorf("npm saw %s", seen)
	}
	for _, needed := range []string{"NPM_TOKEN=of npm", "npm_config_registry=http", "https_proxy=http", "PATH=/", "HOME="} {
		if !strings.Contains(string(seen), needed) {
			t.Errorf("npm did not see %s, but %s", needed, seen)
		}
	}
}

func TestInstallEndsInTime(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		select {
		case <-req.Context().Done():
		case <-gone:
		}
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(gone) })
	p := &jsbuild.Packages{Registry: silent.URL, CacheDir: t.TempDir(), Timeout: time.Second}
	_, err := p.Install(t.Context(), deps("alpha@1.0.0"))
	if host.CodeOf(err) != host.Unavailable || !strings.Contains(err.Error(), "npm was stopped after 1s: its registry "+silent.URL+" did not answer in time") {
		t.Errorf("got %v", err)
	}
}

func TestInstallWithoutItsRegistry(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir(), Fresh: time.Nanosecond}
	before, err := p.Install(t.Context(), deps("alpha@latest"))
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := p.Install(t.Context(), deps("beta@1.0.0")); err == nil || !strings.Contains(err.Error(), "cannot be reached (ECONNREFUSED)") {
		t.Errorf("what the cache has not: %v", err)
	}
	if after, err := p.Install(t.Context(), deps("alpha@latest")); err != nil || after != before {
		t.Errorf("what the cache has, if stale: %s, %v; want %s", after, err, before)
	}
}

func TestAVersionIsFetchedBesideTheFoldersOwn(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "0.27.2", nil)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	b, err := jsbuild.BundleOf(t.Context(), p, actionOf(t, "action.mjs", map[string]string{
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
	r := newRegistry(t)
	for _, v := range []string{"0.27.2", "1.0.0", "1.1.0"} {
		r.publish(t, "alpha", v, nil)
		r.publish(t, "@s/beta", v, nil)
	}
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	src := jsbuild.Source{
		Name:         "action.js",
		Code:         []byte(anyHandler + `exports.got = [require("alpha"), require("alpha@0.27.2"), require("alpha@1.1.0"), require("@s/beta@^1"), require("@s/beta@1.0.0")];`),
		Dependencies: []host.Dependency{{Name: "alpha"}},
	}
	b, err := jsbuild.BundleOf(t.Context(), p, src)
	if err != nil {
		t.Fatal(err)
	}
	got, want := runInNode(t, b, "return action.got"), `["alpha@1.1.0","alpha@0.27.2","alpha@1.1.0","@s/beta@1.1.0","@s/beta@1.0.0"]`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	packages := []jsbuild.Package{{Name: "@s/beta", Version: "1.0.0"}, {Name: "@s/beta", Version: "1.1.0"}, {Name: "alpha", Version: "0.27.2"}, {Name: "alpha", Version: "1.1.0"}}
	if !slices.Equal(b.Packages, packages) {
		t.Errorf("packages %v, want %v", b.Packages, packages)
	}
}

func TestListedPackagesMakeTheSameBundleOnEveryMachine(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	var first *jsbuild.Bundle
	for range 2 {
		p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
		b, err := jsbuild.BundleOf(t.Context(), p, jsbuild.Source{
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
	r := newRegistry(t)
	r.publish(t, "alpha", "1.0.0", nil)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	src := actionOf(t, "action.js", map[string]string{
		"action.js":                   anyHandler + `exports.got = require("alpha"); require("stray")`,
		"node_modules/alpha/index.js": "",
		"node_modules/stray/index.js": "",
	})
	src.Dependencies = deps("alpha@1.0.0")
	_, err := jsbuild.BundleOf(t.Context(), p, src)
	if err == nil || !strings.Contains(err.Error(), `package "stray" is not among the action's dependencies`) {
		t.Errorf("got %v", err)
	}
	src.Code = bytes.ReplaceAll(src.Code, []byte(`require("stray")`), nil)
	b, err := jsbuild.BundleOf(t.Context(), p, src)
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
	r := newRegistry(t)
	p := &jsbuild.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	up := strings.Repeat("../", 20)
	for version, fields := range map[string]map[string]any{
		"1.0.0": {"main": up + strings.TrimPrefix(secret, "/")},
		"2.0.0": {"browser": map[string]string{"./index.js": up + strings.TrimPrefix(secret, "/")}},
		"3.0.0": {"comment": "//# sourceMappingURL=file://" + secret + ".txt"},
	} {
		r.publish(t, "spy", version, fields)
		b, err := jsbuild.BundleOf(t.Context(), p, jsbuild.Source{Name: "action.js", Code: []byte(anyHandler + `exports.got = require("spy")`), Dependencies: deps("spy@" + version)})
		if err == nil && bytes.Contains(b.Code, []byte("key")) {
			t.Errorf("spy %s read a file: %s", version, b.Code)
		}
		if version == "3.0.0" && err != nil {
			t.Errorf("spy %s: %v", version, err)
		}
	}
}
