package npm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
)

// resolver finds the packages of a request and their folders, as npm does: each is as far
// up as no other version of it is in the way.
type resolver struct {
	packages  *Packages
	request   request
	documents map[string]*document
	tree      map[string]placed // by folder: "node_modules/a/node_modules/b"
	queue     []wanted
	peers     []wanted // after the others, which may bring them
}

// document is what a registry has of a package.
type document struct {
	Tags     map[string]string
	Versions map[string]*release
}

// release is one version of it.
type release struct {
	Version              string
	Deprecated           any // a string, or false
	Dependencies         map[string]string
	OptionalDependencies map[string]string
	PeerDependencies     map[string]string
	PeerDependenciesMeta map[string]Peer
	Dist                 struct{ Tarball, Integrity string }
	OS, CPU              []string // machine code for some
}

// placed is a package in its folder.
type placed struct {
	name string
	*release
}

// wanted is a dependency of the package in a folder; "" is the action.
type wanted struct {
	from, folder, version string

	peer     bool // any version that is there will do
	optional bool // it is left out where the registry has none, and if it is machine code
}

// The bounds of one resolution: those of trees that actions need are far below.
const (
	maxPackages      = 3000
	maxDocumentBytes = 64 << 20
)

// resolve returns the packages of a request.
func (p *Packages) resolve(ctx context.Context, r request) ([]locked.Package, error) {
	s := &resolver{packages: p, request: r, documents: map[string]*document{}, tree: map[string]placed{}}
	dependencies, _ := r.manifest()["dependencies"].(map[string]string)
	s.enqueue(wanted{}, dependencies)
	for {
		next, ok := s.next()
		if !ok {
			break
		}
		if err := s.place(ctx, next); err != nil {
			return nil, err
		}
		if len(s.tree) > maxPackages {
			return nil, failure(host.BuildMessage{Text: fmt.Sprintf("the packages on the list need more than %d others", maxPackages), Hint: fewer})
		}
	}
	var list []locked.Package
	for _, folder := range slices.Sorted(maps.Keys(s.tree)) {
		found := s.tree[folder]
		list = append(list, locked.Package{Path: folder, Name: found.name, Version: found.Version, Integrity: found.Dist.Integrity, Address: found.Dist.Tarball})
	}
	return list, nil
}

// enqueue adds dependencies that are like w.
func (s *resolver) enqueue(w wanted, dependencies map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(dependencies)) {
		if w.folder, w.version = name, dependencies[name]; w.peer {
			s.peers = append(s.peers, w)
		} else {
			s.queue = append(s.queue, w)
		}
	}
}

// next returns the next dependency: false when there is none.
func (s *resolver) next() (w wanted, ok bool) {
	from := &s.queue
	if len(s.queue) == 0 {
		from = &s.peers
	}
	if len(*from) == 0 {
		return w, false
	}
	w, *from = (*from)[0], (*from)[1:]
	return w, true
}

// versions returns the ranges that a dependency should fit: for a peer also those of the
// other packages that have it as a peer.
func (s *resolver) versions(w wanted, version string) []string {
	all := []string{version}
	for _, other := range s.peers {
		if w.peer && other.folder == w.folder && !strings.ContainsAny(other.version, ":/") {
			all = append(all, other.version)
		}
	}
	return all
}

// target returns the package and the versions of it that a dependency names.
func (w wanted) target() (name, version string, err error) {
	if alias, ok := strings.CutPrefix(w.version, "npm:"); ok {
		if at := strings.LastIndex(alias, "@"); at > 0 {
			return alias[:at], alias[at+1:], nil
		}
		return alias, "", nil
	}
	if strings.ContainsAny(w.version, ":/") {
		return "", "", failure(host.BuildMessage{
			Text: fmt.Sprintf("a package on the list needs another one that is in no registry: %s %s", w.folder, w.version),
			Hint: "use a version of it that only needs packages from a registry",
		})
	}
	return w.folder, w.version, nil
}

// room returns the package in whose node_modules a dependency is to be, the action as "".
// It reports false when one that fits is found from where it is wanted.
func (s *resolver) room(w wanted, name, version string) (to string, free bool) {
	for at := w.from; ; at = above(at) {
		found, taken := s.tree[path.Join(at, "node_modules", w.folder)]
		if taken { // it fits, or is in the way
			return to, !w.peer && (found.name != name || !s.fits(version, found))
		}
		if to = at; at == "" {
			return to, true
		}
	}
}

// place gives a dependency its folder, unless one that fits is there.
func (s *resolver) place(ctx context.Context, w wanted) error {
	name, version, err := w.target()
	if err != nil {
		return err
	}
	to, free := s.room(w, name, version)
	if !free {
		return nil
	}
	chosen, err := s.choose(ctx, name, s.versions(w, version)...)
	if isFailure(err) && w.peer {
		chosen, err = s.choose(ctx, name, version) // the others' are another conflict
	}
	if w.optional && (isFailure(err) || err == nil && len(chosen.OS)+len(chosen.CPU) > 0) {
		return nil
	}
	if err != nil {
		return err
	}
	folder := path.Join(to, "node_modules", w.folder)
	s.tree[folder] = placed{name, chosen}
	needs, peers := maps.Clone(chosen.Dependencies), maps.Clone(chosen.PeerDependencies)
	maps.DeleteFunc(needs, func(name, _ string) bool { _, optional := chosen.OptionalDependencies[name]; return optional })
	maps.DeleteFunc(peers, func(name, _ string) bool { return chosen.PeerDependenciesMeta[name].Optional })
	s.enqueue(wanted{from: folder}, needs)
	s.enqueue(wanted{from: folder, optional: true}, chosen.OptionalDependencies)
	s.enqueue(wanted{from: to, peer: true}, peers)
	return nil
}

// above returns the folder of the package in whose node_modules a package is.
func above(folder string) string {
	return folder[:max(strings.LastIndex(folder, "/node_modules/"), 0)]
}

func (s *resolver) fits(version string, found placed) bool {
	if tagged := s.documents[found.name].Tags[version]; tagged != "" {
		return tagged == found.Version
	}
	return Fits(version, found.Version)
}

// choose returns the version of a package that ranges, or a tag, stand for: the one that is
// tagged latest, or else the highest.
func (s *resolver) choose(ctx context.Context, name string, versions ...string) (*release, error) {
	d, err := s.document(ctx, name)
	if err != nil {
		return nil, err
	}
	version := versions[0]
	fits := func(installed string) bool {
		return !slices.ContainsFunc(versions, func(v string) bool { return !Fits(v, installed) })
	}
	if exact := cmp.Or(d.Versions[version], d.Versions[d.Tags[cmp.Or(version, "latest")]]); exact != nil && len(versions) == 1 {
		return exact, nil
	}
	if latest := d.Versions[d.Tags["latest"]]; latest != nil && fits(latest.Version) {
		return latest, nil
	}
	var best *semver.Version
	for text, r := range d.Versions {
		v, err := semver.NewVersion(text)
		if err != nil || !fits(text) || best != nil && !better(v, best, r, d.Versions[best.Original()]) {
			continue
		}
		best = v
	}
	if best == nil {
		m := host.BuildMessage{Text: fmt.Sprintf("package %q has no version %s", name, version), Hint: "ask for a version, a range or a tag that it has"}
		if newest := d.Tags["latest"]; newest != "" {
			m.Text += "; the newest is " + newest
			m.Hint = fmt.Sprintf("ask for %s, or for latest", newest)
		}
		return nil, failure(m)
	}
	return d.Versions[best.Original()], nil
}

// better reports whether a version is preferred: one that is not deprecated, then a higher one.
func better(v, best *semver.Version, r, of *release) bool {
	if old, bestOld := deprecated(r), deprecated(of); old != bestOld {
		return bestOld
	}
	return v.GreaterThan(best)
}

func deprecated(r *release) bool { text, _ := r.Deprecated.(string); return text != "" }

// registry returns the registry of a package.
func (s *resolver) registry(name string) string {
	scope, _, scoped := strings.Cut(name, "/")
	if !scoped {
		scope = ""
	}
	return strings.TrimRight(cmp.Or(s.request.scopes[scope], s.request.registry, s.packages.Registry, publicRegistry), "/")
}

// document fetches what the registry has of a package.
func (s *resolver) document(ctx context.Context, name string) (*document, error) {
	if d := s.documents[name]; d != nil {
		return d, nil
	}
	registry := s.registry(name)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, registry+"/"+strings.ReplaceAll(name, "/", "%2f"), nil)
	if err != nil {
		return nil, s.unreachable(err)
	}
	req.Header.Set("Accept", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, s.unreachable(err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, failure(s.absent(name))
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return nil, failure(host.BuildMessage{
			Text: fmt.Sprintf("the registry%s refuses package %q: %s", registryNote(s.request), name, resp.Status),
			Hint: "install npm on this machine and give it access: npm login, or a token in its .npmrc",
		})
	case resp.StatusCode != http.StatusOK:
		return nil, s.unreachable(errors.New(resp.Status))
	}
	d, err := readDocument(resp.Body, registry)
	if err != nil {
		return nil, fmt.Errorf("install packages: read what the registry%s has of %s: %w", registryNote(s.request), name, err)
	}
	s.documents[name] = d
	return d, nil
}

// readDocument leaves out versions that can't be read, as some from long ago, and those
// that are elsewhere.
func readDocument(r io.Reader, registry string) (*document, error) {
	var raw struct {
		Tags     map[string]string `json:"dist-tags"`
		Versions map[string]json.RawMessage
	}
	if err := json.NewDecoder(io.LimitReader(r, maxDocumentBytes)).Decode(&raw); err != nil {
		return nil, err
	}
	d := &document{Tags: raw.Tags, Versions: map[string]*release{}}
	for version, text := range raw.Versions {
		found := &release{}
		if json.Unmarshal(text, found) == nil && sameHost(registry, found.Dist.Tarball) {
			d.Versions[version] = found
		}
	}
	return d, nil
}

// sameHost keeps a registry from leading to another host, such as one of the host's own
// network.
func sameHost(registry, tarball string) bool {
	a, err := url.Parse(registry)
	b, err2 := url.Parse(tarball)
	return err == nil && err2 == nil && a.Host == b.Host && a.Scheme == b.Scheme
}

func (s *resolver) absent(name string) host.BuildMessage {
	return host.BuildMessage{
		Text: fmt.Sprintf("package %q does not exist in the registry%s", name, registryNote(s.request)),
		Hint: "check its spelling; a private package needs its registry and the host's access to it",
	}
}

func (s *resolver) unreachable(err error) error { return unreachableRegistry(s.request, err.Error()) }
