package replay_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/replay"
	"github.com/usherhost/usher/host/tape"
)

// stage is a host with two actions, of which the second fails, and an execution of theirs.
type stage struct {
	*hosttest.Host
	*replay.Service
	execution string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{})
	s := &stage{Host: h, Service: &replay.Service{Store: h.DB, Versions: h.Registry, Box: h.Box, Runner: func(m guest.Modules) *guest.Runner {
		r := *h.Runner
		r.Modules = m
		return &r
	}}}
	ctx := t.Context()
	for name, steps := range map[string][]guests.Step{
		"greet": {{Function: "random"}, {Function: "log_write", Argument: "\x02hello"}},
		"sad":   {{Function: "log_write", Argument: "\x02sad"}, {Function: "error_set", Argument: "no"}, {Function: "return", Argument: "\x01"}},
	} {
		settings := host.Settings{Config: map[string]string{"script": guests.Script(steps...)}, Retry: host.Retry{MaxAttempts: 2, InitialMillis: 1}}
		if err := h.Deploy(ctx, name, guests.Wasm("script"), settings); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Bind(ctx, "greet", "sad"); err != nil {
		t.Fatal(err)
	}
	accepted, err := h.DB.Accept(ctx, []host.NewEvent{{
		Event: host.Event{Tenant: "t", Trigger: host.PostUserRegistration, UserID: "u", Body: []byte(`{"user":{"user_id":"u"}}`)}, Key: "k",
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.execution = accepted[0].ExecutionID
	if _, err := h.Wait(ctx, s.execution); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnAttemptIsChosenByActionAndNumber(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, tt := range []struct {
		name    string
		id      string
		query   host.ReplayQuery
		action  string
		attempt int
		failed  host.Code
		hint    string
	}{
		{name: "the step that failed, its last attempt", action: "sad", attempt: 2},
		{name: "an attempt", query: host.ReplayQuery{Attempt: 1}, action: "sad", attempt: 1},
		{name: "an action", query: host.ReplayQuery{Action: "greet"}, action: "greet", attempt: 1},
		{name: "no such action", query: host.ReplayQuery{Action: "other"}, failed: host.NotFound, hint: "greet, sad"},
		{name: "no such attempt", query: host.ReplayQuery{Attempt: 3}, failed: host.NotFound, hint: "1 to 2"},
		{name: "no such execution", id: "exe_nope", failed: host.NotFound},
		{name: "no such version", query: host.ReplayQuery{Version: "9"}, failed: host.NotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := s.execution
			if tt.id != "" {
				id = tt.id
			}
			report, err := s.Replay(t.Context(), id, tt.query)
			if tt.failed != "" {
				if host.CodeOf(err) != tt.failed || !strings.Contains(hintOf(err), tt.hint) {
					t.Errorf("error %v, hint %q", err, hintOf(err))
				}
				return
			}
			if err != nil || !report.Same || report.Action != tt.action || report.Attempt != tt.attempt {
				t.Errorf("%v: %+v, divergence %+v", err, report, report.Divergence)
			}
		})
	}
}

func hintOf(err error) string {
	if e, ok := err.(*host.Error); ok { //nolint:errorlint // it is not wrapped
		return e.Hint
	}
	return ""
}

// TestAnAttemptWithoutATapeSaysSo, whether it called the host or only took random numbers.
func TestAnAttemptWithoutATapeSaysSo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	if _, err := s.Registry.UpdateBinding(ctx, "greet", func(b *host.Binding) error {
		b.Settings.Tape = host.TapeOff
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	again, err := s.DB.RerunExecution(ctx, s.execution, host.RerunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Wait(ctx, again.ExecutionID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Replay(ctx, again.ExecutionID, host.ReplayQuery{Action: "greet"}); host.CodeOf(err) != host.NotFound || !strings.Contains(err.Error(), "has no tape") {
		t.Errorf("error %v", err)
	}
}

// TestAReplayHasTheSettingsOfItsTime: they can change after a run, and a replay stores
// nothing.
func TestAReplayHasTheSettingsOfItsTime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	if _, err := s.Registry.UpdateBinding(ctx, "greet", func(b *host.Binding) error {
		b.Settings.Limits = host.Limits{TimeoutMillis: 1, Fuel: 10, LogBytes: 1}
		b.Settings.Config = map[string]string{"script": "other"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	last, err := s.DB.LastSeq(ctx)
	if err != nil {
		t.Fatal(err)
	}
	report, err := s.Replay(ctx, s.execution, host.ReplayQuery{Action: "greet"})
	if err != nil || !report.Same {
		t.Errorf("%v: divergence %+v", err, report.Divergence)
	}
	if after, err := s.DB.LastSeq(ctx); err != nil || after != last {
		t.Errorf("results were recorded: %d, then %d (%v)", last, after, err)
	}
}

func TestAnExportedAttemptIsReplayedWithoutItsHost(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var file bytes.Buffer
	if err := s.ExportTape(t.Context(), &file, s.execution, host.ReplayQuery{Action: "greet"}, nil); err != nil {
		t.Fatal(err)
	}
	rec, err := tape.Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	other := hosttest.New(t, hosttest.Options{Idle: true})
	r := *other.Runner
	r.Modules = replay.Module(rec.Module)
	report, err := replay.Play(t.Context(), &r, rec, replay.Code{Version: 1, Digest: rec.Step.Digest, Modules: r.Modules}, nil)
	if err != nil || !report.Same {
		t.Errorf("%v: divergence %+v", err, report.Divergence)
	}
}

// TestEachAttemptIsReplayedWithItsVersion, also after a retry gave its step another one.
func TestEachAttemptIsReplayedWithItsVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	if _, err := s.Registry.Upload(ctx, "sad", guests.Wasm("noop"), host.Manifest{}, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.DB.RetryExecution(ctx, s.execution, host.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	if x, err := s.Wait(ctx, s.execution); err != nil || x.Status != host.StatusCompleted || x.Plan[1].Number != 2 {
		t.Fatalf("after the retry it is %s with version %d (%v)", x.Status, x.Plan[1].Number, err)
	}
	for attempt, version := range map[int]int{1: 1, 2: 1, 3: 2} {
		report, err := s.Replay(ctx, s.execution, host.ReplayQuery{Action: "sad", Attempt: attempt})
		if err != nil || !report.Same || report.Code.Version != version {
			t.Errorf("attempt %d: %v: %+v, divergence %+v", attempt, err, report, report.Divergence)
		}
	}
}
