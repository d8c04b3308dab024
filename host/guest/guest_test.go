package guest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/egress"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/receiver"
	"github.com/usherhost/usher/host/internal/replaytest"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is what a runner reads from the registry.
type store struct {
	secrets map[string]string
}

func (s *store) Module(_ context.Context, digest string) ([]byte, error) {
	for _, name := range []string{"script", "echo", "noop", "loop", "logs", "calls", "trap", "random", "memory", "recursion", "flood", "spin"} {
		if wasm := guests.Wasm(name); host.Digest(wasm) == digest {
			return wasm, nil
		}
	}
	return nil, &host.Error{Code: host.NotFound, Text: "no such module"}
}

func (s *store) Secrets(context.Context, string) (map[string]string, error) { return s.secrets, nil }

// world is a runner and what surrounds it.
type world struct {
	*guest.Runner
	store    *store
	receiver *receiver.Receiver
	settings host.Settings
	body     string // of the event; "" is one of Ada
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{CacheDir: t.TempDir(), Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	client := &egress.Client{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	t.Cleanup(client.Close)
	w := &world{store: &store{secrets: map[string]string{"TOKEN": "s3cret-value"}}, receiver: receiver.Start(respond)}
	t.Cleanup(w.receiver.Close)
	w.settings.Egress.Allow = []string{w.receiver.URL}
	w.Runner = &guest.Runner{Sandbox: s, Modules: w.store, Secrets: w.store, Egress: client, Cache: &guest.Cache{}}
	return w
}

// run runs the guest name with a script, if steps are given.
func (w *world) run(t *testing.T, name string, steps ...guests.Step) (host.Result, host.Tape) {
	t.Helper()
	return w.runConfig(t, name, map[string]string{"script": guests.Script(steps...), "COLOUR": "green"})
}

// runConfig runs the guest name with configuration values.
func (w *world) runConfig(t *testing.T, name string, config map[string]string) (host.Result, host.Tape) {
	t.Helper()
	settings := w.settings
	settings.Config = config
	run := guest.Run{
		ExecutionID: "exe_1", Index: 0, Attempt: 1,
		Step: host.Step{
			BindingID: "bnd_1", ActionID: "act_1", Action: "greet", Number: 3, Digest: host.Digest(guests.Wasm(name)),
			Settings: settings, Declared: settings,
		},
		Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(cmp.Or(w.body,
			`{"user":{"user_id":"u|1","name":"Ada \"L\" Löwe"},"secrets":{"TOKEN":"from the sender"}}`))},
	}
	result, tape, err := w.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	replaytest.Same(t, w.Runner, run, result, tape)
	return result, tape
}

// answers runs a script that must succeed and returns its answers.
func (w *world) answers(t *testing.T, steps ...guests.Step) []string {
	t.Helper()
	result, _ := w.run(t, "script", steps...)
	if !result.Succeeded {
		t.Fatalf("the run failed: %+v", result.Error)
	}
	var answers []string
	for _, a := range guests.Answers(result.Output) {
		if a == nil {
			answers = append(answers, "<none>")
			continue
		}
		answers = append(answers, string(a))
	}
	return answers
}

// respond is the world outside.
func respond(w http.ResponseWriter, q *http.Request) {
	switch q.URL.Path {
	case "/busy":
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	case "/binary":
		_, _ = w.Write([]byte{0xff, 0xfe, 0x00})
	default:
		w.Header().Add("X-Two", "1")
		w.Header().Add("X-Two", "2")
		_, _ = fmt.Fprintf(w, "hello from %s", q.URL.Path)
	}
}

func TestAGuestReadsTheEventWithItsSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	result, _ := w.run(t, "echo")
	var in struct {
		Event struct {
			User struct {
				ID   string `json:"user_id"`
				Name string `json:"name"`
			} `json:"user"`
			Secrets       map[string]string `json:"secrets"`
			Configuration map[string]any    `json:"configuration"`
		} `json:"event"`
		Execution struct {
			ID, Action string
			Version    int
			Attempt    int
		} `json:"execution"`
	}
	if err := json.Unmarshal(result.Output, &in); err != nil {
		t.Fatalf("%v in %s", err, result.Output)
	}
	if in.Event.User.Name != `Ada "L" Löwe` || in.Event.Secrets["TOKEN"] == "from the sender" || in.Event.Configuration == nil {
		t.Errorf("event %+v", in.Event)
	}
	if strings.Count(string(result.Output), `"secrets"`) != 1 {
		t.Errorf("the sender's secrets are still there: %s", result.Output)
	}
	if in.Execution.ID != "exe_1" || in.Execution.Version != 3 || in.Execution.Attempt != 1 {
		t.Errorf("execution %+v", in.Execution)
	}
}

func TestAGuestReadsNoNullWhereItsTypesHaveNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.body = `{"user": {"user_id":"u|1", "phone_number": null, "user_metadata":{"a":null}}, "request":null, "experiment":null}`
	result, _ := w.run(t, "echo")
	want := `{"event":{"user":{"user_id":"u|1","user_metadata":{"a":null}},"experiment":null,"configuration":`
	if !strings.HasPrefix(string(result.Output), want) {
		t.Errorf("the guest reads %s, want %s…", result.Output, want)
	}
}

func TestHostFunctionsAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send := func(path string) guests.Step {
		return guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + path + `"}`}
	}
	got := w.answers(t,
		guests.Step{Function: "secret_get", Argument: "TOKEN"},
		guests.Step{Function: "secret_get", Argument: "NOPE"},
		guests.Step{Function: "config_get", Argument: "COLOUR"},
		guests.Step{Function: "config_get", Argument: "NOPE"},
		guests.Step{Function: "var_set", Argument: "a\x00b"},
		guests.Step{Function: "var_get", Argument: "a"},
		send("/x"), send("/binary"),
		guests.Step{Function: "http_request", Argument: `{"url":"` + w.receiver.URL + `/y"}`},
		guests.Step{Function: "http_status_code"},
		guests.Step{Function: "http_send", Argument: `{"url":"https://evil.example/"}`},
		guests.Step{Function: "http_send", Argument: `{"url":`},
		guests.Step{Function: "http_request", Argument: `{"url":"https://evil.example/"}`},
		guests.Step{Function: "http_status_code"},
		guests.Step{Function: "cache_get", Argument: "k"},
	)
	for i, want := range []string{
		"************", "<none>", "green", "<none>", "<none>", "b",
		`"body":"hello from /x"`, `"body_base64":"//4A"`, "hello from /y", guests.Word(200),
		`{"error":{"code":"refused"`, `{"error":{"code":"invalid"`, `{"error":{"code":"refused"`, guests.Word(0), "<none>",
	} {
		if !strings.Contains(got[i], want) {
			t.Errorf("answer %d is %q, want %q", i, got[i], want)
		}
	}
	if !strings.Contains(got[6], `"x-two":["1","2"]`) {
		t.Errorf("headers in %s", got[6])
	}
}

func TestAWritingRequestHasTheSameIdempotencyKeyInEveryAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	post := func(headers string) guests.Step {
		return guests.Step{Function: "http_send", Argument: `{"method":"POST","url":"` + w.receiver.URL + `","body":"x"` + headers + `}`}
	}
	for range 2 {
		w.answers(t, post(""), post(`,"headers":{"Idempotency-Key":"mine"}`), post(""))
	}
	var keys []string
	for _, r := range w.receiver.Requests() {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
	}
	want := []string{"exe_1-0-0", "mine", "exe_1-0-2", "exe_1-0-0", "mine", "exe_1-0-2"}
	if !slices.Equal(keys, want) {
		t.Errorf("keys %q, want %q", keys, want)
	}
}

func TestSecretValuesAreMaskedInWhatPeopleSee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.secrets["HOOK"] = w.receiver.URL + "/services/T/B"
	result, tape := w.run(t, "script",
		guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + `/services/T/B"}`},
		guests.Step{Function: "log_write", Argument: "\x02the token is s3cret-value"},
		guests.Step{Function: "error_set", Argument: "cannot use s3cret-value"},
		guests.Step{Function: "return", Argument: "\x01"})
	shown, _ := json.Marshal(result)
	if strings.Contains(string(shown), "s3cret-value") || strings.Contains(string(shown), "/services/T/B") {
		t.Errorf("a secret is shown: %s", shown)
	}
	if result.Error.Message != "cannot use [secret TOKEN]" || result.Logs[0].Message != "the token is [secret TOKEN]" {
		t.Errorf("error %q, log %q", result.Error.Message, result.Logs[0].Message)
	}
	if target := result.Calls[len(result.Calls)-1].Target; target != "GET [secret HOOK]" && !strings.HasPrefix(target, "GET "+w.receiver.URL) {
		t.Errorf("target %q", target)
	}
	recorded, _ := json.Marshal(tape)
	if !strings.Contains(string(recorded), "s3cret-value") {
		t.Error("the tape lacks the secret: it could not be replayed")
	}
}

func TestTheOriginOfASecretAddressIsShownUnlessItIsTheSecret(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ secret, path, want string }{
		{secret: "/services/T/B", path: "/services/T/B", want: "GET RECEIVER/[secret HOOK]"},
		{secret: "/", path: "/", want: "GET [secret HOOK]"},
		{secret: "/", path: "/services", want: "GET [secret HOOK]services"},
		{secret: "", path: "/services", want: "GET [secret HOOK]/services"},
	} {
		w := newWorld(t)
		w.store.secrets["HOOK"] = w.receiver.URL + tt.secret
		result, _ := w.run(t, "script", guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + tt.path + `"}`})
		if got, want := result.Calls[len(result.Calls)-1].Target, strings.ReplaceAll(tt.want, "RECEIVER", w.receiver.URL); got != want {
			t.Errorf("with %q secret, a request to %q is shown as %q, want %q", tt.secret, tt.path, got, want)
		}
	}
}

func TestEveryHostCallIsOnTheTape(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	result, tape := w.run(t, "script",
		guests.Step{Function: "secret_get", Argument: "TOKEN"},
		guests.Step{Function: "clock_sleep", Argument: guests.Word(20)},
		guests.Step{Function: "clock"},
		guests.Step{Function: "random"},
		guests.Step{Function: "log_write", Argument: "\x02hello"},
		guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + `"}`})
	var names []string
	for i, c := range tape.Calls {
		names = append(names, c.Function)
		if c.Ordinal != i || i > 0 && c.EndMicros < tape.Calls[i-1].EndMicros {
			t.Errorf("call %d: ordinal %d, end %d", i, c.Ordinal, c.EndMicros)
		}
	}
	want := []string{"config_get", "secret_get", "clock_sleep", "log_write", "http_send"}
	if !slices.Equal(names, want) {
		t.Errorf("tape %q, want %q", names, want)
	}
	if len(tape.Seed) != 32 || tape.Start.IsZero() || tape.Secrets["TOKEN"] != "s3cret-value" {
		t.Errorf("tape %+v", tape)
	}
	if string(tape.Calls[1].Answer) != `{"value":"s3cret-value"}` || string(tape.Calls[1].Request) != `{"name":"TOKEN"}` {
		t.Errorf("secret_get on tape: %s → %s", tape.Calls[1].Request, tape.Calls[1].Answer)
	}
	slept := tape.Calls[2].EndMicros - tape.Calls[1].EndMicros
	if slept < 20_000 {
		t.Errorf("the clock moved %d µs in a sleep of 20 ms", slept)
	}
	if result.Stats.HTTPRequests != 1 || result.Stats.HostCalls != 5 {
		t.Errorf("stats %+v", result.Stats)
	}
}

func TestEveryIsolationGivesTheSameResultAndTape(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type seen struct{ Output, Calls, Logs string }
	var first seen
	for _, isolation := range []host.Isolation{host.IsolationPlain, host.IsolationFresh, host.IsolationReset, host.IsolationReset} {
		w.settings.Isolation = isolation
		result, tape := w.run(t, "script",
			guests.Step{Function: "secret_get", Argument: "TOKEN"}, guests.Step{Function: "var_set", Argument: "a\x00b"},
			guests.Step{Function: "var_get", Argument: "a"}, guests.Step{Function: "log_write", Argument: "\x03careful"},
			guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + `/binary"}`},
			guests.Step{Function: "cache_get", Argument: "none"})
		if !result.Succeeded || result.Stats.Isolation != isolation {
			t.Fatalf("%s: %s, %+v", isolation, result.Stats.Isolation, result.Error)
		}
		got := seen{Output: string(result.Output), Logs: result.Logs[0].Message}
		for _, c := range tape.Calls {
			answer := string(c.Answer)
			if c.Function == "http_send" {
				answer = "" // it has the time of day
			}
			got.Calls += c.Function + string(c.Request) + answer + "\n"
		}
		got.Output = got.Output[:40] // what follows has the time of day
		if first.Calls == "" {
			first = got
		}
		if got != first {
			t.Errorf("%s: %+v\nwant %+v", isolation, got, first)
		}
	}
}

func TestARunThatGetsNothingFromOutsideNeedsNoTape(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.secrets = nil
	if _, tape := w.run(t, "noop"); !tape.Empty() {
		t.Errorf("tape %+v", tape)
	}
}

func TestAFailureNamesThePartyAndWhatToDo(t *testing.T) {
	t.Parallel()
	fail := []guests.Step{{Function: "error_set", Argument: "it did not work"}, {Function: "return", Argument: "\x01"}}
	for _, tt := range []struct {
		name    string
		guest   string
		steps   []guests.Step
		change  func(*world)
		fault   host.Fault
		limit   string
		message string
		hint    string
	}{
		{name: "the guest's own error", steps: fail, fault: host.FaultGuest, message: "it did not work"},
		{
			name: "an origin that is not allowed", fault: host.FaultEgress, message: "it did not work", hint: "usher bindings set greet --allow https://evil.example",
			steps: append([]guests.Step{{Function: "http_send", Argument: `{"url":"https://evil.example/"}`}}, fail...),
		},
		{
			name: "a private network", fault: host.FaultEgress, message: "it did not work", hint: "usher serve --allow-network 10.0.0.1/32",
			change: func(w *world) { w.settings.Egress.Allow = []string{"http://10.0.0.1"} },
			steps:  append([]guests.Step{{Function: "http_send", Argument: `{"url":"http://10.0.0.1/"}`}}, fail...),
		},
		{
			name: "a missing secret that was declared", fault: host.FaultHost, message: `the secret "MISSING" is not set`, hint: "usher secrets set greet MISSING",
			change: func(w *world) { w.store.secrets = nil },
		},
		{name: "time", guest: "loop", fault: host.FaultLimit, limit: "timeout_ms", message: "stopped after 200 ms", hint: "usher bindings set greet --limit timeout_ms=400"},
		{
			name: "time in a host call", fault: host.FaultLimit, limit: "timeout_ms", message: "in clock_sleep 1m0s", hint: "--limit timeout_ms=400",
			steps: []guests.Step{{Function: "clock_sleep", Argument: guests.Word(60_000)}, {Function: "clock_sleep", Argument: guests.Word(60_000)}},
		},
		{
			name: "lines without end", guest: "logs", fault: host.FaultLimit, limit: "fuel", message: "used more than 50000000 units of fuel",
			change: func(w *world) { w.settings.Limits.Fuel = 50_000_000 },
		},
		{name: "host calls", guest: "calls", fault: host.FaultLimit, limit: "host_calls", message: "called the host more than 100 times"},
		{name: "a trap", guest: "trap", fault: host.FaultGuest, message: "trapped: unreachable"},
		{
			name: "a panic on standard error", fault: host.FaultGuest, message: "panic: oh no (trapped: unreachable)",
			steps: []guests.Step{{Function: "stderr", Argument: "panic: oh no\ngoroutine 1"}, {Function: "trap"}},
		},
		{
			name: "too many requests", fault: host.FaultLimit, limit: "http_requests", message: "it did not work",
			change: func(w *world) { w.settings.Limits.HTTPRequests = 1 },
			steps: append([]guests.Step{
				{Function: "http_send", Argument: `{"url":"RECEIVER"}`},
				{Function: "http_send", Argument: `{"url":"RECEIVER"}`},
			}, fail...),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.settings.Limits = host.Limits{LogBytes: 10_000, HostCalls: 100}
			if tt.limit == "timeout_ms" {
				w.settings.Limits.TimeoutMillis = 200
			}
			if tt.change != nil {
				tt.change(w)
			}
			for i := range tt.steps {
				tt.steps[i].Argument = strings.ReplaceAll(tt.steps[i].Argument, "RECEIVER", w.receiver.URL)
			}
			if tt.guest == "" {
				tt.guest = "script"
			}
			result := w.runDeclaring(t, tt.guest, tt.hint, tt.steps)
			if result.Succeeded || result.Fault != tt.fault || result.Limit != tt.limit {
				t.Fatalf("fault %q limit %q error %+v", result.Fault, result.Limit, result.Error)
			}
			if !strings.Contains(result.Error.Message, tt.message) || !strings.Contains(web.Hint(result.Error.Hint, result.Error.Fix), tt.hint) {
				t.Errorf("message %q, hint %q, fix %v", result.Error.Message, result.Error.Hint, result.Error.Fix)
			}
		})
	}
}

// runDeclaring is run for a version that declares the secret MISSING when the
// hint is about it.
func (w *world) runDeclaring(t *testing.T, name, hint string, steps []guests.Step) host.Result {
	t.Helper()
	settings := w.settings
	settings.Config = map[string]string{"script": guests.Script(steps...)}
	step := host.Step{ActionID: "act_1", Action: "greet", Digest: host.Digest(guests.Wasm(name)), Settings: settings}
	if strings.Contains(hint, "MISSING") {
		step.Secrets = []string{"MISSING"}
	}
	result, _, err := w.Run(t.Context(), guest.Run{
		ExecutionID: "exe_1", Attempt: 1, Step: step,
		Event: &host.Event{Trigger: host.PostUserRegistration, Body: []byte(`{"user":{"user_id":"u"}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestRetryAfterOfTheLastResponseIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	result, _ := w.run(t, "script",
		guests.Step{Function: "http_send", Argument: `{"url":"` + w.receiver.URL + `/busy"}`},
		guests.Step{Function: "return", Argument: "\x01"})
	if result.RetryAfterMillis != 7000 {
		t.Errorf("retry after %d ms", result.RetryAfterMillis)
	}
}

func TestStandardOutputAndErrorAreLogs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	result, _ := w.run(t, "script",
		guests.Step{Function: "stdout", Argument: "one\ntw"}, guests.Step{Function: "stdout", Argument: "o\nthree"},
		guests.Step{Function: "stderr", Argument: "oops\n"})
	var got []string
	for _, l := range result.Logs {
		got = append(got, l.Level+" "+l.Message)
	}
	if want := []string{"info one", "info two", "error oops", "info three"}; !slices.Equal(got, want) {
		t.Errorf("logs %q, want %q", got, want)
	}
}

func TestARunThatIsCalledOffLeavesNothingToRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err := w.Run(ctx, guest.Run{
		Step:  host.Step{Digest: host.Digest(guests.Wasm("loop"))},
		Event: &host.Event{Trigger: host.PostUserRegistration, Body: []byte(`{}`)},
	})
	if err == nil {
		t.Error("it has a result")
	}
}

func TestInspectReportsTheTriggers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in, err := w.Inspect(t.Context(), guests.Wasm("script"))
	if err != nil || !slices.Equal(in.Triggers, []host.Trigger{host.PostUserRegistration}) || len(in.Problems) > 0 {
		t.Errorf("inspection %+v, error %v", in, err)
	}
}

func FuzzHostFunctionsAcceptAnyOffset(f *testing.F) {
	for i := range guests.Functions() {
		f.Add(uint8(i), uint64(1)<<63, uint64(16))
		f.Add(uint8(i), uint64(15), ^uint64(0))
	}
	s, err := sandbox.Open(context.Background(), sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		f.Fatal(err)
	}
	runner := &guest.Runner{Sandbox: s, Modules: &store{}, Secrets: &store{}, Egress: &egress.Client{}, Cache: &guest.Cache{}}
	f.Cleanup(func() { _ = s.Close(context.Background()) })
	f.Fuzz(func(t *testing.T, function uint8, one, two uint64) {
		names := guests.Functions()
		name := names[int(function)%len(names)]
		if name == "clock_sleep" {
			one = 0
		}
		settings := host.Settings{
			Limits: host.Limits{TimeoutMillis: 2_000},
			Config: map[string]string{"script": guests.Script(guests.Step{Function: name, Raw: []uint64{one, two}})},
		}
		result, _, err := runner.Run(t.Context(), guest.Run{
			Step:  host.Step{Digest: host.Digest(guests.Wasm("script")), Settings: settings},
			Event: &host.Event{Trigger: host.PostUserRegistration, Body: []byte(`{"user":{}}`)},
		})
		if err != nil || result.Fault == host.FaultHost {
			t.Errorf("%s(%d, %d): %v %+v", name, one, two, err, result.Error)
		}
	})
}

func TestARefusedRequestShowsHowToAllowItAlsoWhenTheRunSucceeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	result, _ := w.run(t, "script", guests.Step{Function: "http_send", Argument: `{"url":"https://elsewhere.example/"}`})
	if !result.Succeeded {
		t.Fatal(result.Error)
	}
	if got, want := web.Command(*result.Calls[len(result.Calls)-1].Fix), "usher bindings set greet --allow https://elsewhere.example"; got != want {
		t.Errorf("hint %q, want %q", got, want)
	}
}
