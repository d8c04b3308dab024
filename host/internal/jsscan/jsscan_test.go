package jsscan_test

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host/internal/jsscan"
)

func TestScriptsNameSecretsOriginsAndPackages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, code, secrets, origins, packages string }{
		{"a property", `x(event.secrets.API_KEY, event?.secrets?.OTHER)`, "API_KEY OTHER", "", ""},
		{"a name in quotes", `event.secrets["A-KEY"] + event.secrets?.['B'] + event.secrets[name]`, "A-KEY B", "", ""},
		{"a pattern", `const { A, B: b, C = "https://c.example", ...rest } = event.secrets;`, "A B C", "https://c.example", ""},
		{"a pattern of the event", `const { user, secrets: { A, 'B-B': b } } = event;`, "A B-B", "", ""},
		{"the event's parameter", `exports.h = async ({ secrets, user }, api) => secrets.A + user.secrets_x`, "A", "", ""},
		{"a variable", `const s = event.secrets; call(s.A); const { B } = s; other.s.C;`, "A B", "", ""},
		{"a variable of a pattern", `const { secrets: keys } = event; keys.A; keys["B"]`, "A B", "", ""},
		{"a method", `event.secrets.hasOwnProperty("A"); Object.keys(event.secrets)`, "", "", ""},
		{"comments", "// event.secrets.NO https://no.example\n/* require('no') */ event.secrets.YES", "YES", "", ""},
		{"strings", `log("event.secrets.NO", 'require("no")')`, "", "", ""},
		{"addresses", `fetch("https://API.example.com/v1"); get('http://localhost:8080'); "see https://not.first"`, "", "http://localhost:8080 https://api.example.com", ""},
		{"templates", "fetch(`https://a.example/${id}`); fetch(`https://${host}/b`); fetch(`https://a${x}.example`); fetch(`https://b.example`)", "", "https://a.example https://b.example", ""},
		{"code in templates", "`${event.secrets.A} ${`${event.secrets.B}`} event.secrets.NO` + event.secrets.C", "A B C", "", ""},
		{"names like addresses", `const ns = "http://www.w3.org/2000/svg"`, "", "", ""},
		{"packages", `const a = require("axios"); import b from "@scope/b/sub"; import "c"; export { d } from 'd'; await import("e@1.2.3"); require("./own"); require("node:fs"); x.require("no"); require(name)`, "", "", "@scope/b axios c d e"},
		{"regular expressions", `const r = /["'` + "`" + `]/.test(x) ? a / b : /[/"]/; event.secrets.A`, "A", "", ""},
		{"TypeScript", `export const onExecute = async (event: Event): Promise<void> => { const k: string = event.secrets.A as string; };`, "A", "", ""},
		{"a string without an end", "const a = \"x\nevent.secrets.A", "A", "", ""},
		{"an end in the middle", "`${event.secrets.A", "A", "", ""},
		{"nothing", "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			found := jsscan.Scan(tt.code)
			for _, pair := range []struct {
				what, want string
				got        []string
			}{{"secrets", tt.secrets, found.Secrets}, {"origins", tt.origins, found.Origins}, {"packages", tt.packages, found.Packages}} {
				if got := strings.Join(pair.got, " "); got != pair.want {
					t.Errorf("%s are %q, want %q", pair.what, got, pair.want)
				}
			}
		})
	}
}

func TestANameIsMentionedAsAWord(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"x.KEY;": true, "KEY": true, "MY_KEY": false, "KEYS": false, "(KEY)": true, "": false} {
		if got := jsscan.Mentions(code, "KEY"); got != want {
			t.Errorf("%q mentions KEY: %t", code, got)
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add("const { A } = event.secrets; `${x}` /a/ 'b' // c")
	f.Fuzz(func(_ *testing.T, code string) { jsscan.Scan(code) })
}
