package jsbuild

import (
	"fmt"

	"github.com/evanw/esbuild/pkg/api"
)

// socketSpace holds what packages that need a socket get for Node's modules.
const socketSpace = "usher-socket"

// sockets are the modules that such a package connects with.
var sockets = words("dns dns/promises net tls")

// retrying are packages that go on trying when they cannot connect, until the
// run's time is over. Their first try ends it.
var retrying = words("@redis/client ioredis kafkajs mongodb mongoose")

// socket is one module in one package.
type socket struct{ pkg, builtin string }

// socketFor answers an import of what a package connects with: all of it
// refuses, and says what to use instead of this very package.
func (r *resolver) socketFor(builtin string, args api.OnResolveArgs) (api.OnResolveResult, bool) {
	dir := packageDir(args.Importer)
	if dir == "" || args.Namespace != "file" || !sockets[builtin] {
		return api.OnResolveResult{}, false
	}
	s := socket{r.pkgs.name(dir), builtin}
	if overHTTP[s.pkg] == "" {
		return api.OnResolveResult{}, false
	}
	return api.OnResolveResult{Path: s.pkg + "/" + builtin, Namespace: socketSpace, PluginData: s, Warnings: r.warn(builtin, args)}, true
}

func loadSocket(args api.OnLoadArgs) (api.OnLoadResult, error) {
	s, _ := args.PluginData.(socket) // as socketFor set it
	code := fmt.Sprintf(refusingSocket, s.builtin, fmt.Sprintf("package %q needs a connection that an action cannot open: %s", s.pkg, overHTTP[s.pkg]), retrying[s.pkg])
	return api.OnLoadResult{Contents: &code}, nil
}

// refusingSocket is such a module: its name, what to say, and whether the run
// is to end. What needs no connection is the module's own.
const refusingSocket = `
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
