package bundle_test

import (
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

// TestPackagesThatNeedASocketSayWhatToUseInstead has packages of these names
// connect in the ways that the real ones do.
func TestPackagesThatNeedASocketSayWhatToUseInstead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, pkg, code, body, want string
	}{
		{
			"one that connects at once", "pg", `const net = require("net"); exports.connect = async () => new net.Socket().connect(5432);`,
			`await require("pg").connect();`, `package "pg" needs a connection that an action cannot open: use a driver that speaks HTTP, such as @neondatabase/serverless, or PostgREST, instead`,
		},
		{
			"one that looks a name up first", "nodemailer", `import dns from "node:dns"; export const send = () => dns.promises.resolve4("mail.example.com");`,
			`await require("nodemailer").send();`, `package "nodemailer" needs a connection that an action cannot open: send through the mail service's HTTP API, such as @sendgrid/mail, instead`,
		},
		{
			"one that tries again for ever", "ioredis", `const { connect } = require("node:tls");
				exports.open = () => new Promise(() => { setInterval(() => { try { connect(6379); } catch {} }, 100); });`,
			`await require("ioredis").open();`, `package "ioredis" needs a connection that an action cannot open: use a Redis with an HTTP API, such as @upstash/redis, instead`,
		},
		{
			"what needs no connection", "mysql2", `const net = require("net"); exports.ip = (text) => net.isIP(text); class Secure extends net.Socket {} exports.Secure = Secure;`,
			`throw new Error("isIP is " + require("mysql2").ip("::1"));`, `isIP is 6`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			kit := jstest.Shared(t)
			built, err := kit.Builder.Build(t.Context(), actionOf(t, "action.js", map[string]string{
				"action.js":                                "exports.onExecutePostUserRegistration = async () => { " + tt.body + " };",
				"node_modules/" + tt.pkg + "/index.js":     tt.code,
				"node_modules/" + tt.pkg + "/package.json": `{"name":"` + tt.pkg + `","version":"1.0.0"}`,
			}))
			if err != nil {
				t.Fatal(err)
			}
			result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{})
			if err != nil {
				t.Fatal(err)
			}
			if result.Error == nil || result.Error.Message != tt.want {
				t.Errorf("limit %q, error %+v; want %s", result.Limit, result.Error, tt.want)
			}
		})
	}
}

// TestSuperagentIsBundledAsItIsForNode holds for its main file, however its own
// files ask for it.
func TestSuperagentIsBundledAsItIsForNode(t *testing.T) {
	t.Parallel()
	b, err := bundleOf(t, nil, actionOf(t, "action.js", map[string]string{
		"action.js":                                 anyHandler + `exports.got = require("superagent");`,
		"node_modules/superagent/package.json":      `{"name":"superagent","main":"lib/node/index.js","browser":{"./lib/node/index.js":"./lib/client.js"}}`,
		"node_modules/superagent/lib/node/index.js": `exports.kind = "node"; exports.agents = require("./agent").all.map((ask) => ask().kind);`,
		"node_modules/superagent/lib/node/agent.js": `exports.all = [() => require("../.."), () => require("."), () => require("./index"), () => require("../client")];`,
		"node_modules/superagent/lib/client.js":     `exports.kind = "client";`,
	}))
	if err != nil {
		t.Fatal(err)
	}
	got, want := runInNode(t, b, "return action.got"), `{"kind":"node","agents":["node","node","node","client"]}`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
