package npm

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/usherhost/usher/host"
)

var (
	packageForm = regexp.MustCompile(`^(?:@[A-Za-z0-9~][\w.~-]*/)?[A-Za-z0-9~][\w.~-]*$`)
	tagForm     = regexp.MustCompile(`^[A-Za-z][\w.-]*$`)
	rangeForm   = regexp.MustCompile(`^[\w.+*^~<>=| -]+$`)
)

const maxPackageName = 214 // npm's own limit

// exactVersion reports whether a version names one release.
func exactVersion(version string) bool {
	_, err := semver.StrictNewVersion(strings.TrimPrefix(version, "="))
	return err == nil
}

// plan checks a list before npm gets it.
func (p *Packages) plan(all []Requirement) (request, error) {
	r := request{registry: p.Registry, scopes: map[string]string{}}
	var wrong []host.BuildMessage
	seen := map[string]string{}
	for _, q := range all {
		q.Version = cmp.Or(strings.TrimSpace(q.Version), "latest")
		q.RegistryURL = p.registryOf(q.RegistryURL)
		m, ok := p.check(q.Dependency)
		if ok && !packageForm.MatchString(q.Folder) { // the list may come from a hostile build
			m, ok = host.BuildMessage{Text: fmt.Sprintf("%q is not a valid folder name for a package", q.Folder)}, false
		}
		if !ok {
			wrong = append(wrong, m)
			continue
		}
		if before, twice := seen[q.Folder]; twice {
			if before != q.Version {
				wrong = append(wrong, host.BuildMessage{
					Text: fmt.Sprintf("package %q is listed twice: %s and %s", q.Name, before, q.Version),
					Hint: fmt.Sprintf("list one, and import the other by its version: require(%q)", q.Name+"@"+q.Version),
				})
			}
			continue
		}
		seen[q.Folder] = q.Version
		r.list = append(r.list, q)
	}
	wrong = append(wrong, r.choose(p)...)
	slices.SortFunc(r.list, func(a, b Requirement) int { return strings.Compare(a.Folder, b.Folder) })
	return r, failure(wrong...)
}

// check refuses names and versions that npm would read as an option, a path or an
// address.
func (p *Packages) check(d host.Dependency) (host.BuildMessage, bool) {
	_, tag := strings.CutPrefix(d.Version, "-")
	switch {
	case len(d.Name) > maxPackageName || !packageForm.MatchString(d.Name) || d.Name == "node_modules" || d.Name == "favicon.ico":
		return host.BuildMessage{Text: fmt.Sprintf("%q is not a valid package name", d.Name), Hint: "write it as npm does: lodash, @slack/webhook"}, false
	case p.AnySource && !tag:
		return host.BuildMessage{}, true
	case tagForm.MatchString(d.Version), !tag && rangeForm.MatchString(d.Version):
		return host.BuildMessage{}, true
	default:
		return host.BuildMessage{
			Text: fmt.Sprintf("%q is not a valid version of package %q", d.Version, d.Name),
			Hint: "write a version (1.2.3), a range (^1.2) or a tag (latest)",
		}, false
	}
}

// choose sets the registries. npm takes one for all packages without a scope, and
// one for each scope.
func (r *request) choose(p *Packages) []host.BuildMessage {
	var wrong []host.BuildMessage
	plain := map[string]bool{}
	for _, q := range r.list {
		if q.RegistryURL == "" {
			if !strings.HasPrefix(q.Name, "@") {
				plain[p.Registry] = true
			}
			continue
		}
		if !p.allows(q.RegistryURL) {
			wrong = append(wrong, host.BuildMessage{
				Text: fmt.Sprintf("package %q asks for the registry %s, which this host does not use", q.Name, q.RegistryURL),
				Hint: "leave registry_url out, or have the host's operator allow the registry",
			})
			continue
		}
		if scope, _, scoped := strings.Cut(q.Name, "/"); scoped {
			r.scopes[scope] = q.RegistryURL
		} else {
			plain[q.RegistryURL] = true
			r.registry = q.RegistryURL
		}
	}
	if len(plain) > 1 {
		wrong = append(wrong, host.BuildMessage{
			Text: "packages without a scope come from different registries: " + strings.Join(slices.Sorted(maps.Keys(plain)), ", "),
			Hint: "take them from one registry; only a scope (@acme/…) can have its own",
		})
	}
	return wrong
}

// publicRegistry is where npm looks when nothing is set.
const publicRegistry = "https://registry.npmjs.org"

// registryOf returns the registry that a dependency names, "" for the default one.
// A page of npm's site means the default one too, as Auth0's tools send the
// package's page. So does the public registry, unless another one is set.
func (p *Packages) registryOf(asked string) string {
	asked = strings.TrimSpace(asked)
	u, err := url.Parse(asked)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Port() != "" && u.Port() != "443" && u.Port() != "80" {
		return asked
	}
	switch strings.ToLower(u.Hostname()) {
	case "www.npmjs.com", "npmjs.com", "www.npmjs.org", "npmjs.org":
		return ""
	case "registry.npmjs.org", "registry.npmjs.com":
		if p.Registry == "" || strings.Trim(u.Path, "/") != "" {
			return ""
		}
	}
	return asked
}

// allows reports whether packages may come from a registry that a list names.
func (p *Packages) allows(registry string) bool {
	u, err := url.Parse(registry)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(registry, "\r\n") {
		return false
	}
	same := func(other string) bool { return strings.TrimRight(other, "/") == strings.TrimRight(registry, "/") }
	return same(publicRegistry) || p.Registry != "" && same(p.Registry) || slices.ContainsFunc(p.Registries, same)
}

// request is a list that has been checked, in the order of its folders.
type request struct {
	list     []Requirement
	registry string            // for every package, "" for npm's setting
	scopes   map[string]string // registries of scopes
}

// key returns the name of the request in the cache.
func (r request) key() string {
	h := sha256.New()
	_ = json.NewEncoder(h).Encode([]any{"1", r.registry, r.scopes, r.manifest()}) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil))
}

// exact reports whether the request gets the same packages at any time.
func (r request) exact() bool {
	return !slices.ContainsFunc(r.list, func(q Requirement) bool { return !exactVersion(q.Version) })
}

// manifest is the package.json that asks npm for the list.
func (r request) manifest() map[string]any {
	deps := map[string]string{}
	for _, q := range r.list {
		deps[q.Folder] = q.Version
		if q.Folder != q.Name {
			deps[q.Folder] = "npm:" + q.Name + "@" + q.Version
		}
	}
	return map[string]any{"name": "action", "version": "0.0.0", "private": true, "dependencies": deps}
}

// write writes the package.json and the .npmrc that npm reads.
func (r request) write(dir string) error {
	text, err := json.MarshalIndent(r.manifest(), "", "  ")
	if err != nil {
		return fmt.Errorf("write package.json: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write package.json: %w", err)
	}
	var npmrc strings.Builder
	for _, scope := range slices.Sorted(maps.Keys(r.scopes)) {
		fmt.Fprintf(&npmrc, "%s:registry=%s\n", scope, r.scopes[scope])
	}
	if err := os.WriteFile(filepath.Join(dir, ".npmrc"), []byte(npmrc.String()), 0o600); err != nil {
		return fmt.Errorf("write .npmrc: %w", err)
	}
	return nil
}
