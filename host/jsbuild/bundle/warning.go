package bundle

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/npm"
)

// use marks a warning that a file imports a module of Node which does not work in a
// sandbox.
type use struct {
	builtin string
	dir     string // of the file's package; "" for the author's file
}

// warn returns a warning about an import of a module that does not work. esbuild adds
// the place.
func (r *resolver) warn(builtin string, args api.OnResolveArgs) []api.Message {
	dir := ""
	if !r.authored(args.Importer) {
		dir = npm.PackageDir(args.Importer)
	}
	if unable[builtin] == "" || dir != "" && (tolerated[builtin] || quirkOf(r.pkgs.Name(dir)).optionalSockets) {
		return nil
	}
	return []api.Message{{Text: "unable", Detail: use{builtin, dir}}}
}

// warnings translates esbuild's warnings. About packages it has only our own, one for
// each package: their authors know the others.
func (j *job) warnings(found []api.Message, shares map[string]int) []host.BuildMessage {
	var list []host.BuildMessage
	uses := map[string][]string{}
	first := map[string]api.Message{}
	for _, m := range found {
		u, marked := m.Detail.(use)
		switch {
		case !marked && j.ours(m):
			list = append(list, j.message(m))
		case marked && u.dir == "":
			m.Text = fmt.Sprintf("%q cannot work here", "node:"+u.builtin)
			w := j.message(m)
			w.Hint = unable[u.builtin]
			list = append(list, w)
		case marked && shares[u.dir] > 0:
			if len(uses[u.dir]) == 0 {
				first[u.dir] = m
			}
			uses[u.dir] = append(uses[u.dir], u.builtin)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(uses)) {
		if m, ok := j.useOf(dir, uses[dir], first[dir]); ok {
			list = append(list, m)
		}
	}
	return list
}

// ours reports whether a warning is about the author's own code.
func (j *job) ours(m api.Message) bool {
	return m.Location != nil && m.Location.Namespace != entrySpace && !strings.Contains("/"+m.Location.File, "/node_modules/")
}

// useOf returns the warning about a package that imports modules which do not work.
// There is none for a package that imports only net, which is mostly for isIP.
func (j *job) useOf(dir string, builtins []string, at api.Message) (host.BuildMessage, bool) {
	slices.Sort(builtins)
	builtins = slices.Compact(builtins)
	name := j.pkgs.Name(dir)
	instead := quirkOf(name).connects
	if instead == "" && slices.Equal(builtins, []string{"net"}) {
		return host.BuildMessage{}, false
	}
	at.Text = fmt.Sprintf("package %q uses %s, which cannot work here", name, strings.Join(builtins, ", "))
	m := j.message(at)
	m.Hint = cmp.Or(instead, unable[builtins[0]])
	return m, true
}
