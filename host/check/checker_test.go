package check_test

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/check"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

const token = "tok-5f7c8ec7c33c6c004bbafe82"

func changed(src bundle.Source, old, now string) bundle.Source {
	src.Code = bytes.Replace(src.Code, []byte(old), []byte(now), 1)
	return src
}

func TestACheckFindsExactlyWhatAChangedSampleDoesOtherwise(t *testing.T) {
	t.Parallel()
	const runs = 20
	src := sample(t, "store-user-js", "axios")
	server := newStore(t)
	r := record(t, built(t, src), map[string]string{"STORE_URL": server.URL + "/users", "STORE_TOKEN": token}, runs, host.Settings{})
	server.Close()
	const post = "POST [secret STORE_URL]" // its address is a secret
	for _, tt := range []struct {
		name string
		src  bundle.Source
		want map[string]int
	}{
		{"as it was", src, map[string]int{}},
		{"a header", changed(src, "Authorization:", `"X-Trace": "t-1", Authorization:`), map[string]int{"changed " + post + ": header x-trace added": runs}},
		{"a field", changed(src, "{ user_id, email }", "{ user_id, email: email.toUpperCase() }"), map[string]int{"changed " + post + ": body $.email": runs}},
		{"a call", changed(src, "const { status }", "await axios.get(STORE_URL + '/plans'); const { status }"), map[string]int{"new GET [secret STORE_URL]/plans": runs}},
		{"the secret in a log line", changed(src, "the store has", "${STORE_TOKEN} the store has"), map[string]int{"logs: line missing: info the store has {} already": runs / 10, "logs: line new: info [secret STORE_TOKEN] the store has {} already": runs / 10}},
		{"what it does on 409", changed(src, "409", "410"), map[string]int{
			"fault: fails: guest: AxiosError [ERR_BAD_REQUEST]: Request failed with status code {}": runs / 10,
			"logs: line missing: info the store has {} already":                                     runs / 10,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			report := r.check(built(t, tt.src), host.CheckQuery{})
			if report.Compared != runs || len(report.Control) > 0 || len(report.Skipped) > 0 {
				t.Errorf("compared %d runs, skipped %+v, control %+v", report.Compared, report.Skipped, report.Control)
			}
			if got := keys(report.Groups); !maps.Equal(got, tt.want) {
				t.Errorf("differences %v, want %v", got, tt.want)
			}
			if report.Passed != (len(tt.want) == 0) {
				t.Errorf("passed: %t", report.Passed)
			}
			for _, g := range report.Groups {
				if strings.Contains(g.Example.Old+g.Example.New+g.Key, token) {
					t.Errorf("the secret is readable in %+v", g)
				}
			}
		})
	}
}

// eventful uses all that a run gets from outside: the clock, random numbers, answers that
// overlap and overtake each other, timers and the cache.
const eventful = `
exports.onExecutePostUserRegistration = async (event, api) => {
  const at = (path) => fetch(event.secrets.STORE_URL + path, { method: "POST", body: crypto.randomUUID() + Date.now() });
  const cached = api.cache.get("seen");
  console.log("cached", cached ? cached.value : "nothing", Math.random(), new Date().toISOString());
  const order = [];
  await Promise.all(["/a", "/b", "/c"].map(async (path) => { const r = await at(path); order.push(path + r.status); }));
  const won = await Promise.race([at("/d").then(() => "answer"), new Promise((done) => setTimeout(done, 3, "timer"))]);
  await new Promise((done) => setTimeout(done, 2));
  api.cache.set("seen", order.join() + event.user.user_id);
  const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
  console.log(order.join(), won, api.cache.get("seen").value, (await crypto.subtle.exportKey("jwk", key)).k, performance.now());
};`

func TestACheckOfTheSameCodeFindsNothing(t *testing.T) {
	t.Parallel()
	const runs = 10
	server := newStore(t)
	module := script(t, eventful)
	r := record(t, module, map[string]string{"STORE_URL": server.URL}, runs, host.Settings{})
	server.Close()
	for name, module := range map[string][]byte{"the module": module, "another build": script(t, eventful+"\n// again\n")} {
		report := r.check(module, host.CheckQuery{})
		if report.Same != runs || !report.Passed || len(report.Control) > 0 {
			t.Errorf("%s: same in %d of %d runs: control %+v, differences %+v", name, report.Same, report.Compared, report.Control, report.Groups)
		}
	}
}

func TestACheckAllowsWhatWasReviewed(t *testing.T) {
	t.Parallel()
	server := newStore(t)
	r := record(t, script(t, handler(`await must(post(event, "/users"));`)), map[string]string{"STORE_URL": server.URL}, 5, host.Settings{})
	server.Close()
	next := script(t, handler(`console.log("next"); await must(post(event, "/users", { headers: { "X-Trace": "1" } }));`))
	header := host.Allowance{Difference: "changed * header x-trace added", Reason: "traced"}
	line := host.Allowance{Difference: "logs: line new: info next", Reason: "said"}
	for _, tt := range []struct {
		allow  []host.Allowance
		passed bool
		unused int
	}{
		{nil, false, 0},
		{[]host.Allowance{header}, false, 0},
		{[]host.Allowance{header, line}, true, 0},
		{[]host.Allowance{header, line, {Difference: "new *", Reason: "soon"}}, true, 1},
	} {
		report := r.check(next, host.CheckQuery{Allow: tt.allow})
		if report.Passed != tt.passed || len(report.Unused) != tt.unused || len(report.Groups) != 2 {
			t.Errorf("with %+v: %+v", tt.allow, report)
		}
	}
	_, err := r.Checker.Check(t.Context(), r.action, host.CheckQuery{Allow: []host.Allowance{{Difference: "*"}}}, nil)
	if host.CodeOf(err) != host.Invalid {
		t.Errorf("an allowance without a reason: %v", err)
	}
}

func TestAVersionThatNeedsAnUnsetSecretFailsItsCheck(t *testing.T) {
	t.Parallel()
	server := newStore(t)
	module := script(t, handler(`await must(post(event, "/users"));`))
	r := record(t, module, map[string]string{"STORE_URL": server.URL}, 2, host.Settings{})
	server.Close()
	r.manifest.Secrets = []string{"STORE_URL", "STORE_KEY"}
	report := r.check(module, host.CheckQuery{})
	if key := `fault: fails: host: the secret "STORE_KEY" is not set`; keys(report.Groups)[key] != 2 || report.Passed {
		t.Errorf("report %+v", report)
	}
	value := "k"
	_, err := r.Registry.SetSecrets(t.Context(), r.action, []host.SecretWrite{{Name: "STORE_KEY", Value: &value}}, nil)
	r.must(err)
	if report := r.check(module, host.CheckQuery{}); report.Same != 2 {
		t.Errorf("with the secret: %+v", report)
	}
}

func TestACheckSaysWhatItCantCompare(t *testing.T) {
	t.Parallel()
	server := newStore(t)
	module := script(t, handler(`await must(post(event, "/users"));`))
	r := record(t, module, map[string]string{"STORE_URL": server.URL}, 3, host.Settings{Tape: host.TapeOff})
	server.Close()
	report := r.check(module, host.CheckQuery{})
	if report.Compared != 0 || len(report.Skipped) != 1 || report.Skipped[0].Runs != 3 || report.Skipped[0].Reason != "it has no tape" {
		t.Errorf("without tapes: %+v", report)
	}
	if report.Gate == "" {
		t.Error("a check that compared nothing counts for require_check")
	}
}

func TestTheControlFindsATapeThatIsNotItsRuns(t *testing.T) {
	t.Parallel()
	server := newStore(t)
	module := script(t, handler(`console.log(Math.random()); await must(post(event, "/users"));`))
	r := record(t, module, map[string]string{"STORE_URL": server.URL}, 3, host.Settings{})
	server.Close()
	r.Checker.Tapes = altered{r.Checker.Tapes}
	report := r.check(module, host.CheckQuery{})
	if len(report.Control) == 0 || report.Passed {
		t.Errorf("report %+v", report)
	}
	if len(report.Groups) > 0 {
		t.Errorf("the host's fault is the new version's: %+v", report.Groups)
	}
}

// altered changes the seed of tapes.
type altered struct{ check.Tapes }

func (a altered) Tape(ctx context.Context, executionID string, step, attempt int) (host.Tape, error) {
	tape, err := a.Tapes.Tape(ctx, executionID, step, attempt)
	tape.Seed = bytes.Repeat([]byte{1}, len(tape.Seed))
	return tape, err
}

func TestACheckOfADeploySatisfiesTheGate(t *testing.T) {
	t.Parallel()
	server := newStore(t)
	r := record(t, script(t, handler(`await must(post(event, "/users"));`)), map[string]string{"STORE_URL": server.URL}, 3, host.Settings{})
	server.Close()
	settings := host.Settings{RequireCheck: true}
	_, err := r.Registry.ReplaceBindings(t.Context(), host.PostUserRegistration, []host.BindingWrite{{Action: r.action, Settings: &settings}})
	r.must(err)
	deploy := func(module []byte) error {
		_, err := r.Registry.Upload(t.Context(), r.action, module, r.manifest, true)
		return err
	}
	same := script(t, handler(`const path = "/users"; await must(post(event, path));`))
	other := script(t, handler(`await must(post(event, "/others"));`))
	if err := deploy(same); host.CodeOf(err) != host.Refused {
		t.Errorf("a deploy without a check: %v", err)
	}
	r.check(other, host.CheckQuery{})
	r.check(same, host.CheckQuery{Last: 1})
	r.check(same, host.CheckQuery{Failures: true})
	r.check(same, host.CheckQuery{Faults: true})
	for name, module := range map[string][]byte{"that does other things": other, "of which one run was looked at": same} {
		if err := deploy(module); host.CodeOf(err) != host.Refused {
			t.Errorf("a deploy of a module %s: %v", name, err)
		}
	}
	if report := r.check(same, host.CheckQuery{}); !report.Passed {
		t.Fatalf("report %+v", report)
	}
	if err := deploy(same); err != nil {
		t.Errorf("a deploy after its check passed: %v", err)
	}
	report, err := r.Checker.Check(t.Context(), r.action, host.CheckQuery{Version: "1"}, nil)
	if err != nil || report.New.Version != 1 || report.Compared != 3 {
		t.Errorf("a check of version 1: %+v, %v", report, err)
	}
}

func TestAttemptsThatResumedAreCheckedToo(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	failed := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/mails" && !failed[string(body)] { // once for each user
			failed[string(body)] = true
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	module := script(t, handler(`
		await Promise.all([must(post(event, "/users")), must(post(event, "/plans"))]);
		await must(post(event, "/mails"));
		console.log("done", Math.random(), Date.now());`))
	const events = 5
	r := record(t, module, map[string]string{"STORE_URL": server.URL}, events, host.Settings{Retry: host.Retry{InitialMillis: 1, MaxMillis: 1}})
	server.Close()
	report := r.check(module, host.CheckQuery{})
	if report.Compared != 2*events || report.Same != 2*events || len(report.Control) > 0 {
		t.Errorf("report %+v", report)
	}
	report = r.check(module, host.CheckQuery{Failures: true})
	if report.Compared != events || report.Gate == "" {
		t.Errorf("of failures: %+v", report)
	}
}

func TestWhatADecisionSaysIsChecked(t *testing.T) {
	t.Parallel()
	code := func(reason string) []byte {
		return script(t, `exports.onExecutePreUserRegistration = async (event, api) => {
			api.user.setUserMetadata("seen", "yes");
			if (event.user.email.endsWith("@bad.example")) api.access.deny("`+reason+`", "not here");
		};`)
	}
	h := newHost(t)
	r := &recorded{Host: h, t: t, action: "gate"}
	r.must(h.DeployFor(t.Context(), host.PreUserRegistration, r.action, code("domain"), host.Settings{}))
	r.must(h.BindTo(t.Context(), host.PreUserRegistration, r.action))
	for _, email := range []string{"ada@good.example", "eve@bad.example"} {
		_, err := h.Decider.Decide(t.Context(), host.Event{
			Tenant: "acme", Trigger: host.PreUserRegistration, Body: []byte(`{"user":{"email":"` + email + `"},"request":{}}`),
		}, 0)
		r.must(err)
	}
	r.must(h.WaitIdle(t.Context()))
	same := code("domain")
	report := r.check(same, host.CheckQuery{})
	for report.Compared < 2 && t.Context().Err() == nil { // the records are on their way
		report = r.check(same, host.CheckQuery{})
	}
	if report.Same != 2 || len(report.Control) > 0 {
		t.Errorf("the same code: %+v", report)
	}
	if got, want := keys(r.check(code("bad domain"), host.CheckQuery{}).Groups), (map[string]int{"changed access.deny: $.reason": 1}); !maps.Equal(got, want) {
		t.Errorf("differences %v, want %v", got, want)
	}
}
