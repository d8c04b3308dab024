package jsbuild

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/text"
)

// sayUnresolved tells of an import that leads nowhere.
func (j *job) sayUnresolved(m api.Message, parts []string, out *host.BuildMessage) {
	path := parts[0]
	s, isPackage := specifierOf(path)
	name, isNode := strings.CutPrefix(path, "node:")
	switch {
	case m.Detail == outside{}:
		out.Text = fmt.Sprintf("%q is outside of what the action may read", path)
		out.Hint = "import packages by their names, and put the rest into the code"
		if !j.closed() {
			out.Hint = fmt.Sprintf("it may read %s and installed packages: move the file there, or install the package in place of a link to it", j.tree)
		}
	case isNode:
		out.Text = fmt.Sprintf("Node has no module %q", path)
		out.Hint = cmp.Or(didYouMean(likeBuiltin(name), "node:"), "look the name up in Node's documentation")
	case strings.HasPrefix(path, "actions:"):
		out.Text = fmt.Sprintf("%q is not among the action's modules", path)
		out.Hint = "publish it as a module and list it for the action through the Auth0-compatible API; or put its code into the action"
	case strings.HasPrefix(path, "http:"), strings.HasPrefix(path, "https:"), strings.HasPrefix(path, "data:"), strings.HasPrefix(path, "file:"), strings.HasPrefix(path, "npm:"), strings.HasPrefix(path, "jsr:"):
		out.Text = fmt.Sprintf("%q is an address, and actions import packages", path)
		out.Hint = "install the package and import it by its name"
	case isPackage:
		j.sayPackage(m, s, out)
	default:
		j.sayFile(path, out)
	}
}

// sayFile tells of a file that is not there.
func (j *job) sayFile(path string, out *host.BuildMessage) {
	out.Text = fmt.Sprintf("there is no file %q", path)
	if j.closed() && out.File == j.src.Name {
		out.Hint = "the action came without its folder: put the code into it, or deploy a build of the folder"
		return
	}
	from := filepath.Join(j.root, filepath.Dir(filepath.FromSlash(out.File)))
	wanted := filepath.Join(from, filepath.FromSlash(path))
	entries, err := os.ReadDir(filepath.Dir(wanted))
	if err != nil {
		out.Hint = "its folder is not there either; the path is taken from the importing file's folder"
		return
	}
	out.Hint = cmp.Or(didYouMean(likeFile(filepath.Base(wanted), entries), path[:strings.LastIndex(path, "/")+1]),
		"the path is taken from the importing file's folder: look at its spelling and capitals")
}

// likeFile returns the names in a folder that look like name, whose extension
// may be left out.
func likeFile(name string, entries []os.DirEntry) []string {
	var names []string
	for _, e := range entries {
		n := e.Name()
		if strings.TrimSuffix(n, filepath.Ext(n)) == strings.TrimSuffix(name, filepath.Ext(name)) {
			return []string{n}
		}
		names = append(names, n)
	}
	if near := closest(name, names); near != nil || filepath.Ext(name) != "" {
		return near
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(n, filepath.Ext(n))
	}
	return closest(name, names)
}

// sayPackage tells of a package that is not there, or not whole.
func (j *job) sayPackage(m api.Message, s specifier, out *host.BuildMessage) {
	dir := filepath.Join(j.root, filepath.Dir(filepath.FromSlash(out.File)))
	by := ""
	if strings.HasPrefix(out.File, "node_modules/") {
		by = packageName(packageDir("/" + out.File))
		if j.installed != "" {
			dir = j.installed
		}
	} else if j.listed() {
		dir = j.installed
	}
	if at := j.pkgs.of(s.name, dir); at != nil && m.Detail == nil && dir != "" {
		j.sayPart(m, s, at, out)
		return
	}
	out.Text = fmt.Sprintf("package %q is not installed", s.name)
	switch _, beside := m.Detail.(unlisted); {
	case beside:
		out.Text = fmt.Sprintf("package %q is not among the action's dependencies", s.name)
	case by != "":
		out.Text = fmt.Sprintf("package %q needs package %q, which is not installed", by, s.name)
	}
	j.adviseInstall(s, out)
}

// adviseInstall says how a package comes to be there.
func (j *job) adviseInstall(s specifier, out *host.BuildMessage) {
	names := j.packageNames()
	if near := closest(s.name, names); len(near) > 0 && !slices.Contains(near, s.name) {
		out.Hint = didYouMean(near, "")
		return
	}
	if j.listed() {
		out.Hint = fmt.Sprintf(`add it to the action's dependencies: {"name": %q, "version": %q}`, s.name, cmp.Or(s.version, "latest"))
		return
	}
	if m := j.pkgs.above(j.root); m != nil && m.declares(s.name) {
		out.Hint = fmt.Sprintf("package.json lists it, so run: npm install (in %s)", m.dir)
		return
	}
	what := s.name
	if s.version != "" {
		what += "@" + s.version
	}
	out.Hint = fmt.Sprintf("run: npm install %s (in %s)", what, j.root)
}

// packageNames are those that the author may have meant.
func (j *job) packageNames() []string {
	var names []string
	for _, d := range j.src.Dependencies {
		names = append(names, d.Name)
	}
	if m := j.pkgs.above(j.root); m != nil && !j.listed() {
		names = append(names, slices.Collect(maps.Keys(m.Dependencies))...)
	}
	for name := range builtins {
		names = append(names, name)
	}
	return names
}

// sayPart tells of a package that is there, and has not what is asked for.
func (j *job) sayPart(m api.Message, s specifier, at *manifest, out *host.BuildMessage) {
	switch {
	case s.version != "" && !fits(s.version, at.Version):
		out.Text = fmt.Sprintf("package %q is there in version %s, not %s", s.name, at.Version, s.version)
		out.Hint = fmt.Sprintf("leave the version out of the name, or run: npm install %s@%s", s.name, s.version)
	case s.sub != "":
		out.Text = fmt.Sprintf("package %q %s does not offer %q", s.name, at.Version, "."+s.sub)
		out.Hint = cmp.Or(didYouMean(closest("."+s.sub, at.offers()), s.name+"/"), cmp.Or(offered(at.offers()), "look the path up in the package's documentation"))
	default:
		out.Text = fmt.Sprintf("package %q %s has no code that can be bundled%s", s.name, at.Version, because(m))
		out.Hint = "install it anew, or look in its documentation how it is imported"
	}
}

var reason = regexp.MustCompile(`(?i)not found on the file system|none of the conditions|no such file`)

// because quotes esbuild's reason for passing over a package.
func because(m api.Message) string {
	for _, n := range m.Notes {
		if reason.MatchString(n.Text) {
			return ": " + strings.TrimRight(lowerFirst(n.Text), ":.")
		}
	}
	return ""
}

// offers lists the paths that a package exports, nil when it hides nothing.
func (m *manifest) offers() []string {
	var exports map[string]json.RawMessage
	if json.Unmarshal(m.Exports, &exports) != nil {
		return nil
	}
	var paths []string
	for path := range exports {
		if strings.HasPrefix(path, "./") && !strings.Contains(path, "*") && path != "./package.json" {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

func offered(paths []string) string {
	switch {
	case len(paths) == 0:
		return ""
	case len(paths) > 6:
		return fmt.Sprintf("it offers %s and %d more", strings.Join(paths[:6], ", "), len(paths)-6)
	default:
		return "it offers " + strings.Join(paths, ", ")
	}
}

// didYouMean asks for names that are near, "" for none.
func didYouMean(names []string, prefix string) string {
	near := make([]string, len(names))
	for i, n := range names {
		near[i] = prefix + strings.TrimPrefix(n, "./")
	}
	return text.DidYouMean(near...)
}
