package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/replay"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/host/tape"
)

// world is a runner, and what its runs meet outside.
type world struct{ *guest.Runner }

func (world) Module(context.Context, string) ([]byte, error) { return guests.Wasm("script"), nil }

func (world) Secrets(context.Context, string) (map[string]string, error) {
	return map[string]string{"TOKEN": "s3cret-value"}, nil
}

func (world) Send(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	return &host.HTTPResponse{Status: 200, Header: http.Header{"X-A": {"1"}}, Body: []byte("s3cret-value back"), URL: r.URL, Requests: 1}, nil
}

// record runs a script and returns its recording.
func record(t *testing.T) (world, *tape.Recording, replay.Code) {
	t.Helper()
	box, err := sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Close(context.Background()) })
	w := world{&guest.Runner{Sandbox: box}}
	w.Modules, w.Runner.Secrets, w.Egress = w, w, w
	run := guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Event: &host.Event{ID: "evt_1", Trigger: host.PostUserRegistration, Body: []byte(`{"user":{"user_id":"a"}}`)},
		Step: host.Step{ActionID: "act_1", Action: "greet", Number: 3, Digest: host.Digest(guests.Wasm("script")), Settings: host.Settings{
			Egress: host.Egress{Mode: host.EgressPublic},
			Config: map[string]string{"script": guests.Script(
				guests.Step{Function: "secret_get", Argument: "TOKEN"},
				guests.Step{Function: "http_send", Argument: `{"method":"POST","url":"https://a.example/s3cret-value","headers":{"x-id":"7"},"body":"{\"user\":{\"name\":\"ada\"}}"}`},
				guests.Step{Function: "random"}, guests.Step{Function: "cache_get", Argument: "k"},
				guests.Step{Function: "log_write", Argument: "\x02hello s3cret-value"},
			)},
		}},
	}
	result, tp, err := w.Run(t.Context(), run)
	if err != nil || !result.Succeeded {
		t.Fatalf("%v %+v", err, result.Error)
	}
	rec := &tape.Recording{ExecutionID: "exe_1", Attempt: 1, Step: run.Step, Event: *run.Event, Tape: tp, Result: result}
	return w, rec, replay.Code{Version: 3, Digest: run.Step.Digest, Modules: w}
}

func TestAReplayIsTheSame(t *testing.T) {
	t.Parallel()
	w, rec, code := record(t)
	report, err := replay.Play(t.Context(), w.Runner, rec, code, nil)
	if err != nil || !report.Same || !report.Code.Ran || report.Calls != len(rec.Tape.Calls) {
		t.Fatalf("%v %+v", err, report)
	}
}

// TestTheFirstDifferenceIsShownByItsPath: whatever part of a recording is changed, the
// replay says so, and names the value, without secrets.
func TestTheFirstDifferenceIsShownByItsPath(t *testing.T) {
	t.Parallel()
	w, rec, code := record(t)
	at := slices.IndexFunc(rec.Tape.Calls, func(c host.Call) bool { return c.Function == "http_send" })
	replaced := func(raw json.RawMessage, from, to string) json.RawMessage {
		if !bytes.Contains(raw, []byte(from)) {
			t.Fatalf("%s has no %s", raw, from)
		}
		return bytes.Replace(raw, []byte(from), []byte(to), 1)
	}
	request := func(from, to string) func(*tape.Recording) {
		return func(r *tape.Recording) { r.Tape.Calls[at].Request = replaced(r.Tape.Calls[at].Request, from, to) }
	}
	for name, tt := range map[string]struct {
		change func(*tape.Recording)
		part   guest.Part
		path   string // of the first change; "" when there need be none
	}{
		"method":        {request(`"POST"`, `"PUT"`), guest.PartCall, "method"},
		"URL":           {request(`a.example`, `b.example`), guest.PartCall, "url"},
		"header":        {request(`"7"`, `"8"`), guest.PartCall, "headers.x-id.0"},
		"header's name": {request(`x-id`, `x-ad`), guest.PartCall, "headers.x-ad"},
		"body":          {request(`ada`, `eve`), guest.PartCall, "body.user.name"},
		"answer of the host": {func(r *tape.Recording) {
			r.Tape.Calls[at-1].Answer = json.RawMessage(`{"value":"other"}`)
		}, guest.PartAnswer, "answer"}, // whose values are not shown
		"answer that is not written as the host does": {func(r *tape.Recording) {
			r.Tape.Calls[at].Answer = replaced(r.Tape.Calls[at].Answer, `{"status"`, `{ "status"`)
		}, guest.PartAnswer, ""},
		"end of a call":  {func(r *tape.Recording) { r.Tape.Calls[at].EndMicros = -5 }, guest.PartAnswer, "end_us"},
		"call removed":   {func(r *tape.Recording) { r.Tape.Calls = slices.Delete(r.Tape.Calls, at, at+1) }, guest.PartCall, "function"},
		"last removed":   {func(r *tape.Recording) { r.Tape.Calls = r.Tape.Calls[:len(r.Tape.Calls)-1] }, guest.PartCall, ""},
		"call added":     {func(r *tape.Recording) { r.Tape.Calls = append(r.Tape.Calls, r.Tape.Calls[at]) }, guest.PartCall, ""},
		"calls swapped":  {func(r *tape.Recording) { c := r.Tape.Calls; c[at], c[at-1] = c[at-1], c[at] }, guest.PartCall, "function"},
		"seed":           {func(r *tape.Recording) { r.Tape.Seed = bytes.Repeat([]byte{1}, 32) }, guest.PartOutput, "output"},
		"seed removed":   {func(r *tape.Recording) { r.Tape.Seed = nil }, guest.PartRandom, "random"},
		"log":            {func(r *tape.Recording) { r.Result.Logs[0].Message = "bye" }, guest.PartLogs, "logs.0.message"},
		"output":         {func(r *tape.Recording) { r.Result.Output = append(r.Result.Output, 1) }, guest.PartOutput, "output"},
		"fuel":           {func(r *tape.Recording) { r.Result.Stats.Fuel++ }, guest.PartFuel, "fuel"},
		"outcome":        {func(r *tape.Recording) { r.Result.Succeeded, r.Result.Fault = false, host.FaultGuest }, guest.PartFault, "fault.fault"},
		"setting":        {func(r *tape.Recording) { r.Tape.Settings.Config["script"] = "" }, guest.PartAnswer, "answer.value"},
		"secret's value": {func(r *tape.Recording) { r.Tape.Secrets = map[string]string{"TOKEN": "other"} }, guest.PartAnswer, ""},
	} {
		t.Run(name, func(t *testing.T) {
			changed := *rec
			changed.Tape.Calls, changed.Result.Logs = slices.Clone(rec.Tape.Calls), slices.Clone(rec.Result.Logs)
			settings := *rec.Tape.Settings
			settings.Config = map[string]string{"script": settings.Config["script"]}
			changed.Tape.Settings, changed.Result.Output = &settings, bytes.Clone(rec.Result.Output)
			tt.change(&changed)
			report, err := replay.Play(t.Context(), w.Runner, &changed, code, nil)
			if err != nil {
				t.Fatal(err)
			}
			d := report.Divergence
			if report.Same || d == nil || d.Part != string(tt.part) {
				t.Fatalf("same %v, divergence %+v", report.Same, d)
			}
			if tt.path != "" && (len(d.Changes) == 0 || d.Changes[0].Path != tt.path) {
				t.Errorf("changes are %+v, want one of %s first", d.Changes, tt.path)
			}
			if shown, _ := json.Marshal(report); name != "secret's value" && strings.Contains(string(shown), "s3cret-value") {
				t.Errorf("the report has a secret: %s", shown)
			}
		})
	}
}

func TestAnAnswerOfTheCallersReplacesThatOfTheTape(t *testing.T) {
	t.Parallel()
	w, rec, code := record(t)
	at := slices.IndexFunc(rec.Tape.Calls, func(c host.Call) bool { return c.Function == "http_send" })
	for _, tt := range []struct {
		answer string
		status int
		failed string // the note's error
		bad    string // the error
	}{
		{answer: `{"status":429,"headers":{"Retry-After":"7"},"body":"slow down"}`, status: 429},
		{answer: `{"status":503,"headers":{"a":["1","2"]},"body":{"error":true}}`, status: 503},
		{answer: `{"error":{"code":"timeout","message":"no answer in time"}}`, failed: "no answer in time"},
		{answer: `{"status":99}`, bad: "99 is no status"},
		{answer: `{"status":200,"headers":{"a":1}}`, bad: `header "a"`},
		{answer: `[]`, bad: "no JSON object"},
	} {
		report, err := replay.Play(t.Context(), w.Runner, rec, code, replay.Answers{at: json.RawMessage(tt.answer)})
		if tt.bad != "" {
			if host.CodeOf(err) != host.Invalid || !strings.Contains(err.Error(), tt.bad) {
				t.Errorf("%s: error %v", tt.answer, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		note := report.Result.Calls[slices.IndexFunc(report.Result.Calls, func(n host.CallNote) bool { return n.Ordinal == at })]
		if !report.Same || note.Status != tt.status || note.Error != tt.failed || !report.Result.Succeeded {
			t.Errorf("%s: same %v, note %+v, error %+v", tt.answer, report.Same, note, report.Result.Error)
		}
	}
	if _, err := replay.Play(t.Context(), w.Runner, rec, code, replay.Answers{at - 1: json.RawMessage(`{"status":200}`)}); host.CodeOf(err) != host.Invalid {
		t.Errorf("an answer to secret_get: %v", err)
	}
	if _, err := replay.Play(t.Context(), w.Runner, rec, code, replay.Answers{99: json.RawMessage(`{"status":200}`)}); host.CodeOf(err) != host.Invalid {
		t.Errorf("an answer to no call: %v", err)
	}
}

func TestWhatDidNotRunIsNotReplayed(t *testing.T) {
	t.Parallel()
	w, rec, code := record(t)
	rec.Result = host.Result{ExecutionID: "exe_1", Attempt: 1, Fault: host.FaultHost, Error: &host.ResultError{Message: `the secret "X" is not set`}}
	rec.Tape = host.Tape{}
	if _, err := replay.Play(t.Context(), w.Runner, rec, code, nil); host.CodeOf(err) != host.Refused || !strings.Contains(err.Error(), `"X"`) {
		t.Errorf("error %v", err)
	}
}
