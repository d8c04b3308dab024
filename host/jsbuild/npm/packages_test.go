package npm_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/npm/npmtest"
)

// listed is the list of packages "NAME@VERSION".
func listed(list ...string) []npm.Requirement {
	var all []npm.Requirement
	for _, p := range list {
		at := strings.LastIndex(p, "@")
		all = append(all, listedFrom(host.Dependency{Name: p[:at], Version: p[at+1:]})...)
	}
	return all
}

// listedFrom is the list of dependencies.
func listedFrom(list ...host.Dependency) []npm.Requirement {
	var all []npm.Requirement
	for _, d := range list {
		all = append(all, npm.Requirement{Dependency: d, Folder: d.Name})
	}
	return all
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

func TestInstallKeepsWhatItInstalled(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", map[string]any{"scripts": map[string]string{"postinstall": "touch /usher-was-here; exit 1"}})
	r.Publish(t, "@s/beta", "2.0.0", nil)
	r.Publish(t, "@s/beta", "2.1.0", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	dir, err := p.Install(t.Context(), listed("alpha@1.0.0", "@s/beta@2.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := installed(t, dir), map[string]string{"alpha": "1.0.0", "@s/beta": "2.0.0"}; !maps.Equal(got, want) {
		t.Errorf("installed %v, want %v", got, want)
	}
	r.Close()
	offline := &npm.Packages{Registry: r.URL, CacheDir: p.CacheDir, Offline: true}
	again, err := offline.Install(t.Context(), listed("@s/beta@2.0.0", "alpha@1.0.0"))
	if err != nil || again != dir {
		t.Errorf("the same list in another order, offline: %s, %v; want %s", again, err, dir)
	}
	_, err = offline.Install(t.Context(), listed("alpha@1.0.0"))
	if err == nil || !strings.Contains(err.Error(), "packages are not in the cache, and nothing may be fetched: alpha@1.0.0") {
		t.Errorf("another list, offline: %v", err)
	}
}

func TestInstallResolvesStaleTagsAgain(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir(), Fresh: time.Hour}
	at := func(p *npm.Packages) string {
		dir, err := p.Install(t.Context(), listedFrom(host.Dependency{Name: "alpha"}))
		if err != nil {
			t.Fatal(err)
		}
		return installed(t, dir)["alpha"]
	}
	if got := at(p); got != "1.0.0" {
		t.Fatalf("installed %s, want 1.0.0", got)
	}
	r.Publish(t, "alpha", "1.1.0", nil)
	if got := at(p); got != "1.0.0" {
		t.Errorf("while it is fresh: %s, want 1.0.0", got)
	}
	hasty := &npm.Packages{Registry: r.URL, CacheDir: p.CacheDir, Fresh: time.Nanosecond}
	if got := at(hasty); got != "1.1.0" {
		t.Errorf("once it is stale: %s, want 1.1.0", got)
	}
}

func TestInstallRemovesUnusedTrees(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
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
	if _, err := p.Install(t.Context(), listed("alpha@1.0.0")); err != nil {
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
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	cache := t.TempDir()
	one, other := &npm.Packages{Registry: r.URL, CacheDir: cache}, &npm.Packages{Registry: r.URL, CacheDir: cache}
	var wait sync.WaitGroup
	for i := range 6 {
		wait.Go(func() {
			p := one
			if i%2 == 1 {
				p = other
			}
			if _, err := p.Install(t.Context(), listed("alpha@1.0.0")); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := r.Requests("alpha"); n != 1 {
		t.Errorf("the registry was asked for alpha %d times, want once", n)
	}
}

// TestNPMsPagesNameTheDefaultRegistry asks for packages as Auth0's tools do, of a
// host that has a registry of its own.
func TestNPMsPagesNameTheDefaultRegistry(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	r.Publish(t, "beta", "1.0.0", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	for _, page := range []string{
		"https://www.npmjs.com/package/alpha", "https://www.npmjs.com/package/alpha/", "https://npmjs.com/package/alpha/v/1.0.0",
		"http://www.npmjs.com/package/@scope/alpha?activeTab=versions", "HTTPS://WWW.NPMJS.COM/package/alpha#readme", " https://npmjs.com ",
		"https://www.npmjs.com:443/", "https://registry.npmjs.org/alpha", "https://www.npmjs.org/package/alpha",
	} {
		list := listedFrom(host.Dependency{Name: "alpha", Version: "1.0.0", RegistryURL: page}, host.Dependency{Name: "beta", Version: "1.0.0"})
		if _, err := p.Install(t.Context(), list); err != nil {
			t.Errorf("%s: %v", page, err)
		}
	}
	for _, other := range []string{
		"https://npmjs.com.example.com/package/alpha", "https://example.com/www.npmjs.com", "https://www.npmjs.com@example.com/",
		"https://www.npmjs.com:8443/package/alpha", "ftp://www.npmjs.com/package/alpha", "//www.npmjs.com/package/alpha",
	} {
		_, err := p.Install(t.Context(), listedFrom(host.Dependency{Name: "alpha", Version: "1.0.0", RegistryURL: other}))
		if err == nil || !strings.Contains(err.Error(), "which this host does not use") {
			t.Errorf("%s: %v, want it refused", other, err)
		}
	}
}

func TestInstallSaysWhatIsWrongWithAList(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	r.Publish(t, "alpha", "1.2.0", nil)
	for name, address := range map[string]string{
		"cloner": "git+file://" + filepath.ToSlash(t.TempDir()), "caller": r.URL + "/inside.tgz", "linker": "file:" + filepath.ToSlash(t.TempDir()),
	} {
		r.Publish(t, name, "1.0.0", map[string]any{"dependencies": map[string]string{"elsewhere": address}})
	}
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}
	for _, tt := range []struct {
		name string
		deps []npm.Requirement
		want string
	}{
		{"a package that needs a repository", listed("cloner@1.0.0"), "needs another one that is in no registry"},
		{"a package that needs an address", listed("caller@1.0.0"), "needs another one that is in no registry"},
		{"a package that needs a folder", listed("linker@1.0.0"), "needs another one that is in no registry"},
		{"a package that does not exist", listed("alhpa@1.0.0"), `package "alhpa" does not exist in the registry`},
		{"a version that does not exist", listed("alpha@9.9.9"), `package "alpha" has no version 9.9.9; the newest is 1.2.0`},
		{"a range that nothing is in", listed("alpha@^3"), `package "alpha" has no version ^3; the newest is 1.2.0`},
		{"an option for a name", listed("--global@1.0.0"), `"--global" is not a valid package name`},
		{"a path for a name", listed("../alpha@1.0.0"), `"../alpha" is not a valid package name`},
		{"no name", listed("@1.0.0"), `"" is not a valid package name`},
		{"a folder for a version", listed("alpha@file:../alpha"), `"file:../alpha" is not a valid version of package "alpha"`},
		{"a repository for a version", listed("alpha@git+ssh://example.com/alpha.git"), `is not a valid version of package "alpha"`},
		{"a GitHub repository for a version", listed("alpha@acme/alpha"), `"acme/alpha" is not a valid version of package "alpha"`},
		{"an address for a version", listed("alpha@https://example.com/alpha.tgz"), `is not a valid version of package "alpha"`},
		{"another package for a version", listed("alpha@npm:beta"), `"npm:beta" is not a valid version of package "alpha"`},
		{"an option for a version", listed("alpha@--global"), `"--global" is not a valid version of package "alpha"`},
		{"a package twice", listed("alpha@1.0.0", "alpha@1.2.0"), `package "alpha" is listed twice: 1.0.0 and 1.2.0`},
		{"a registry that is not allowed", listedFrom(host.Dependency{Name: "alpha", RegistryURL: "http://169.254.169.254"}), `package "alpha" asks for the registry http://169.254.169.254, which this host does not use`},
		{"registries that cannot be mixed", listedFrom(host.Dependency{Name: "alpha"}, host.Dependency{Name: "beta", RegistryURL: "https://registry.npmjs.org"}), "packages without a scope come from different registries"},
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

func TestInstallKeepsTheHostsKeysFromNpm(t *testing.T) {
	for _, name := range []string{"USHER_SECRETS_KEY", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "GITHUB_TOKEN", "MY_NPM_TOKEN", "LD_PRELOAD_"} {
		t.Setenv(name, "of the host")
	}
	t.Setenv("NPM_TOKEN", "of npm")
	t.Setenv("npm_config_registry", "http://127.0.0.1:1/")
	t.Setenv("https_proxy", "http://127.0.0.1:2/")
	dir := t.TempDir()
	program := filepath.Join(dir, "npm")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nenv >"+filepath.Join(dir, "seen")+"\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &npm.Packages{CacheDir: t.TempDir(), Npm: program}
	if _, err := p.Install(t.Context(), listed("alpha@1.0.0")); err == nil {
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
	p := &npm.Packages{Registry: silent.URL, CacheDir: t.TempDir(), Timeout: time.Second}
	_, err := p.Install(t.Context(), listed("alpha@1.0.0"))
	if host.CodeOf(err) != host.Unavailable || !strings.Contains(err.Error(), "npm was stopped after 1s: its registry "+silent.URL+" did not answer in time") {
		t.Errorf("got %v", err)
	}
}

func TestInstallWithoutItsRegistry(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.0.0", nil)
	p := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir(), Fresh: time.Nanosecond}
	before, err := p.Install(t.Context(), listed("alpha@latest"))
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := p.Install(t.Context(), listed("beta@1.0.0")); err == nil || !strings.Contains(err.Error(), "cannot be reached (ECONNREFUSED)") {
		t.Errorf("what the cache has not: %v", err)
	}
	if after, err := p.Install(t.Context(), listed("alpha@latest")); err != nil || after != before {
		t.Errorf("what the cache has, if stale: %s, %v; want %s", after, err, before)
	}
}

// TestAnErrorOfNpmInUnknownWordsIsShownAsItIs holds for the fallback when npm reports
// its errors in another way: see host/docs/upstream-internals.md.
func TestAnErrorOfNpmInUnknownWordsIsShownAsItIs(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		`{"error":{"code":"ENEW","summary":"a new kind of error","detail":""}}`: "install packages: npm: ENEW a new kind of error",
		`{"problem":"a new format"}`:                         `install packages: npm: {"problem":"a new format"}`,
		"no JSON at all":                                     "install packages: npm: no JSON at all",
		`{"error":{"code":"E404","summary":"in new words"}}`: "a package on the list does not exist in the registry",
	} {
		program := filepath.Join(t.TempDir(), "npm")
		if err := os.WriteFile(program, []byte("#!/bin/sh\ncat <<'END'\n"+output+"\nEND\nexit 1\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := (&npm.Packages{CacheDir: t.TempDir(), Npm: program}).Install(t.Context(), listed("alpha@1.0.0"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", output, err, want)
		}
	}
}
