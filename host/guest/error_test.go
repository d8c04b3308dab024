package guest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
)

func TestAnErrorInPartsStaysInParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		name string
		said string
		want host.ResultError
	}{
		{name: "text", said: "no", want: host.ResultError{Message: "no"}},
		{
			name: "all parts", said: `{"name":"TypeError","message":"no s3cret-value","code":"EX","stack":"TypeError: no\n    at f (a.js:1:2)"}`,
			want: host.ResultError{Name: "TypeError", Message: "no [secret TOKEN]", Code: "EX", Stack: "TypeError: no\n    at f (a.js:1:2)"},
		},
		{name: "a message alone", said: `{"message":"no"}`, want: host.ResultError{Message: "no"}},
		{name: "no message", said: `{"name":"Error"}`, want: host.ResultError{Message: `{"name":"Error"}`}},
		{name: "another key", said: `{"message":"no","status":1}`, want: host.ResultError{Message: `{"message":"no","status":1}`}},
		{name: "another type", said: `{"message":1}`, want: host.ResultError{Message: `{"message":1}`}},
		{name: "more behind it", said: `{"message":"no"} {}`, want: host.ResultError{Message: `{"message":"no"} {}`}},
		{name: "half of it", said: `{"message":"no"`, want: host.ResultError{Message: `{"message":"no"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result, _ := w.run(t, "script", guests.Step{Function: "error_set", Argument: tt.said})
			if result.Error == nil || *result.Error != tt.want || result.Fault != host.FaultGuest {
				t.Errorf("fault %q, error %+v, want %+v", result.Fault, result.Error, tt.want)
			}
		})
	}
}

func TestAnErrorInPartsIsOneLineBesideAnotherReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Limits.HostCalls = 2
	call := guests.Step{Function: "cache_get", Argument: "k"}
	result, _ := w.run(t, "script", guests.Step{Function: "error_set", Argument: `{"name":"TypeError","message":"no","code":"EX","stack":"TypeError: no\n    at f"}`}, call, call, call)
	if result.Limit != "host_calls" || !strings.Contains(result.Error.Message, "the guest's error: TypeError [EX]: no") {
		t.Errorf("limit %q, error %+v", result.Limit, result.Error)
	}
}

// sourceMaps has the sources of every bundle.
type sourceMaps struct{}

func (sourceMaps) Matches([]byte) bool { return true }

func (sourceMaps) Map(_ context.Context, digest, text string) string {
	return strings.ReplaceAll(text, "usher-bundle.js:7:9", "src/crm.ts:3:1 of "+digest[:3])
}

func TestPositionsInABundleAreMappedToTheAuthorsFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SourceMaps = sourceMaps{}
	result, _ := w.run(t, "script",
		guests.Step{Function: "log_write", Argument: "\x03at f (usher-bundle.js:7:9)"},
		guests.Step{Function: "log_write", Argument: "\x03nowhere"},
		guests.Step{Function: "error_set", Argument: `{"message":"no","stack":"at f (usher-bundle.js:7:9)"}`})
	if !strings.HasPrefix(result.Error.Stack, "at f (src/crm.ts:3:1 of ") || !strings.HasPrefix(result.Logs[0].Message, "at f (src/crm.ts:3:1 of ") {
		t.Errorf("stack %q, log %q", result.Error.Stack, result.Logs[0].Message)
	}
	if result.Logs[1].Message != "nowhere" {
		t.Errorf("log %q", result.Logs[1].Message)
	}
}

// quoting has sources whose names are no valid JSON.
type quoting struct{ sourceMaps }

func (quoting) Map(_ context.Context, _, text string) string {
	return strings.ReplaceAll(text, "usher-bundle.js:7:9", `a".js:1:1`)
}

func TestPositionsInAnOutputAreMappedWhereItStaysJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, tt := range []struct {
		maps guest.SourceMaps
		want string
	}{
		{sourceMaps{}, "at f (src/crm.ts:3:1 of "},
		{quoting{}, "at f (usher-bundle.js:7:9)"},
	} {
		w.SourceMaps = tt.maps
		result, _, err := w.Run(t.Context(), guest.Run{
			ExecutionID: "exe_1", Attempt: 1, Step: host.Step{ActionID: "act_1", Action: "greet", Digest: host.Digest(guests.Wasm("echo")), Settings: w.settings},
			Event: &host.Event{Trigger: host.PostUserRegistration, Body: []byte(`{"user":{"user_id":"at f (usher-bundle.js:7:9)"}}`)},
		})
		if err != nil || !strings.Contains(string(result.Output), tt.want) {
			t.Errorf("output %s, error %v, want %q in it", result.Output, err, tt.want)
		}
	}
}
