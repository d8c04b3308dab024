package host

import (
	"fmt"
	"slices"
	"strings"
)

// Check returns an Invalid error that lists every field out of range, with
// pointers below prefix ("/settings").
func (s Settings) Check(prefix string) error {
	fields := s.Egress.check(prefix + "/egress")
	for _, r := range s.ranges() {
		if r.value != 0 && r.value < r.min || r.value > r.max {
			fields = append(fields, Field{Pointer: prefix + r.pointer, Detail: fmt.Sprintf("must be between %d and %d, or 0 for the default", r.min, r.max)})
		}
	}
	for _, c := range []struct {
		pointer, value string
		choices        []string
	}{
		{"/egress/mode", string(s.Egress.Mode), []string{string(EgressAllowlist), string(EgressPublic)}},
		{"/on_failure", string(s.OnFailure), []string{string(Continue), string(Stop), string(FailAllow), string(FailDeny)}},
		{"/checkpoint", string(s.Checkpoint), []string{string(CheckpointAsync), string(CheckpointStrict), string(CheckpointCall)}},
		{"/record", string(s.Record), []string{string(RecordAsync), string(RecordStrict)}},
		{"/isolation", string(s.Isolation), []string{string(IsolationReset), string(IsolationFresh), string(IsolationPlain)}},
		{"/breaker", string(s.Breaker), []string{string(BreakerOn), string(BreakerOff)}},
		{"/resume", string(s.Resume), []string{string(ResumeOn), string(ResumeOff)}},
		{"/tape", string(s.Tape), []string{string(TapeOff), string(TapeFailures), string(TapeAll)}},
	} {
		if c.value != "" && !slices.Contains(c.choices, c.value) {
			fields = append(fields, Field{Pointer: prefix + c.pointer, Detail: "must be one of " + strings.Join(c.choices, ", ")})
		}
	}
	fields = append(fields, s.checkSpans(prefix)...)
	if len(fields) == 0 {
		return nil
	}
	return &Error{Code: Invalid, Text: "the settings are out of range", Fields: fields}
}

// checkSpans checks what is given as a span of time.
func (s Settings) checkSpans(prefix string) (fields []Field) {
	if d, ok := s.ResumeMaxAge.Duration(); s.ResumeMaxAge != "" && (!ok || d > MaxResumeAge) {
		fields = append(fields, Field{Pointer: prefix + "/resume_max_age", Detail: "must be a duration such as 90m or 48h, at most 720h"})
	}
	if d, ok := s.Retry.MaxAge.Duration(); s.Retry.MaxAge != "" && (!ok || d > MaxRetryAge) {
		fields = append(fields, Field{Pointer: prefix + "/retry/max_age", Detail: "must be a duration such as 90m or 24h, at most 720h"})
	}
	if _, _, ok := s.Rate.Parse(); s.Rate != "" && !ok {
		fields = append(fields, Field{Pointer: prefix + "/rate", Detail: "must be a number and a span of time, such as 10/s, 100/m or 1000/h, with a number from 1 to 10000"})
	}
	if _, ok := s.TapeMaxAge.Duration(); s.TapeMaxAge != "" && !ok {
		fields = append(fields, Field{Pointer: prefix + "/tape_max_age", Detail: "must be a duration such as 168h"})
	}
	return fields
}

// CheckFor is Check for actions of a trigger: it lists also what has no meaning
// there.
func (s Settings) CheckFor(t Trigger, prefix string) error {
	err := s.Check(prefix)
	if err != nil || !t.Valid() {
		return err
	}
	fields := s.misfitsInBackground(t)
	if t.Decides() {
		fields = s.misfitsOfDecisions(t)
	}
	if len(fields) == 0 {
		return nil
	}
	for i := range fields {
		fields[i].Pointer = prefix + fields[i].Pointer
	}
	return &Error{Code: Invalid, Text: "the settings do not fit the trigger " + string(t), Fields: fields}
}

// misfitsInBackground lists what has no meaning for a trigger whose actions run in the
// background.
func (s Settings) misfitsInBackground(t Trigger) (fields []Field) {
	if s.OnFailure == FailAllow || s.OnFailure == FailDeny {
		fields = append(fields, Field{"/on_failure", "must be one of continue, stop: actions of " + string(t) + " run in the background"})
	}
	if s.Record != "" {
		fields = append(fields, Field{"/record", "is for triggers that decide, and " + string(t) + " does not"})
	}
	return fields
}

// misfitsOfDecisions lists what has no meaning for a trigger that decides.
func (s Settings) misfitsOfDecisions(t Trigger) (fields []Field) {
	background := "is for triggers in the background"
	for _, m := range []struct {
		set             bool
		pointer, detail string
	}{
		{s.OnFailure == Continue || s.OnFailure == Stop, "/on_failure", "must be one of allow, deny: actions of " + string(t) + " decide"},
		{s.Checkpoint != "", "/checkpoint", background + "; record: strict answers once the decision is on disk"},
		{s.Breaker != "", "/breaker", background + ": an action of " + string(t) + " has one attempt, and its on_failure counts"},
		{s.Resume != "", "/resume", background + ", whose actions are retried"},
		{s.ResumeMaxAge != "", "/resume_max_age", background + ", whose actions are retried"},
		{s.Retry != Retry{} && s.Retry != Retry{MaxAttempts: 1}, "/retry", background + ": actions of " + string(t) + " have one attempt"},
	} {
		if m.set {
			fields = append(fields, Field{m.pointer, m.detail})
		}
	}
	return fields
}

// bounded is a number of the settings with its bounds.
type bounded struct {
	pointer         string
	value, min, max int64
}

func (s Settings) ranges() []bounded {
	return []bounded{
		{"/limits/timeout_ms", s.Limits.TimeoutMillis, 1, MaxTimeoutMillis},
		{"/limits/memory_bytes", s.Limits.MemoryBytes, MinMemoryBytes, MaxMemoryBytes},
		{"/limits/output_bytes", s.Limits.OutputBytes, 1, 64 << 20},
		{"/limits/log_bytes", s.Limits.LogBytes, 1, MaxLogBytes},
		{"/limits/record_bytes", s.Limits.RecordBytes, 1, 64 << 20},
		{"/limits/host_calls", s.Limits.HostCalls, 1, 10_000_000},
		{"/limits/http_requests", s.Limits.HTTPRequests, 1, 10_000},
		{"/limits/request_bytes", s.Limits.RequestBytes, 1, 64 << 20},
		{"/limits/response_bytes", s.Limits.ResponseBytes, 1, 64 << 20},
		{"/limits/http_timeout_ms", s.Limits.HTTPTimeoutMillis, 1, MaxTimeoutMillis},
		{"/limits/fuel", s.Limits.Fuel, 1, 1 << 50},
		{"/tape_body_bytes", s.TapeBodyBytes, 1 << 10, 64 << 20},
		{"/concurrency", int64(s.Concurrency), 1, MaxActionConcurrent},
		{"/retry/max_attempts", int64(s.Retry.MaxAttempts), 1, MaxAttempts},
		{"/retry/initial_ms", s.Retry.InitialMillis, 1, MaxWaitMillis},
		{"/retry/max_ms", s.Retry.MaxMillis, 1, MaxWaitMillis},
	}
}
