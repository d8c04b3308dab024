package decisions_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/decisions"
	"github.com/usherhost/usher/host/internal/hosttest"
)

func TestADecisionHasAReasonAndWhatTheUserReads(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{})
	if a := g.decide(event); a.Verdict != host.Allow || len(a.Results) != 0 || a.Reason != "" || a.UserMessage != "" {
		t.Errorf("with nothing bound: %+v", a.Decision)
	}
	g.deploy(
		calls(t, "first", call("user_metadata_set", `{"key":"plan","value":{"name":"free"}}`), call("user_id_set", `{"user_id":"ada"}`)),
		calls(t, "second", call("log_write", "2", `"nothing to deny"`)),
	)
	a := g.decide(strings.Replace(event, `"user":{`, `"user":{"user_metadata":{"old":1},"app_metadata":{"a":[2]},`, 1))
	if a.Verdict != host.Allow || string(a.UserMetadata["plan"]) != `{"name":"free"}` || string(a.UserMetadata["old"]) != "1" || string(a.AppMetadata["a"]) != "[2]" || a.UserID != "ada" {
		t.Errorf("decided %+v", a.Decision)
	}
	g.deploy(
		calls(t, "denies", call("access_deny", `{"reason":"spam","user_message":"Not today"}`)),
		calls(t, "never", call("access_deny", `{"reason":"never"}`)),
	)
	a = g.decide(event)
	if a.Verdict != host.Deny || a.Reason != "spam" || a.UserMessage != "Not today" || a.Degraded || a.Results[0].Status != host.DecisionSucceeded || a.Results[1].Status != host.DecisionSkipped {
		t.Errorf("decided %+v", a.Decision)
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be cached")
	}
}

func TestWhatIsNoEventOfATriggerThatDecidesIsRefused(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{})
	g.server = &decisions.Server{EventBytes: 1000, Decider: fake{func() (host.Decision, error) {
		t.Error("a flow ran")
		return host.Decision{}, nil
	}}}
	g.serve()
	for _, tt := range []struct {
		name, path, body string
		headers          []string
		status           int
		says             string
	}{
		{"a batch", "", `[` + event + `]`, nil, 400, "a batch is not accepted"},
		{"a structured CloudEvent", "", event, []string{"Content-Type: application/cloudevents+json"}, 415, "CloudEvents are not accepted"},
		{"a batch of CloudEvents", "", event, []string{"Content-Type: application/cloudevents-batch+json"}, 415, "CloudEvents are not accepted"},
		{"a binary CloudEvent", "", event, []string{"Ce-Specversion: 1.0"}, 415, "CloudEvents are not accepted"},
		{"a CloudEvent as JSON", "", `{"specversion":"1.0","id":"1","source":"/a","type":"t","data":` + event + `}`, nil, 415, "CloudEvents are not accepted"},
		{"a form", "", event, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "Content-Type"},
		{"a coding", "", event, []string{"Content-Encoding: gzip"}, 415, "content coding"},
		{"a query", "?wait=3", event, nil, 400, "query parameters"},
		{"a trigger in the background", "post-user-registration", event, nil, 422, "run in the background"},
		{"no trigger", "post-login", event, nil, 404, `no trigger "post-login"`},
		{"a key with a space", "", event, []string{"Idempotency-Key: a b"}, 400, "Idempotency-Key"},
		{"a large event", "", event + strings.Repeat(" ", 1000), nil, 413, "more than 1000 bytes"},
		{"no JSON", "", `{`, nil, 400, "does not fit"},
		{"nothing", "", ``, nil, 400, "does not fit"},
		{"a user with an id", "", strings.Replace(event, `"user":{`, `"user":{"user_id":"auth0|1",`, 1), nil, 400, "does not fit"},
		{"no request", "", `{"user":{}}`, nil, 400, "does not fit"},
		{"no user", "", `{"request":{}}`, nil, 400, "does not fit"},
		{"a key without the scope", "", event, []string{"Authorization: Bearer " + g.apiKey(host.ScopeIngest)}, 403, "decide"},
		{"no key", "", event, []string{"Authorization: Bearer usher_x"}, 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := tt.path
			if path == "" || path[0] == '?' {
				path = string(trigger) + path
			}
			a := g.post(path, tt.body, tt.headers...)
			if a.status != tt.status || !strings.Contains(a.problem.Detail, tt.says) {
				t.Errorf("answer is %d %q, want %d %q", a.status, a.problem.Detail, tt.status, tt.says)
			}
		})
	}
}

func TestAHostThatCanNotDecideSaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{})
	var draining atomic.Bool
	g.server.Draining = draining.Load
	g.serve()
	g.decide(event)
	draining.Store(true)
	if a := g.post(string(trigger), event); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("while draining the answer is %d %v", a.status, a.header)
	}
}

func TestConcurrentRequestsWithOneKeyRunTheFlowOnce(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	g.deploy(calls(t, "slow", call("clock_sleep", "50"), call("access_deny", `{"reason":"once"}`)))
	var all sync.WaitGroup
	var mu sync.Mutex
	ids := map[string]int{}
	replayed := 0
	for range 200 {
		all.Go(func() {
			a := g.decide(event, "Idempotency-Key: one")
			mu.Lock()
			defer mu.Unlock()
			ids[a.ExecutionID]++
			if a.header.Get("Idempotent-Replayed") == "true" {
				replayed++
			}
		})
	}
	all.Wait()
	if len(ids) != 1 || replayed != 199 {
		t.Errorf("%d flows ran, %d answers were repeats", len(ids), replayed)
	}
	if a := g.post(string(trigger), strings.Replace(event, "ada@", "bob@", 1), "Idempotency-Key: one"); a.status != http.StatusUnprocessableEntity {
		t.Errorf("another body was answered %d", a.status)
	}
	if a := g.decide(event, "Idempotency-Key: one", "Authorization: Bearer "+g.apiKey(host.ScopeDecide)); ids[a.ExecutionID] != 0 {
		t.Error("the key of another API key was a repeat")
	}
	for id := range ids {
		g.recorded(id)
	}
	found, err := g.DB.Executions(t.Context(), host.ExecutionQuery{Limit: 500})
	if err != nil || len(found) > 2 {
		t.Errorf("%d executions are recorded, %v", len(found), err)
	}
}

func TestAFlowThatGaveNoDecisionIsRunByTheNextRequest(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{Idle: true})
	var runs atomic.Int64
	g.server = &decisions.Server{Decider: fake{func() (host.Decision, error) {
		if runs.Add(1) == 1 {
			return host.Decision{}, &host.Error{Code: host.Unavailable, Text: "busy"}
		}
		return host.Decision{Verdict: host.Allow}, nil
	}}}
	g.serve()
	for i, want := range []int{503, 200, 200} {
		if a := g.post(string(trigger), event, "Idempotency-Key: k"); a.status != want {
			t.Errorf("request %d was answered %d, want %d", i, a.status, want)
		}
	}
	if runs.Load() != 2 {
		t.Errorf("%d flows ran", runs.Load())
	}
}

func TestKeysAreHeldWithinABoundOfMemory(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{Idle: true})
	g.server = &decisions.Server{RepeatBytes: 1000, Decider: fake{func() (host.Decision, error) { return host.Decision{Verdict: host.Allow}, nil }}}
	g.serve()
	statuses := map[int]int{}
	for i := range 20 {
		a := g.post(string(trigger), event, "Idempotency-Key: "+strings.Repeat("k", i+1))
		statuses[a.status]++
		if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	if statuses[200] == 0 || statuses[503] == 0 || len(statuses) != 2 {
		t.Errorf("answers: %v", statuses)
	}
	if a := g.post(string(trigger), event); a.status != 200 {
		t.Errorf("without a key the answer is %d", a.status)
	}
}

func TestPreferShortensTheDeadline(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{DecisionTimeout: time.Minute})
	sleeps := calls(t, "sleeps", call("clock_sleep", "3600000"))
	later := calls(t, "later")
	g.deploy(sleeps, later)
	for prefer, applied := range map[string]string{"wait=0.05": "wait=0.05", "respond-async, wait=0.05": "wait=0.05", `wait="0.05"`: "wait=0.05"} {
		a := g.decide(event, "Prefer: "+prefer)
		if a.Verdict != host.Allow || !a.Degraded || !slices.Equal(a.FailedActions, []string{"sleeps", "later"}) || a.Results[1].Status != host.DecisionNotRun || a.header.Get("Preference-Applied") != applied {
			t.Errorf("%s: decided %+v, %q", prefer, a.Decision, a.header.Get("Preference-Applied"))
		}
	}
	later.name, later.settings = "later2", host.Settings{OnFailure: host.FailDeny}
	sleeps.name = "sleeps2"
	g.deploy(sleeps, later)
	if a := g.decide(event, "Prefer: wait=0.05"); a.Verdict != host.Deny || a.UserMessage != host.DefaultUserMessage {
		t.Errorf("decided %+v", a.Decision)
	}
}

func TestPasswordsAreNeverStoredNorGivenToActions(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{})
	g.deploy(script(t, "prints", handler(`console.log("event: " + JSON.stringify(event)); api.user.setUserMetadata("seen", event);`)))
	a := g.decide(`{"user":{"email":"ada@example.org"},"request":{"body":{"ulp-name":"Ada","Password":"hunter2","form":[{"confirm_password":"hunter2"}]}}}`, "Idempotency-Key: k")
	if seen := string(a.UserMetadata["seen"]); strings.Contains(seen, "hunter2") || !strings.Contains(seen, `"ulp-name":"Ada"`) {
		t.Errorf("the action got %s", seen)
	}
	x := g.recorded(a.ExecutionID)
	e, err := g.DB.Event(t.Context(), x.EventID)
	if err != nil || strings.Contains(string(e.Body), "hunter2") || !strings.Contains(string(e.Body), "Ada") {
		t.Errorf("stored is %s, %v", e.Body, err)
	}
	files, _ := filepath.Glob(filepath.Join(g.dir, "*"))
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && strings.Contains(string(text), "hunter2") {
			t.Errorf("%s has the password", file)
		}
	}
}
