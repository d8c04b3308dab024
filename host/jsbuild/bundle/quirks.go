package bundle

import "regexp"

// quirk is the special treatment of one package. The zero value is none.
type quirk struct {
	form packageForm // which build of the package is bundled
	why  string      // the reason for form

	// standIns is the code of modules that replace imports of the package, by
	// the import. They replace what fails to load in a sandbox, repeats what
	// every action has, or keeps a snapshot from being taken for a feature that
	// hardly anyone uses.
	standIns map[string]string
	needs    []string // the files of the package that its stand-ins import: without one nothing stands in

	edit   edit              // of its files
	faster map[string][]edit // of one file each, by its path in the package: code that does the same for less fuel

	// files is the code of files of the package that are bundled with other code, by
	// their paths in the package.
	files map[string]string

	// connects is set for a package that does nothing without a socket: the hint
	// on what to use instead. Its imports of net, tls and dns get modules that
	// refuse with this hint: see refusingModule in standin.go.
	connects string
	retries  bool // it connects again until the run's time is over: the first refusal must end the run

	optionalSockets bool // it imports sockets for proxies and agents, which requests do without

	native string // set for a package of machine code: what to use instead
}

// packageForm chooses one of a package's builds: see form.go.
type packageForm int

const (
	formByRule packageForm = iota // Node's, unless that loads what can't work
	formNode                      // Node's, though it loads what can't work
	formOther                     // the one for workers and browsers
)

// edit replaces code of a package by code on the same lines, so that lines stay those
// of the file. It removes a use of the clock or of random numbers that nothing depends
// on, and that would prevent a snapshot.
type edit struct{ from, to string }

const (
	useHTTPDatabase = "call a service of your own that writes to the database, over HTTP, instead"
	useMongoService = "call a service of your own that writes to MongoDB, over HTTP, instead"
	useHTTPPostgres = "use a driver that speaks HTTP, such as @neondatabase/serverless, or PostgREST, instead"
	useHTTPMySQL    = "use a driver that speaks HTTP, such as @planetscale/database, instead"
	useHTTPRedis    = "use a Redis with an HTTP API, such as @upstash/redis, instead"
)

var proxy = quirk{optionalSockets: true}

// quirks is the table of all packages with special treatment, by name.
var quirks = map[string]quirk{
	"aws-sdk": {form: formNode, why: "it loads a socket for monitoring on the same machine, which requests do without", optionalSockets: true},
	"axios":   axios,
	"pino": {form: formNode, why: "what it needs to write to files and in threads is replaced", standIns: map[string]string{
		"sonic-boom": pinoDestination, "thread-stream": `
		module.exports = class { constructor() { throw new Error("a transport of pino needs a thread, which an action does not have: give pino a stream instead"); } };`,
	}},
	"mailgun.js": {form: formNode, why: "it loads sockets for proxies, which requests do without", optionalSockets: true},
	"ws":         {form: formOther, why: "its build for Node is made of sockets"},
	"lodash":     {edit: edit{"nativeNow = Date.now", "nativeNow = () => 0"}}, // it counts calls within 16 ms, but nothing depends on the time
	"lodash-es":  {edit: edit{"nativeNow = Date.now", "nativeNow = () => 0"}},
	"bignumber.js": {edit: edit{ // it checks whether random numbers have 53 bits: they do
		"(Math.random() * pow2_53) & 0x1fffff",
		"(0x1fffff                ) & 0x1fffff",
	}},

	"got": {optionalSockets: true, standIns: map[string]string{"http2-wrapper": `
		const refuse = () => { throw new Error("the host chooses HTTP's version: leave http2 out of got's options"); };
		module.exports = { auto: refuse, request: refuse, get: refuse };`}},
	"request": {standIns: map[string]string{"http-signature": `
		exports.signRequest = () => { throw new Error("request's option httpSignature does not work in an action: sign the request with node:crypto"); };`}},
	"superagent": {form: formNode, why: "it loads sockets for HTTP/2, which requests do without", optionalSockets: true, standIns: map[string]string{"formidable": `
		exports.formidable = exports.IncomingForm = function () { throw new Error("superagent does not read multipart answers in an action: read them with fetch and formData()"); };`}},
	"make-fetch-happen": {standIns: map[string]string{"@npmcli/agent": `
		exports.getAgent = (url, { agent, proxy } = {}) => {
			if (proxy) throw new Error("make-fetch-happen's option proxy does not work in an action: the proxy is a setting of the binding");
			return agent;
		};`}},
	"node-fetch":           {standIns: map[string]string{"whatwg-url": globalURL}},
	"@supabase/node-fetch": {standIns: map[string]string{"whatwg-url": globalURL}},

	"elasticsearch": {standIns: map[string]string{"agentkeepalive": `
		module.exports = require("http").Agent;
		module.exports.HttpsAgent = require("https").Agent;`}},

	"@grpc/grpc-js": {connects: "call the service's REST API instead"},
	"@redis/client": {connects: useHTTPRedis, retries: true},
	"amqplib":       {connects: "publish over the broker's HTTP API instead"},
	"ioredis":       {connects: useHTTPRedis, retries: true},
	"kafkajs":       {connects: "produce through a Kafka REST proxy instead", retries: true},
	"ldapjs":        {connects: "call a service that speaks LDAP over HTTP instead"},
	"mongodb":       {connects: useMongoService, retries: true},
	"mongoose":      {connects: useMongoService, retries: true},
	"mssql":         {connects: useHTTPDatabase},
	"mysql":         {connects: useHTTPMySQL},
	"mysql2":        {connects: useHTTPMySQL},
	"nodemailer":    {connects: "send through the mail service's HTTP API, such as @sendgrid/mail, instead"},
	"pg":            {connects: useHTTPPostgres},
	"postgres":      {connects: useHTTPPostgres},
	"redis":         {connects: useHTTPRedis},
	"tedious":       {connects: useHTTPDatabase},
	"undici":        {form: formNode, why: "the runtime has its functions", files: map[string]string{"index.js": `module.exports = require("` + runtimeUndici + `");`}},

	"@sentry/node":      proxy,
	"agent-base":        proxy,
	"forever-agent":     proxy,
	"http-proxy-agent":  proxy,
	"http2-wrapper":     proxy,
	"https-proxy-agent": proxy,
	"pac-proxy-agent":   proxy,
	"proxy-agent":       proxy,
	"resolve-alpn":      proxy,
	"socks":             proxy,
	"socks-proxy-agent": proxy,
	"tunnel":            proxy,
	"tunnel-agent":      proxy,

	"argon2":         {native: "scrypt of node:crypto"},
	"bcrypt":         {native: "bcryptjs"},
	"better-sqlite3": {native: "a database over HTTP"},
	"canvas":         {native: "an image service"},
	"libsql":         {native: "@libsql/client/web"},
	"libxmljs":       {native: "@xmldom/xmldom"},
	"libxmljs2":      {native: "@xmldom/xmldom"},
	"node-sass":      {native: "sass"},
	"re2":            {native: "JavaScript's own RegExp"},
	"sharp":          {native: "an image service"},
	"sqlite3":        {native: "a database over HTTP"},
	"ursa":           {native: "node:crypto"},
}

// pinoDestination is where pino writes without a stream: to the log.
const pinoDestination = `
		const { EventEmitter } = require("events");
		class SonicBoom extends EventEmitter {
			constructor() { super(); this.fd = 1; }
			write(line) { console.log(String(line).replace(/\n$/, "")); return true; }
			flush(done) { done?.(); }
			flushSync() {}
			reopen() {}
			end() { this.emit("finish"); this.emit("close"); }
			destroy() { this.emit("close"); }
		}
		SonicBoom.SonicBoom = SonicBoom.default = SonicBoom;
		module.exports = SonicBoom;`

const globalURL = `module.exports = { URL, URLSearchParams };`

// lodashFunction is the name of a package with one of lodash's functions. There
// are hundreds, all with lodash's code.
var lodashFunction = regexp.MustCompile(`^lodash\.[a-z]+$`)

// quirkOf returns the quirk of a package, by its name in package.json.
func quirkOf(name string) quirk {
	if lodashFunction.MatchString(name) {
		name = "lodash"
	}
	return quirks[name]
}
