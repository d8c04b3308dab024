// Package npmtest is an npm registry for tests.
package npmtest

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
	"slices"
	"strings"
	"sync"
	"testing"
)

// Registry is an npm registry. Its URL is the address to give npm.
type Registry struct {
	*httptest.Server
	mu       sync.Mutex
	versions map[string]map[string][]byte // guarded by mu: package → version → tarball
	asked    map[string]int               // guarded by mu: path → how often
	needs    map[string]map[string]any    // guarded by mu: package@version → what it needs
}

// New returns a registry without packages, which closes with the test.
func New(t *testing.T) *Registry {
	t.Helper()
	r := &Registry{versions: map[string]map[string][]byte{}, asked: map[string]int{}, needs: map[string]map[string]any{}}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// Publish adds a version of a package with one file, which exports "NAME@VERSION".
// Fields are further fields of its package.json; "comment" is appended to the code.
func (r *Registry) Publish(t *testing.T, name, version string, fields map[string]any) {
	t.Helper()
	manifest := map[string]any{"name": name, "version": version, "main": "index.js"}
	maps.Copy(manifest, fields)
	comment, _ := fields["comment"].(string)
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
	r.needs[name+"@"+version] = fields
	if r.versions[name] == nil {
		r.versions[name] = map[string][]byte{}
	}
	r.versions[name][version] = b.Bytes()
}

// Pack adds version 1.0.0 of a package with these files and symbolic links.
func (r *Registry) Pack(t *testing.T, name string, manifest map[string]any, files, links map[string]string) {
	t.Helper()
	all := map[string]any{"name": name, "version": "1.0.0", "main": "index.js"}
	maps.Copy(all, manifest)
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	files = maps.Clone(files)
	files["package.json"] = string(text)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for file, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + file, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for file, to := range links {
		if err := w.WriteHeader(&tar.Header{Name: "package/" + file, Typeflag: tar.TypeSymlink, Linkname: to, Mode: 0o777}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.versions[name] = map[string][]byte{"1.0.0": b.Bytes()}
}

// Requests counts how often npm asked for a path.
func (r *Registry) Requests(path string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[path]
}

// ServeHTTP answers npm.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
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

func (r *Registry) describe(name string, versions map[string][]byte) map[string]any {
	list := map[string]any{}
	for version, tarball := range versions {
		sum := sha512.Sum512(tarball)
		described := map[string]any{"name": name, "version": version, "dist": map[string]any{
			"tarball":   r.URL + "/" + name + "/-/" + version + ".tgz",
			"integrity": "sha512-" + base64.StdEncoding.EncodeToString(sum[:]),
		}}
		for _, field := range []string{"dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta"} {
			if needs := r.needs[name+"@"+version][field]; needs != nil {
				described[field] = needs
			}
		}
		list[version] = described
	}
	all := slices.Sorted(maps.Keys(versions))
	return map[string]any{"name": name, "dist-tags": map[string]string{"latest": all[len(all)-1]}, "versions": list}
}
