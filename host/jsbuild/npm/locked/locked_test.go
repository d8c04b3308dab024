package locked_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/usherhost/usher/host/jsbuild/npm/locked"
)

// file is an entry of a tarball.
type file struct {
	name, content string
	link          bool
}

func tarball(t *testing.T, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.content)), Typeflag: tar.TypeReg}
		if f.link {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, f.content, 0
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if !f.link {
			if _, err := w.Write([]byte(f.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func integrity(content []byte) string {
	sum := sha512.Sum512(content)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// one is a package with one version, as the registry serves it.
func one(t *testing.T, content []byte) (locked.Package, *httptest.Server) {
	t.Helper()
	p := locked.Package{Path: "node_modules/@acme/a", Name: "@acme/a", Version: "1.2.3", Integrity: integrity(content)}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/npm/@acme/a/-/a-1.2.3.tgz" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(content)
	}))
	t.Cleanup(s.Close)
	return p, s
}

func kindOf(err error) (locked.ProblemKind, bool) {
	p, ok := errors.AsType[*locked.Problem](err)
	if !ok {
		return 0, false
	}
	return p.Kind, true
}

func TestPackagesAreUnpackedInTheirFolders(t *testing.T) {
	t.Parallel()
	p, s := one(t, tarball(t, file{name: "package/package.json", content: "{}"}, file{name: "package/lib/a.js", content: "a"}, file{name: "package/a.d.ts", content: "no"}))
	dir := t.TempDir()
	var done atomic.Int64
	i := locked.Installation{
		Source:   locked.Source{Registry: s.URL + "/npm/"},
		Keep:     func(p locked.Package, name string) bool { return p.Name == "@acme/a" && name != "a.d.ts" },
		Progress: func(packages int, size int64) { done.Store(int64(packages)); _ = size },
	}
	if err := i.Install(t.Context(), []locked.Package{p}, dir); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "node_modules", "@acme", "a", "lib", "a.js")); err != nil || string(text) != "a" || done.Load() != 1 {
		t.Errorf("lib/a.js: %q, %v, progress %d", text, err, done.Load())
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@acme", "a", "a.d.ts")); err == nil {
		t.Error("a file was unpacked that is not kept")
	}
}

func TestAChangedTarballIsRefused(t *testing.T) {
	t.Parallel()
	p, s := one(t, tarball(t, file{name: "package/a.js", content: "a"}))
	p.Integrity = integrity([]byte("another"))
	dir := t.TempDir()
	err := locked.Installation{Source: locked.Source{Registry: s.URL + "/npm"}}.Install(t.Context(), []locked.Package{p}, dir)
	if kind, ok := kindOf(err); !ok || kind != locked.Changed || !strings.Contains(err.Error(), "@acme/a@1.2.3") {
		t.Errorf("error %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("unpacked: %v", entries)
	}
}

// TestHostileTarballsStayInTheirFolder: also with a digest that fits, as in a lockfile that
// an attacker wrote.
func TestHostileTarballsStayInTheirFolder(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]file{
		"a path upwards":           {{name: "package/../../../evil.js", content: "x"}},
		"a path upwards at once":   {{name: "../evil.js", content: "x"}},
		"an absolute path":         {{name: "/package/../evil.js", content: "x"}},
		"a path with a backslash":  {{name: `package/..\..\evil.js`, content: "x"}},
		"a folder for the package": {{name: "package/..", content: "x"}},
		"a link":                   {{name: "package/link", content: "/etc", link: true}},
		"a file through a link":    {{name: "package/link", content: "..", link: true}, {name: "package/link/evil.js", content: "x"}},
		"no tar":                   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := tarball(t, files...)
			if files == nil {
				content = []byte("this is not gzip")
			}
			p, s := one(t, content)
			outer := t.TempDir()
			dir := filepath.Join(outer, "in", "ner")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			err := locked.Installation{Source: locked.Source{Registry: s.URL + "/npm"}}.Install(t.Context(), []locked.Package{p}, dir)
			if kind, ok := kindOf(err); !ok || kind != locked.Malformed {
				t.Errorf("error %v", err)
			}
			_ = filepath.WalkDir(outer, func(path string, e os.DirEntry, _ error) error {
				if !e.IsDir() {
					t.Errorf("%s was written", path)
				}
				return nil
			})
		})
	}
}

func TestWhatIsUnpackedIsBounded(t *testing.T) {
	t.Parallel()
	big := tarball(t, file{name: "package/big", content: strings.Repeat("0", 1<<20)})
	many := make([]file, 20)
	for i := range many {
		many[i] = file{name: fmt.Sprintf("package/%d", i), content: "x"}
	}
	for name, tt := range map[string]struct {
		content []byte
		bounds  locked.Installation
		want    string
	}{
		"bytes":             {big, locked.Installation{MaxBytes: 100_000}, "more than 0 MiB"},
		"files":             {tarball(t, many...), locked.Installation{MaxFiles: 10}, "more than 10 files"},
		"tarball":           {big, locked.Installation{Source: locked.Source{MaxTarballBytes: 100}}, "its tarball has more than"},
		"bytes not kept":    {big, locked.Installation{MaxBytes: 100_000, Keep: func(locked.Package, string) bool { return false }}, "more than 0 MiB"},
		"files that do fit": {tarball(t, many...), locked.Installation{MaxFiles: 20, MaxBytes: 100_000}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := one(t, tt.content)
			tt.bounds.Source.Registry = s.URL + "/npm"
			err := tt.bounds.Install(t.Context(), []locked.Package{p}, t.TempDir())
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestARegistryThatFailsForAMomentIsAskedAgain(t *testing.T) {
	t.Parallel()
	content := tarball(t, file{name: "package/a.js", content: "a"})
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		_, _ = w.Write(content)
	}))
	defer s.Close()
	p := locked.Package{Path: "node_modules/a", Name: "a", Version: "1.0.0", Integrity: integrity(content)}
	if got, err := (locked.Source{Registry: s.URL}).Tarball(t.Context(), p); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestWhatIsWrongWithARegistryIsNamed(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]locked.ProblemKind{
		404: locked.Absent, 401: locked.Refused, 403: locked.Refused, 500: locked.Unreachable, 418: locked.Absent, 0: locked.Unreachable,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			defer s.Close()
			if status == 0 {
				s.Close()
			}
			source := locked.Source{Registry: strings.Replace(s.URL, "http://", "http://ada:hunter2@", 1)}
			_, err := source.Tarball(t.Context(), locked.Package{Name: "a", Version: "1.0.0", Integrity: integrity(nil)})
			if kind, ok := kindOf(err); !ok || kind != want || strings.Contains(err.Error()+source.Name()+source.Address(), "hunter2") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestUserAndPasswordOfARegistryAreSent(t *testing.T) {
	t.Parallel()
	content := tarball(t, file{name: "package/a.js", content: "a"})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ada" || password != "hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(content)
	}))
	defer s.Close()
	registry := strings.Replace(s.URL, "http://", "http://ada:hunter2@", 1)
	if _, err := (locked.Source{Registry: registry}).Tarball(t.Context(), locked.Package{Name: "a", Version: "1.0.0", Integrity: integrity(content)}); err != nil {
		t.Error(err)
	}
}

func TestAPasswordAloneIsAToken(t *testing.T) {
	t.Parallel()
	content := tarball(t, file{name: "package/a.js", content: "a"})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer npm_hunter2" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write(content)
	}))
	defer s.Close()
	source := locked.Source{Registry: strings.Replace(s.URL, "http://", "http://:npm_hunter2@", 1)}
	if _, err := source.Tarball(t.Context(), locked.Package{Name: "a", Version: "1.0.0", Integrity: integrity(content)}); err != nil || strings.Contains(source.Name(), "hunter2") {
		t.Errorf("%v, named %s", err, source.Name())
	}
}

// TestAProxyIsAsked runs the test binary's own client with a proxy, as HTTP_PROXY gives one.
func TestAProxyIsAsked(t *testing.T) {
	t.Parallel()
	content := tarball(t, file{name: "package/a.js", content: "a"})
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.String())
		_, _ = w.Write(content)
	}))
	defer proxy.Close()
	address, _ := url.Parse(proxy.URL)
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(address)}}
	source := locked.Source{Registry: "http://registry.example.com", Client: client}
	_, err := source.Tarball(t.Context(), locked.Package{Name: "a", Version: "1.0.0", Integrity: integrity(content)})
	if err != nil || asked.Load() != "http://registry.example.com/a/-/a-1.0.0.tgz" {
		t.Errorf("%v, the proxy was asked for %v", err, asked.Load())
	}
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok || transport.Proxy == nil {
		t.Error("the default client knows no proxies of the environment")
	}
}

func TestAFolderTakesThePlaceOfARegistry(t *testing.T) {
	t.Parallel()
	content := tarball(t, file{name: "package/a.js", content: "a"})
	p, s := one(t, content)
	dir := t.TempDir()
	if _, err := (locked.Source{Registry: s.URL + "/npm", Kept: dir}).Tarball(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := os.Stat(filepath.Join(dir, "acme-a-1.2.3.tgz")); err != nil {
		t.Errorf("it has another name than npm pack's: %v", err)
	}
	if got, err := (locked.Source{Folder: dir}).Tarball(t.Context(), p); err != nil || !bytes.Equal(got, content) {
		t.Errorf("from the folder: %v", err)
	}
	if _, err := (locked.Source{Registry: s.URL, Kept: dir}).Tarball(t.Context(), p); err != nil {
		t.Errorf("what is kept: %v", err)
	}
	p.Version = "1.2.4"
	_, err := (locked.Source{Folder: dir}).Tarball(t.Context(), p)
	if kind, ok := kindOf(err); !ok || kind != locked.Absent || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "acme-a-1.2.4.tgz") {
		t.Errorf("what is not there: %v", err)
	}
}

func TestAnInstallationEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p, s := one(t, tarball(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (locked.Installation{Source: locked.Source{Registry: s.URL}}).Install(ctx, []locked.Package{p}, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestALockfileListsItsPackages(t *testing.T) {
	t.Parallel()
	sum := integrity([]byte("x"))
	text, _ := json.Marshal(map[string]any{"lockfileVersion": 3, "packages": map[string]any{
		"":                                 map[string]any{"name": "mine"},
		"node_modules/b":                   map[string]any{"version": "2.0.0", "integrity": "sha1-abc " + sum, "license": "MIT"},
		"node_modules/b/node_modules/@c/d": map[string]any{"version": "3.0.0", "integrity": sum},
		"node_modules/alias":               map[string]any{"name": "real", "version": "1.0.0", "integrity": sum},
		"node_modules/dev":                 map[string]any{"version": "1.0.0", "dev": true},
		"node_modules/optional":            map[string]any{"version": "1.0.0", "optional": true},
	}})
	list, err := locked.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, p.Path+" "+p.String()+" "+p.License)
	}
	want := "node_modules/alias real@1.0.0 ,node_modules/b b@2.0.0 MIT,node_modules/b/node_modules/@c/d @c/d@3.0.0 "
	if strings.Join(got, ",") != want {
		t.Errorf("got %q", got)
	}
}

func TestALockfileThatPinsNothingIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"lockfileVersion": 1}`: "version 1",
		`[]`:                     "read a package-lock.json",
		`{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0"}}}`:                             "a@1.0.0 has no SHA-512",
		`{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0", "integrity": "sha1-abc"}}}`:    "a@1.0.0 has no SHA-512",
		`{"lockfileVersion": 3, "packages": {"node_modules/../../a": {"version": "1.0.0", "integrity": "sha1-"}}}`: "not in a registry",
		`{"lockfileVersion": 3, "packages": {"lib/a": {"version": "1.0.0"}}}`:                                      "not in a registry",
		`{"lockfileVersion": 3, "packages": {"node_modules/a": {"link": true, "resolved": "lib/a"}}}`:              "not in a registry",
	} {
		if _, err := locked.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
