package jsbuild

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
)

// use marks a warning that a file imports a module of Node which is unable to
// do its work in a sandbox.
type use struct {
	builtin string
	dir     string // of the package whose file it is; "" for the author's
}

// tolerated are modules that packages import for what they can do without.
var tolerated = words("child_process dns dns/promises fs fs/promises http2 sqlite vm worker_threads")

// proxies are packages that import sockets for proxies and agents, which
// requests go without.
var proxies = words("agent-base forever-agent got http-proxy-agent http2-wrapper https-proxy-agent pac-proxy-agent proxy-agent resolve-alpn socks socks-proxy-agent tunnel tunnel-agent undici")

// warn warns of an import of a module that is unable to work. esbuild adds the
// place.
func (r *resolver) warn(builtin string, args api.OnResolveArgs) []api.Message {
	dir := ""
	if !r.authored(args.Importer) {
		dir = packageDir(args.Importer)
	}
	if unable[builtin] == "" || dir != "" && (tolerated[builtin] || proxies[r.pkgs.name(dir)]) {
		return nil
	}
	return []api.Message{{Text: "unable", Detail: use{builtin, dir}}}
}

// overHTTP says how packages that need a socket are replaced.
var overHTTP = map[string]string{
	"@grpc/grpc-js": "call the service's REST API instead",
	"@redis/client": "use a Redis with an HTTP API, such as @upstash/redis, instead",
	"amqplib":       "publish over the broker's HTTP API instead",
	"ioredis":       "use a Redis with an HTTP API, such as @upstash/redis, instead",
	"kafkajs":       "produce through a Kafka REST proxy instead",
	"ldapjs":        "call a service that speaks LDAP over HTTP instead",
	"mongodb":       "call a service of your own that writes to MongoDB, over HTTP, instead",
	"mongoose":      "call a service of your own that writes to MongoDB, over HTTP, instead",
	"mssql":         "call a service of your own that writes to the database, over HTTP, instead",
	"mysql":         "use a driver that speaks HTTP, such as @planetscale/database, instead",
	"mysql2":        "use a driver that speaks HTTP, such as @planetscale/database, instead",
	"nodemailer":    "send through the mail service's HTTP API, such as @sendgrid/mail, instead",
	"pg":            "use a driver that speaks HTTP, such as @neondatabase/serverless, or PostgREST, instead",
	"postgres":      "use a driver that speaks HTTP, such as @neondatabase/serverless, or PostgREST, instead",
	"redis":         "use a Redis with an HTTP API, such as @upstash/redis, instead",
	"tedious":       "call a service of your own that writes to the database, over HTTP, instead",
	"undici":        "use the global fetch, which is undici's own, instead",
}

// warnings translates esbuild's warnings. Of packages only those of this
// package are kept, one for each: their authors know the others.
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
	return m.Location != nil && m.Location.Namespace != stubSpace && !strings.Contains("/"+m.Location.File, "/node_modules/")
}

// useOf warns of a package that imports modules which are unable to work. Who
// imports net alone mostly wants to know what an IP address looks like.
func (j *job) useOf(dir string, builtins []string, at api.Message) (host.BuildMessage, bool) {
	slices.Sort(builtins)
	builtins = slices.Compact(builtins)
	name := j.pkgs.name(dir)
	instead := overHTTP[name]
	if instead == "" && slices.Equal(builtins, []string{"net"}) {
		return host.BuildMessage{}, false
	}
	at.Text = fmt.Sprintf("package %q uses %s, which cannot work here", name, strings.Join(builtins, ", "))
	m := j.message(at)
	m.Hint = cmp.Or(instead, unable[builtins[0]])
	return m, true
}
