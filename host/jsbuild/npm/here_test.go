package npm_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
	"github.com/usherhost/usher/host/jsbuild/npm/npmtest"
)

// noNpm is the path of a program that is not there.
func noNpm(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "npm") }

// tree lists the packages below a folder's node_modules with their versions.
func tree(t *testing.T, dir string) (list []string) {
	t.Helper()
	var m npm.Manifests
	err := filepath.WalkDir(filepath.Join(dir, "node_modules"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Name() == "package.json" {
			at, _ := filepath.Rel(dir, filepath.Dir(path))
			found := m.In(filepath.Dir(path))
			list = append(list, at+" "+found.Name+"@"+found.Version)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// TestWithoutNpmTheSameIsInstalled compares with npm's own installation of the same list.
func TestWithoutNpmTheSameIsInstalled(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	needs := func(pairs ...string) map[string]any {
		list := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			list[pairs[i]] = pairs[i+1]
		}
		return map[string]any{"dependencies": list}
	}
	for _, version := range []string{"1.0.0", "1.2.0", "2.0.0", "2.1.0-beta.1"} {
		r.Publish(t, "leaf", version, nil)
	}
	r.Publish(t, "old", "1.0.0", needs("leaf", "^1.0.0"))
	r.Publish(t, "new", "1.0.0", needs("leaf", ">=1.5 <3", "old", "1.x || 2"))
	r.Publish(t, "plugin", "1.0.0", map[string]any{"peerDependencies": map[string]string{"leaf": ">=1.0.0", "old": "*", "absent": "*"}, "peerDependenciesMeta": map[string]any{"absent": map[string]any{"optional": true}}})
	r.Publish(t, "strict", "1.0.0", map[string]any{"peerDependencies": map[string]string{"leaf": "^1.0.0"}})
	r.Publish(t, "may", "1.0.0", map[string]any{"optionalDependencies": map[string]string{"leaf": "^2", "gone": "^1.0.0"}})
	r.Publish(t, "@acme/deep", "0.3.1", needs("new", "~1.0.0", "leaf", "1.0.0", "aliased", "npm:leaf@1.2.0"))
	for _, list := range [][]string{
		{"leaf@latest"},
		{"leaf@^1"},
		{"leaf@1.0.0"},
		{"leaf@2.1.0-beta.1"},
		{"old@1.0.0", "leaf@2.0.0"},
		{"new@1.0.0", "old@1.0.0"},
		{"@acme/deep@^0.3", "leaf@2"},
		{"@acme/deep@0.3.1"},
		{"plugin@1.0.0"},
		{"plugin@1.0.0", "strict@1.0.0"},
		{"plugin@1.0.0", "leaf@1.0.0"},
		{"may@1.0.0"},
		{"may@1.0.0", "leaf@1.0.0"},
	} {
		t.Run(strings.ReplaceAll(strings.Join(list, " "), "/", "_"), func(t *testing.T) {
			t.Parallel()
			theirs, err := (&npm.Packages{Registry: r.URL, CacheDir: t.TempDir()}).Install(t.Context(), listed(list...))
			if err != nil {
				t.Fatal(err)
			}
			ours := &npm.Packages{Registry: r.URL, CacheDir: t.TempDir(), Npm: noNpm(t)}
			dir, err := ours.Install(t.Context(), listed(list...))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := tree(t, dir), tree(t, theirs); !slices.Equal(got, want) {
				t.Errorf("installed\n%s\nnpm installs\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			ours.Offline = true
			if again, err := ours.Install(t.Context(), listed(list...)); err != nil || again != dir {
				t.Errorf("again: %s, %v", again, err)
			}
		})
	}
}

func TestWithoutNpmTheSameIsWrong(t *testing.T) {
	t.Parallel()
	r := npmtest.New(t)
	r.Publish(t, "alpha", "1.2.0", nil)
	r.Publish(t, "git", "1.0.0", map[string]any{"dependencies": map[string]string{"x": "github:someone/x"}})
	r.Publish(t, "lost", "1.0.0", map[string]any{"dependencies": map[string]string{"gone": "^1.0.0"}})
	for _, tt := range []struct {
		list string
		p    *npm.Packages
		want string
	}{
		{"beta@1.0.0", &npm.Packages{}, `package "beta" does not exist in the registry`},
		{"lost@1.0.0", &npm.Packages{}, `package "gone" does not exist in the registry`},
		{"alpha@3.0.0", &npm.Packages{}, `package "alpha" has no version 3.0.0; the newest is 1.2.0`},
		{"git@1.0.0", &npm.Packages{}, "in no registry: x github:someone/x"},
		{"alpha@1.2.0", &npm.Packages{MaxBytes: 10}, "can't be unpacked"},
	} {
		tt.p.Registry, tt.p.CacheDir, tt.p.Npm = r.URL, t.TempDir(), noNpm(t)
		_, err := tt.p.Install(t.Context(), listed(tt.list))
		if _, ok := errors.AsType[*host.BuildFailure](err); !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.list, err)
		}
		if left, _ := filepath.Glob(filepath.Join(tt.p.CacheDir, "trees", "*")); len(left) > 0 {
			t.Errorf("%s left %v", tt.list, left)
		}
	}
}

// TestARegistryLeadsToNoOtherHost: not to one of the network that the host is in.
func TestARegistryLeadsToNoOtherHost(t *testing.T) {
	t.Parallel()
	asked := false
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inner.Close()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"version":"1.0.0","dist":{"tarball":"` + inner.URL + `/a.tgz","integrity":"sha512-"}}}}`))
	}))
	defer evil.Close()
	_, err := (&npm.Packages{Registry: evil.URL, CacheDir: t.TempDir(), Npm: noNpm(t)}).Install(t.Context(), listed("alpha@1.0.0"))
	if err == nil || asked {
		t.Errorf("asked %t, %v", asked, err)
	}
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	_, err = (&npm.Packages{Registry: down.URL, CacheDir: t.TempDir(), Npm: noNpm(t)}).Install(t.Context(), listed("alpha@1.0.0"))
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("a registry that is down: %v", err)
	}
}
