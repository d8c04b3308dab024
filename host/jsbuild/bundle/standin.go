package bundle

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// Namespaces of the modules that stand in for imports of a package.
const (
	standInSpace = "usher-standin"  // for another package: [quirk.standIns]
	socketSpace  = "usher-refusing" // for net, tls and dns: [quirk.connects]
)

// standIn is one import of one package, from a file in dir.
type standIn struct{ pkg, path, dir string }

// standIn answers an import of a package that quirks has a module for.
func (r *resolver) standIn(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	dir := npm.PackageDir(args.Importer)
	if dir == "" || args.Namespace != "file" {
		return none, false
	}
	s := standIn{r.pkgs.Name(dir), args.Path, filepath.Dir(args.Importer)}
	q := quirkOf(s.pkg)
	if _, ok := q.standIns[s.path]; !ok || slices.ContainsFunc(q.needs, func(file string) bool { return !exists(filepath.Join(dir, file)) }) {
		return none, false
	}
	return api.OnResolveResult{Path: s.path, Namespace: standInSpace, PluginData: s, Suffix: "?" + r.nameOf(api.OnLoadArgs{Path: s.dir, Namespace: "file"})}, true
}

func loadStandIn(args api.OnLoadArgs) (api.OnLoadResult, error) {
	s, _ := args.PluginData.(standIn) // as resolver.standIn set it
	code := quirkOf(s.pkg).standIns[s.path]
	return api.OnLoadResult{Contents: &code, ResolveDir: s.dir, PluginData: s}, nil
}

// Modules of the runtime that only stand-ins and files of quirks import.
const (
	runtimeAdapter = "usher:axios"
	runtimeUndici  = "usher:undici"
)

// runtimeModule answers such an import.
func (r *resolver) runtimeModule(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	if args.Path != runtimeAdapter && args.Path != runtimeUndici {
		return none, false
	}
	_, replaced := r.otherCode(args.Importer)
	return api.OnResolveResult{Path: args.Path, External: true}, args.Namespace == standInSpace || replaced
}

// refusingModule answers an import of net, tls or dns by a package that does
// nothing without a socket: the module refuses to connect, with a hint on what to
// use instead of the package.
func (r *resolver) refusingModule(builtin string, args api.OnResolveArgs) (api.OnResolveResult, bool) {
	dir := npm.PackageDir(args.Importer)
	if dir == "" || args.Namespace != "file" || !sockets[builtin] {
		return none, false
	}
	s := standIn{r.pkgs.Name(dir), builtin, ""}
	if quirkOf(s.pkg).connects == "" {
		return none, false
	}
	return api.OnResolveResult{Path: s.pkg + "/" + builtin, Namespace: socketSpace, PluginData: s, Warnings: r.warn(builtin, args)}, true
}

func loadRefusing(args api.OnLoadArgs) (api.OnLoadResult, error) {
	s, _ := args.PluginData.(standIn) // as resolver.refusingModule set it
	q := quirkOf(s.pkg)
	code := fmt.Sprintf(refusing, s.path, fmt.Sprintf("package %q needs a connection that an action cannot open: %s", s.pkg, q.connects), q.retries)
	return api.OnLoadResult{Contents: &code}, nil
}

// refusing is the code of such a module: the name of the real one, the message,
// and whether a refusal ends the run. Functions that need no connection are the
// real module's.
const refusing = `
const real = require("node:%s");
const own = ["checkServerIdentity", "isIP", "isIPv4", "isIPv6", "getCiphers", "createSecureContext"];
function refuse() {
	let refusal;
	try { require("node:net").connect(); } catch (error) { refusal = error; }
	refusal.message = %q;
	if (%t) queueMicrotask(() => { throw refusal; });
	throw refusal;
}
const refusing = (object) => new Proxy(object, {
	get(target, key) {
		const value = target[key];
		if (key === "promises" && value) return refusing(value);
		const works = key in Object.prototype || own.includes(key) || String(key).includes("Default");
		return typeof value === "function" && !works ? refuse : value;
	},
});
module.exports = refusing(real);
`
