package bundle

import (
	"fmt"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host/jsbuild/npm"
)

// Namespaces of the modules that stand in for imports of a package.
const (
	standInSpace = "usher-standin"  // for another package: [quirk.standIns]
	socketSpace  = "usher-refusing" // for net, tls and dns: [quirk.connects]
)

// standIn is one import of one package.
type standIn struct{ pkg, path string }

// standIn answers an import of a package that quirks has a module for.
func (r *resolver) standIn(args api.OnResolveArgs) (api.OnResolveResult, bool) {
	dir := npm.PackageDir(args.Importer)
	if dir == "" || args.Namespace != "file" {
		return none, false
	}
	s := standIn{r.pkgs.Name(dir), args.Path}
	if _, ok := quirkOf(s.pkg).standIns[s.path]; !ok {
		return none, false
	}
	return api.OnResolveResult{Path: s.pkg + "/" + s.path, Namespace: standInSpace, PluginData: s}, true
}

func loadStandIn(args api.OnLoadArgs) (api.OnLoadResult, error) {
	s, _ := args.PluginData.(standIn) // as resolver.standIn set it
	code := quirkOf(s.pkg).standIns[s.path]
	return api.OnLoadResult{Contents: &code}, nil
}

// refusingModule answers an import of net, tls or dns by a package that does
// nothing without a socket: the module refuses to connect, with a hint on what to
// use instead of the package.
func (r *resolver) refusingModule(builtin string, args api.OnResolveArgs) (api.OnResolveResult, bool) {
	dir := npm.PackageDir(args.Importer)
	if dir == "" || args.Namespace != "file" || !sockets[builtin] {
		return none, false
	}
	s := standIn{r.pkgs.Name(dir), builtin}
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
const own = ["isIP", "isIPv4", "isIPv6", "getCiphers", "createSecureContext"];
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
