package bundle

import (
	"cmp"
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
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// unresolvedImport is the message about an import that finds nothing.
func (j *job) unresolvedImport(m api.Message, parts []string, out *host.BuildMessage) {
	path := parts[0]
	s, isPackage := npm.ParseSpecifier(path)
	name, isNode := strings.CutPrefix(path, "node:")
	switch {
	case m.Detail == outside{}:
		out.Text = fmt.Sprintf("%q is outside of what the action may read", path)
		out.Hint = "import packages by their names, and put the rest into the code"
		if !j.closed() {
			out.Hint = fmt.Sprintf("it may read %s and installed packages: move the file there, or install the package in place of a link to it", j.project)
		}
	case isNode:
		out.Text = fmt.Sprintf("Node has no module %q", path)
		out.Hint = cmp.Or(didYouMean(likeBuiltin(name), "node:"), "see Node's documentation for the name")
	case strings.HasPrefix(path, sharedPrefix):
		out.Text = fmt.Sprintf("%q is not among the action's shared modules", path)
		out.Hint = "publish it as a shared module (an Actions module) and list it for the action through the Auth0-compatible API; or put its code into the action"
	case strings.HasPrefix(path, "http:"), strings.HasPrefix(path, "https:"), strings.HasPrefix(path, "data:"), strings.HasPrefix(path, "file:"), strings.HasPrefix(path, "npm:"), strings.HasPrefix(path, "jsr:"):
		out.Text = fmt.Sprintf("%q is an address, and actions import packages", path)
		out.Hint = "install the package and import it by its name"
	case isPackage:
		j.missingPackage(m, s, out)
	default:
		j.missingFile(path, out)
	}
}

// missingFile is the message about a file that does not exist.
func (j *job) missingFile(path string, out *host.BuildMessage) {
	out.Text = fmt.Sprintf("there is no file %q", path)
	if j.closed() && out.File == j.src.Name {
		out.Hint = "the action came without its folder: put the code into it, or deploy a build of the folder"
		return
	}
	from := filepath.Join(j.root, filepath.Dir(filepath.FromSlash(out.File)))
	wanted := filepath.Join(from, filepath.FromSlash(path))
	entries, err := os.ReadDir(filepath.Dir(wanted))
	if err != nil {
		out.Hint = "its folder does not exist either; the path is relative to the importing file"
		return
	}
	out.Hint = cmp.Or(didYouMean(likeFile(filepath.Base(wanted), entries), path[:strings.LastIndex(path, "/")+1]),
		"the path is relative to the importing file: check its spelling and capitals")
}

// likeFile returns the names in a folder that are similar to name, which may have no
// extension.
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

// missingPackage is the message about a package that is not installed, or incomplete.
func (j *job) missingPackage(m api.Message, s npm.Specifier, out *host.BuildMessage) {
	dir := filepath.Join(j.root, filepath.Dir(filepath.FromSlash(out.File)))
	by := ""
	if strings.HasPrefix(out.File, "node_modules/") {
		by = npm.PackageName(npm.PackageDir("/" + out.File))
		if j.installed != "" {
			dir = j.installed
		}
	} else if j.listed() {
		dir = j.installed
	}
	if at := j.pkgs.Of(s.Name, dir); at != nil && m.Detail == nil && dir != "" {
		j.missingPath(m, s, at, out)
		return
	}
	out.Text = fmt.Sprintf("package %q is not installed", s.Name)
	switch _, beside := m.Detail.(unlisted); {
	case beside:
		out.Text = fmt.Sprintf("package %q is not among the action's dependencies", s.Name)
	case by != "":
		out.Text = fmt.Sprintf("package %q needs package %q, which is not installed", by, s.Name)
	}
	j.hintInstall(s, out)
}

// hintInstall sets the hint on how to install a package.
func (j *job) hintInstall(s npm.Specifier, out *host.BuildMessage) {
	names := j.packageNames()
	if near := closest(s.Name, names); len(near) > 0 && !slices.Contains(near, s.Name) {
		out.Hint = didYouMean(near, "")
		return
	}
	if j.listed() {
		out.Hint = fmt.Sprintf(`add it to the action's dependencies: {"name": %q, "version": %q}`, s.Name, cmp.Or(s.Version, "latest"))
		return
	}
	if m := j.pkgs.Above(j.root); m != nil && m.Declares(s.Name) {
		out.Hint = fmt.Sprintf("package.json lists it, so run: npm install (in %s)", m.Dir)
		return
	}
	what := s.Name
	if s.Version != "" {
		what += "@" + s.Version
	}
	out.Hint = fmt.Sprintf("run: npm install %s (in %s)", what, j.root)
}

// packageNames are the names that the author may have meant.
func (j *job) packageNames() []string {
	var names []string
	for _, d := range j.src.Dependencies {
		names = append(names, d.Name)
	}
	if m := j.pkgs.Above(j.root); m != nil && !j.listed() {
		names = append(names, slices.Collect(maps.Keys(m.Dependencies))...)
	}
	for name := range builtins {
		names = append(names, name)
	}
	return names
}

// missingPath is the message about a package that is installed, but not in the
// version or not with the path that an import names.
func (j *job) missingPath(m api.Message, s npm.Specifier, at *npm.Manifest, out *host.BuildMessage) {
	switch {
	case s.Version != "" && !npm.Fits(s.Version, at.Version):
		out.Text = fmt.Sprintf("package %q is installed in version %s, not %s", s.Name, at.Version, s.Version)
		out.Hint = fmt.Sprintf("leave the version out of the name, or run: npm install %s@%s", s.Name, s.Version)
	case s.Sub != "":
		out.Text = fmt.Sprintf("package %q %s does not export %q", s.Name, at.Version, "."+s.Sub)
		out.Hint = cmp.Or(didYouMean(closest("."+s.Sub, at.ExportedPaths()), s.Name+"/"), cmp.Or(offered(at.ExportedPaths()), "see the package's documentation for the path"))
	default:
		out.Text = fmt.Sprintf("package %q %s has no code that can be bundled%s", s.Name, at.Version, because(m))
		out.Hint = "install it again, or see its documentation on how to import it"
	}
}

var reason = regexp.MustCompile(`(?i)not found on the file system|none of the conditions|no such file`)

// because returns esbuild's reason for ignoring a package.
func because(m api.Message) string {
	for _, n := range m.Notes {
		if reason.MatchString(n.Text) {
			return ": " + strings.TrimRight(lowerFirst(n.Text), ":.")
		}
	}
	return ""
}

func offered(paths []string) string {
	switch {
	case len(paths) == 0:
		return ""
	case len(paths) > 6:
		return fmt.Sprintf("it exports %s and %d more", strings.Join(paths[:6], ", "), len(paths)-6)
	default:
		return "it exports " + strings.Join(paths, ", ")
	}
}

// didYouMean returns a question with the similar names, "" without any.
func didYouMean(names []string, prefix string) string {
	near := make([]string, len(names))
	for i, n := range names {
		near[i] = prefix + strings.TrimPrefix(n, "./")
	}
	return text.DidYouMean(near...)
}
