package host_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
)

func TestEveryTriggerHasAnEntryOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"": true}
	for _, trigger := range host.Triggers() {
		if !trigger.Valid() || seen[trigger.Entry()] || host.TriggerOf(trigger.Entry()) != trigger {
			t.Errorf("%s has the entry %q", trigger, trigger.Entry())
		}
		seen[trigger.Entry()] = true
	}
	if host.Trigger("post-login").Valid() || host.TriggerOf("onExecutePostLogin") != "" {
		t.Error("a trigger that is not served is valid")
	}
}

func TestTriggersAreFoundByTheirEntries(t *testing.T) {
	t.Parallel()
	got := host.TriggersOf([]string{"helper", "onExecutePreUserRegistration", "onContinuePreUserRegistration"})
	if !slices.Equal(got, []host.Trigger{host.PreUserRegistration}) {
		t.Errorf("found %v", got)
	}
}

func TestSettingsThatDoNotFitTheirTrigger(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		trigger  host.Trigger
		settings host.Settings
		pointer  string // "" when they fit
	}{
		{host.PreUserRegistration, host.Settings{OnFailure: host.FailDeny, Record: host.RecordStrict}, ""},
		{host.PreUserRegistration, host.Settings{OnFailure: host.Stop}, "/settings/on_failure"},
		{host.PreUserRegistration, host.Settings{Checkpoint: host.CheckpointStrict}, "/settings/checkpoint"},
		{host.PreUserRegistration, host.Settings{Retry: host.Retry{MaxAttempts: 2}}, "/settings/retry"},
		{host.PreUserRegistration, host.Settings{Retry: host.Retry{MaxAttempts: 1}}, ""},
		{host.PostUserRegistration, host.Settings{OnFailure: host.Stop, Checkpoint: host.CheckpointStrict, Retry: host.Retry{MaxAttempts: 2}}, ""},
		{host.PostUserRegistration, host.Settings{OnFailure: host.FailAllow}, "/settings/on_failure"},
		{host.PostUserRegistration, host.Settings{Record: host.RecordAsync}, "/settings/record"},
		{host.PostUserRegistration, host.Settings{OnFailure: "never"}, "/settings/on_failure"},
	} {
		err := tt.settings.CheckFor(tt.trigger, "/settings")
		found := ""
		if e, ok := errors.AsType[*host.Error](err); ok && len(e.Fields) == 1 {
			found = e.Fields[0].Pointer
		}
		if found != tt.pointer || (err == nil) != (tt.pointer == "") {
			t.Errorf("%s %+v: %v at %q, want it at %q", tt.trigger, tt.settings, err, found, tt.pointer)
		}
	}
}

func TestDefaultsFitTheirTrigger(t *testing.T) {
	t.Parallel()
	for _, trigger := range host.Triggers() {
		if err := host.DefaultSettingsOf(trigger).CheckFor(trigger, ""); err != nil {
			t.Errorf("%s: %v", trigger, err)
		}
	}
}

// act is what one action of a flow does.
type act struct {
	commands []host.Command
	failed   bool
	deny     bool // its binding's on_failure
	missed   bool // it did not run, for want of time
}

func deny(reason, message string) host.Command {
	return host.Command{Type: host.CommandDeny, Reason: reason, UserMessage: message}
}

func invalid(code, message string) host.Command {
	return host.Command{Type: host.CommandValidationError, Code: code, Message: message}
}

func setUser(key, value string) host.Command {
	return host.Command{Type: host.CommandUserMetadata, Key: key, Value: json.RawMessage(value)}
}

// decide runs a flow as its runner does.
func decide(acts ...act) host.Decision {
	var f host.Flow
	on := true
	for i, a := range acts {
		step := host.Step{Action: string(rune('a' + i)), Settings: host.Settings{OnFailure: host.FailAllow}}
		if a.deny {
			step.Settings.OnFailure = host.FailDeny
		}
		switch {
		case !on:
			f.Skip(step)
		case a.missed:
			on = f.Miss(step, &host.ResultError{Message: "no time was left"})
		default:
			r := host.Result{Succeeded: !a.failed, EndedAt: time.Time{}.Add(time.Millisecond)}
			if a.failed {
				r.Error = &host.ResultError{Name: "Error", Message: "boom", Stack: "at a.js"}
			}
			on = f.Add(step, &r, a.commands)
		}
	}
	return f.Decision("exe_1", map[string]json.RawMessage{"old": json.RawMessage("1")}, nil)
}

func TestAFlowDecides(t *testing.T) {
	t.Parallel()
	fails, failsDeny := act{failed: true}, act{failed: true, deny: true}
	for _, tt := range []struct {
		name            string
		acts            []act
		verdict         host.Verdict
		reason, message string
		errors          int
		user            map[string]string
		failed          []string
		statuses        string // one letter each
	}{
		{name: "nothing bound", verdict: host.Allow, user: map[string]string{"old": "1"}},
		{name: "nothing given", acts: []act{{}, {}}, verdict: host.Allow, user: map[string]string{"old": "1"}, statuses: "ss"},
		{name: "a deny stops the flow", acts: []act{{commands: []host.Command{deny("r", "m")}}, {}}, verdict: host.Deny, reason: "r", message: "m", statuses: "ss"},
		{name: "a deny without a message", acts: []act{{commands: []host.Command{deny("internal", "")}}}, verdict: host.Deny, reason: "internal", message: host.DefaultUserMessage, statuses: "s"},
		{name: "the first deny counts", acts: []act{{commands: []host.Command{deny("1", "one"), deny("2", "two")}}}, verdict: host.Deny, reason: "1", message: "one", statuses: "s"},
		{name: "a deny stands when its action fails", acts: []act{{commands: []host.Command{deny("r", "m")}, failed: true}, {}}, verdict: host.Deny, reason: "r", message: "m", failed: []string{"a"}, statuses: "fs"},
		{name: "a validation error", acts: []act{{commands: []host.Command{invalid("c", "m"), invalid("d", "n")}}, {}}, verdict: host.Deny, reason: "c", message: "m", errors: 2, statuses: "ss"},
		{name: "a failure allows", acts: []act{fails, {commands: []host.Command{setUser("k", "2")}}}, verdict: host.Allow, user: map[string]string{"old": "1", "k": "2"}, failed: []string{"a"}, statuses: "fs"},
		{name: "a failure denies", acts: []act{failsDeny, {}}, verdict: host.Deny, reason: "action a failed, and its on_failure is deny: Error: boom", message: host.DefaultUserMessage, failed: []string{"a"}, statuses: "fs"},
		{name: "no time for one that allows and one that denies", acts: []act{{missed: true}, {missed: true, deny: true}}, verdict: host.Deny, reason: "action b failed, and its on_failure is deny: no time was left", message: host.DefaultUserMessage, failed: []string{"a", "b"}, statuses: "nn"},
		{name: "metadata of one that fails", acts: []act{{commands: []host.Command{setUser("k", "2")}, failed: true}}, verdict: host.Allow, user: map[string]string{"old": "1"}, failed: []string{"a"}, statuses: "f"},
		{name: "metadata and then a deny", acts: []act{{commands: []host.Command{setUser("k", "2")}}, {commands: []host.Command{deny("r", "m")}}}, verdict: host.Deny, reason: "r", message: "m", statuses: "ss"},
		{name: "the last value counts, and null removes", acts: []act{{commands: []host.Command{setUser("k", "2"), setUser("old", "null")}}, {commands: []host.Command{setUser("k", "3")}}}, verdict: host.Allow, user: map[string]string{"k": "3"}, statuses: "ss"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := decide(tt.acts...)
			if d.Verdict != tt.verdict || d.Reason != tt.reason || d.UserMessage != tt.message || len(d.ValidationErrors) != tt.errors {
				t.Errorf("decided %s %q %q %v", d.Verdict, d.Reason, d.UserMessage, d.ValidationErrors)
			}
			if d.Degraded != (len(tt.failed) > 0) || !slices.Equal(d.FailedActions, tt.failed) {
				t.Errorf("degraded %v by %v, want %v", d.Degraded, d.FailedActions, tt.failed)
			}
			user := map[string]string{}
			for k, v := range d.UserMetadata {
				user[k] = string(v)
			}
			if !maps.Equal(user, tt.user) {
				t.Errorf("user metadata %v, want %v", user, tt.user)
			}
			statuses := ""
			for _, r := range d.Results {
				statuses += string(r.Status[0])
				if r.Error != nil && r.Error.Stack != "" {
					t.Error("the answer has a stack")
				}
			}
			if statuses != tt.statuses {
				t.Errorf("statuses %s, want %s", statuses, tt.statuses)
			}
		})
	}
}

func TestAFlowCountsItsMetadata(t *testing.T) {
	t.Parallel()
	var f host.Flow
	f.Add(host.Step{}, &host.Result{Succeeded: true}, []host.Command{setUser("k", `"abc"`), setUser("k", "1"), {Type: host.CommandAppMetadata, Key: "key", Value: json.RawMessage("true")}})
	if user, app := f.MetadataBytes(); user != 2 || app != 7 {
		t.Errorf("%d and %d bytes, want 2 and 7", user, app)
	}
}
