package decisions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// fingerprints is an action that refuses clients by their TLS fingerprint.
const fingerprints = `
const refused = new Set(["t13d1517h2_8daaf6152771_b6f405a00624", "t13d1516h2_8daaf6152771_d8a2da3f94cd"]);
exports.onExecutePreUserRegistration = async (event, api) => {
	const ja4 = event?.security_context?.ja4;
	console.log("[GATE]", { ja4 });
	if (ja4 && refused.has(ja4)) api.access.deny("listed_fingerprint", "This client can't register");
};`

func TestAnActionDeniesByFingerprint(t *testing.T) {
	t.Parallel()
	deniesByFingerprint(t, fingerprints, "[GATE] { ja4: ", "listed_fingerprint", "This client can't register")
}

// document finds the document that has the action as its third block of code.
const document = "../../../shared/contract/seeds/002_*.txt"

var codeBlock = regexp.MustCompile("(?ms)^```(?:js|javascript)[^\n]*\n(.*?)^```")

func TestTheDocumentsActionDeniesByFingerprint(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(document)
	if err != nil || len(paths) == 0 {
		t.Skipf("the document is not there: no file is %s, %v", document, err)
	}
	content, err := os.ReadFile(paths[0])
	blocks := codeBlock.FindAllSubmatch(append(content, '\n'), -1)
	if err != nil || len(blocks) != 3 {
		t.Fatalf("%s has %d blocks of code, want 3; %v", paths[0], len(blocks), err)
	}
	deniesByFingerprint(t, string(blocks[2][1]), "[ACTION] { clientJa4: ", "suspicious_tls_fingerprint", "Your TLS fingerprint has been flagged as suspicious")
}

// deniesByFingerprint posts registrations to an action that refuses two fingerprints
// with these words, and logs each after this tag.
func deniesByFingerprint(t *testing.T, code, tag, reason, message string) {
	t.Helper()
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	g.deploy(script(t, "fingerprints", code))
	for _, tt := range []struct {
		name, context string // the event's member
		logged        string
		denied        bool
	}{
		{name: "a listed one", context: `"security_context":{"ja4":"t13d1517h2_8daaf6152771_b6f405a00624"},`, logged: `'t13d1517h2_8daaf6152771_b6f405a00624' }`, denied: true},
		{name: "the other listed one", context: `"security_context":{"ja4":"t13d1516h2_8daaf6152771_d8a2da3f94cd"},`, logged: `'t13d1516h2_8daaf6152771_d8a2da3f94cd' }`, denied: true},
		{name: "another", context: `"security_context":{"ja4":"t13d190900_9dc949149365_97f8aa674fd9"},`, logged: `'t13d190900_9dc949149365_97f8aa674fd9' }`},
		{name: "none in the context", context: `"security_context":{"ja3":"c13a3e168d43e62e0ad96fae6347e2e4"},`, logged: `undefined }`},
		{name: "a context of null", context: `"security_context":null,`, logged: `undefined }`},
		{name: "no context", logged: `undefined }`},
	} {
		a := g.decide(strings.Replace(event, `"user":{`, tt.context+`"user":{`, 1))
		want := host.Decision{Verdict: host.Allow}
		if tt.denied {
			want = host.Decision{Verdict: host.Deny, Reason: reason, UserMessage: message}
		}
		if a.Verdict != want.Verdict || a.Reason != want.Reason || a.UserMessage != want.UserMessage || a.Degraded {
			t.Errorf("%s: decided %+v, want %+v", tt.name, a.Decision, want)
		}
		results, err := g.DB.Results(t.Context(), g.recorded(a.ExecutionID).ID)
		if err != nil || len(results) != 1 || len(results[0].Logs) != 1 || results[0].Logs[0].Message != tag+tt.logged {
			t.Errorf("%s: recorded %+v, %v; want the line %s", tt.name, results, err, tag+tt.logged)
		}
	}
}
