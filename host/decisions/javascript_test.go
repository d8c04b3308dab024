package decisions_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// What actions of this kind do, and what must come of it.
func TestActionsInJavaScriptDecide(t *testing.T) {
	t.Parallel()
	remote := httptest.NewServer(http.HandlerFunc(validator))
	t.Cleanup(remote.Close)
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	with := func(member string) string { return strings.Replace(event, `"user":{`, member+`,"user":{`, 1) }
	user := func(user string) string { return strings.Replace(event, `{"email":"ada@example.org"}`, user, 1) }
	body := func(body string) string { return strings.Replace(event, `{"ulp-first-name":"Ada"}`, body, 1) }
	domains := handler(`
		const domain = event.user.email?.split("@").at(1);
		if (!event.secrets.ALLOWED_DOMAIN.split(",").includes(domain)) return api.access.deny("domain_not_allowed", "only people of example.com may enrol");`)
	client := handler(`
		if (event.connection?.strategy === "auth0" && event.client.client_id === event.secrets.TARGET_APP) api.access.deny("app", "Not with " + event.client.name);`)
	greetings := handler(`
		const { geoip, language } = event.request;
		const messages = { en: "Not from there", de: "Nicht von dort" };
		if (geoip.continentCode === "NA") api.access.deny("continent", messages[language] ?? messages.en);`)
	fields := handler(`
		if (!event.request.body["ulp-first-name"]) { api.validation.error("registration_error", "Missing fields!"); return; }
		api.user.setUserMetadata("first_name", event.request.body["ulp-first-name"]);`)
	check := handler(`
		try {
			const response = await fetch("` + remote.URL + `/email/" + encodeURIComponent(event.user.email), { timeout: 3000, keepalive: true });
			const data = await response.json();
			if (data.disposable === true) api.access.deny("disposable", "Use another address");
		} catch (e) {
			api.user.setUserMetadata("registration_check", { disposable_check: "failed", ts: new Date().toISOString() });
		}`)
	for _, tt := range []struct {
		name, code, event string
		verdict           host.Verdict
		reason, message   string
		degraded          string // part of the error; "" for none
	}{
		{name: "a deny with one argument", code: handler(`return api.access.deny("Disposable e-mail addresses are not allowed.")`), verdict: host.Deny, reason: "Disposable e-mail addresses are not allowed.", message: host.DefaultUserMessage},
		{name: "another domain", code: domains, event: user(`{"email":"ada@elsewhere.example"}`), verdict: host.Deny, reason: "domain_not_allowed", message: "only people of example.com may enrol"},
		{name: "the domain", code: domains, event: user(`{"email":"ada@example.com"}`), verdict: host.Allow},
		{name: "no address", code: domains, event: user(`{"phone_number":"+12065550123"}`), verdict: host.Deny, reason: "domain_not_allowed", message: "only people of example.com may enrol"},
		{name: "a client", code: client, event: with(`"connection":{"strategy":"auth0"},"client":{"client_id":"app-1","name":"Shop"}`), verdict: host.Deny, reason: "app", message: "Not with Shop"},
		{name: "no client", code: client, event: with(`"connection":{"strategy":"auth0"}`), verdict: host.Allow, degraded: "client_id"},
		{name: "a continent", code: greetings, event: strings.Replace(event, `"geoip":{}`, `"geoip":{"continentCode":"NA"},"language":"de"`, 1), verdict: host.Deny, reason: "continent", message: "Nicht von dort"},
		{name: "a language without a message", code: greetings, event: strings.Replace(event, `"geoip":{}`, `"geoip":{"continentCode":"NA"},"language":"fr"`, 1), verdict: host.Deny, reason: "continent", message: "Not from there"},
		{name: "no geoip", code: greetings, event: strings.Replace(event, `,"geoip":{}`, ``, 1), verdict: host.Allow},
		{name: "a field", code: fields, verdict: host.Allow},
		{name: "no field", code: fields, event: body(`{}`), verdict: host.Deny, reason: "registration_error", message: "Missing fields!"},
		{name: "no body", code: fields, event: strings.Replace(event, `"body":{"ulp-first-name":"Ada"},`, ``, 1), verdict: host.Deny, reason: "registration_error", message: "Missing fields!"},
		{name: "a disposable address", code: check, event: user(`{"email":"x+y@disposable.example"}`), verdict: host.Deny, reason: "disposable", message: "Use another address"},
		{name: "an address", code: check, verdict: host.Allow},
		{name: "an address that breaks the validator", code: check, event: user(`{"email":"broken@example.org"}`), verdict: host.Allow},
		{name: "the whole event in the log", code: handler(`console.log("event: " + JSON.stringify(event));`), verdict: host.Allow},
		{name: "a deny in a callback that is not awaited", code: handler(`["ada", "bob"].forEach(async (name) => { await null; if (event.user.email.startsWith(name)) api.access.deny(name, "no"); });`), verdict: host.Deny, reason: "ada", message: "no"},
		{name: "a deny after a request that is not awaited", code: handler(`fetch("` + remote.URL + `/email/a").then(() => api.access.deny("late", "no"));`), verdict: host.Deny, reason: "late", message: "no"},
		{name: "two denies", code: handler(`api.access.deny("first", "one"); api.access.deny("second", "two");`), verdict: host.Deny, reason: "first", message: "one"},
		{name: "a deny and then a throw", code: handler(`api.access.deny("spam", "no"); throw new Error("boom");`), verdict: host.Deny, reason: "spam", message: "no", degraded: "boom"},
		{name: "metadata and then a deny", code: handler(`api.user.setUserMetadata("a", 1).access.deny("spam", "no");`), verdict: host.Deny, reason: "spam", message: "no"},
		{name: "metadata and then a throw", code: handler(`api.user.setUserMetadata("a", 1); throw new TypeError("boom");`), verdict: host.Allow, degraded: "boom"},
		{name: "an address with capitals, a plus and a dot at the end", code: domains, event: user(`{"email":"A.B+c@Bücher.Example."}`), verdict: host.Deny, reason: "domain_not_allowed", message: "only people of example.com may enrol"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := script(t, "a"+strings.ReplaceAll(tt.name, " ", "-"), tt.code)
			m.settings.Egress.Mode = host.EgressPublic
			g.t = t
			g.deploy(m)
			secrets := []host.SecretWrite{{Name: "ALLOWED_DOMAIN", Value: new("example.com,other.example")}, {Name: "TARGET_APP", Value: new("app-1")}}
			if _, err := g.Registry.SetSecrets(t.Context(), m.name, secrets, nil); err != nil {
				t.Fatal(err)
			}
			if tt.event == "" {
				tt.event = event
			}
			a := g.decide(tt.event)
			if a.Verdict != tt.verdict || a.Reason != tt.reason || a.UserMessage != tt.message {
				t.Errorf("decided %s %q %q, want %s %q %q; %+v", a.Verdict, a.Reason, a.UserMessage, tt.verdict, tt.reason, tt.message, a.Results[0].Error)
			}
			if failed := a.Results[0].Error; (failed != nil) != (tt.degraded != "") || failed != nil && !strings.Contains(failed.Message, tt.degraded) || a.Degraded != (failed != nil) {
				t.Errorf("the action failed with %+v, want %q", failed, tt.degraded)
			}
		})
	}
}

// A field that a sender may leave out is undefined, as in Node: the error names it, and says
// who left out what.
func TestAnErrorNamesWhatTheSenderLeftOut(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	for name, tt := range map[string]struct{ body, field, hint string }{
		"a property":      {`return event.client.client_id;`, "client_id", "the sender's event has no client, which may be missing: read event.client?.client_id"},
		"a variable":      {`const { security_context } = event; return security_context.ja4;`, "ja4", "the sender's event has no security_context, which may be missing: read event.security_context?.ja4"},
		"a pattern":       {`const { client: { client_id } } = event;`, "client_id", "the sender's event has no client, which may be missing: read event.client?.client_id"},
		"of two objects":  {`return event.connection.name;`, "name", "the sender's event has no client and no connection, each of which may be missing: read event.client?.name or event.connection?.name"},
		"another mistake": {`return event.user.nothing.name2;`, "name2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g.t = t
			g.deploy(script(t, strings.ReplaceAll(name, " ", "-"), handler(tt.body)))
			failed := g.decide(event).Results[0].Error
			if failed == nil || !strings.Contains(failed.Message, tt.field) || failed.Hint != tt.hint {
				t.Errorf("the action failed with %+v", failed)
			}
		})
	}
}

// validator is a remote service that checks addresses.
func validator(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.Contains(r.URL.Path, "disposable"):
		_, _ = w.Write([]byte(`{"disposable":true}`))
	case strings.Contains(r.URL.Path, "broken"):
		_, _ = w.Write([]byte(`<html>`))
	default:
		_, _ = w.Write([]byte(`{"disposable":false}`))
	}
}

func TestAValidationErrorKeepsItsCodeAndItsMessage(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	g.deploy(script(t, "validates", handler(`api.validation.error("registration_error", "Missing fields!");`)))
	a := g.decide(event)
	if len(a.ValidationErrors) != 1 || a.ValidationErrors[0] != (host.ValidationError{Code: "registration_error", Message: "Missing fields!"}) {
		t.Errorf("decided %+v", a.Decision)
	}
}

func TestLaterActionsSeeTheEventAsItWasSent(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	g.deploy(
		script(t, "sets", handler(`event.user.user_metadata = { changed: true }; api.user.setUserMetadata("plan", "free").user.setAppMetadata("old", null);`)),
		script(t, "looks", handler(`api.user.setUserMetadata("seen", event.user.user_metadata ?? null).user.setAppMetadata("seen", event.user.app_metadata);`)),
	)
	a := g.decide(strings.Replace(event, `"user":{`, `"user":{"app_metadata":{"old":1},`, 1))
	user, _ := json.Marshal(a.UserMetadata)
	app, _ := json.Marshal(a.AppMetadata)
	if string(user) != `{"plan":"free"}` || string(app) != `{"seen":{"old":1}}` {
		t.Errorf("the user is to have %s and %s", user, app)
	}
}

// A host must have a typed outcome for whatever an action does, whichever way its
// binding fails.
func TestHostileActionsHaveAnOutcomeInTime(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{DecisionTimeout: 5 * time.Second})
	for _, tt := range []struct {
		name, body string
		limits     []string // one of them ends it; which one depends on how fast the machine is
		denies     bool     // in any case
		succeeds   bool
	}{
		{name: "an endless loop", body: `for (;;);`, limits: []string{"timeout_ms", "fuel"}},
		{name: "a memory bomb", body: `const all = []; for (;;) all.push(new Uint8Array(1e6).fill(1));`},
		{name: "a throw", body: `throw new Error("boom")`},
		{name: "a promise that never settles", body: `await new Promise(() => {});`},
		{name: "a timer that never ends", body: `await new Promise((done) => setTimeout(done, 1e9));`},
		{name: "a deny and then a throw", body: `api.access.deny("spam"); throw new Error("boom")`, denies: true},
		{name: "a deny and then an endless loop", body: `api.access.deny("spam"); for (;;);`, limits: []string{"timeout_ms", "fuel"}, denies: true},
		{name: "a deny and then work", body: `api.access.deny("spam"); for (let i = 0; i < 1e5; i++) Math.sqrt(i); await new Promise((done) => setTimeout(done, 5));`, denies: true, succeeds: true},
		{name: "a million keys", body: `for (let i = 0; i < 1e6; i++) api.user.setUserMetadata("key" + i, i);`},
		{name: "a million keys, whatever it throws", body: `for (let i = 0; i < 1e6; i++) try { api.user.setUserMetadata("key" + i, i); } catch {}`, limits: []string{"host_calls", "timeout_ms"}},
		{name: "one large value", body: `api.user.setAppMetadata("a", "x".repeat(40000));`},
		{name: "arguments of other types", body: `api.access.deny(Symbol("s"), { toString() { throw 1; } });`, denies: true, succeeds: true},
		{name: "a validation error of other types", body: `api.validation.error(1, 2);`},
		{name: "a large reason", body: `api.access.deny("x".repeat(1e6), "y".repeat(1e6));`, denies: true, succeeds: true},
	} {
		m := script(t, "", handler(tt.body))
		for _, onFailure := range []host.OnFailure{host.FailAllow, host.FailDeny} {
			t.Run(tt.name+" "+string(onFailure), func(t *testing.T) {
				m.name = strings.ReplaceAll(tt.name, " ", "-") + string(onFailure)
				m.settings = host.Settings{OnFailure: onFailure, Limits: host.Limits{TimeoutMillis: 1000}}
				g.t = t
				g.deploy(m)
				a := g.decide(event)
				want := host.Allow
				if tt.denies || !tt.succeeds && onFailure == host.FailDeny {
					want = host.Deny
				}
				if a.Verdict != want || a.Degraded == tt.succeeds || (a.Results[0].Status == host.DecisionSucceeded) != tt.succeeds {
					t.Errorf("decided %+v, %+v", a.Decision, a.Results[0].Error)
				}
				results, err := g.DB.Results(t.Context(), g.recorded(a.ExecutionID).ID)
				if err != nil || len(results) != 1 {
					t.Fatalf("%d results are recorded, %v", len(results), err)
				}
				if got := results[0].Limit; tt.limits != nil && !slices.Contains(tt.limits, got) {
					t.Errorf("ended by the limit %q, want one of %q", got, tt.limits)
				}
			})
		}
	}
}
