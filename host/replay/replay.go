// Package replay plays recorded runs back, of a host's store and of exported files, and
// shows the first difference so that people can read it. How a run is played is package
// guest's business, how it is stored package tape's.
package replay

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/tape"
)

// Store has what is recorded.
type Store interface {
	Execution(ctx context.Context, id string) (host.Execution, error)
	Results(ctx context.Context, executionID string) ([]host.Result, error)
	Event(ctx context.Context, id string) (host.Event, error)
	Tape(ctx context.Context, executionID string, step, attempt int) ([]byte, error)
	Module(ctx context.Context, digest string) ([]byte, error)
	PlannedStep(ctx context.Context, actionID, versionID string) (host.Step, error)
}

// Versions finds versions of actions.
type Versions interface {
	Version(ctx context.Context, action, numberOrID string) (host.Version, error)
}

// Opener opens what was sealed.
type Opener interface {
	Open(ciphertext, context []byte) ([]byte, error)
}

// Service plays back what a host has recorded. It is safe for concurrent use.
type Service struct {
	Store    Store
	Versions Versions
	Box      Opener
	Runner   func(guest.Modules) *guest.Runner // a runner that has these modules
}

var _ host.Replays = (*Service)(nil)

// Replay implements [host.Replays].
func (s *Service) Replay(ctx context.Context, executionID string, q host.ReplayQuery) (host.ReplayReport, error) {
	rec, err := s.Recording(ctx, executionID, q)
	if err != nil {
		return host.ReplayReport{}, err
	}
	code := Code{Version: rec.Step.Number, Digest: rec.Step.Digest, Modules: s.Store}
	switch {
	case q.Module != nil:
		code = Code{Digest: host.Digest(q.Module), Modules: Module(q.Module)}
	case q.Version != "":
		v, err := s.Versions.Version(ctx, rec.Step.ActionID, q.Version)
		if err != nil {
			return host.ReplayReport{}, err
		}
		code.Version, code.Digest = v.Number, v.Digest
	}
	report, err := Play(ctx, s.Runner(code.Modules), rec, code, q.Answers)
	if err == nil && report.Divergence != nil && report.Code.Ran && rec.Tape.Settings == nil && len(rec.Tape.Calls) == 0 {
		return report, untaped(&rec.Result, fmt.Errorf("a replay without it differs in its %s", report.Divergence.Part))
	}
	return report, err
}

// ExportTape implements [host.Replays].
func (s *Service) ExportTape(ctx context.Context, w io.Writer, executionID string, q host.ReplayQuery, mask []string) error {
	rec, err := s.Recording(ctx, executionID, q)
	if err != nil {
		return err
	}
	if rec.Module, err = s.Store.Module(ctx, rec.Step.Digest); err != nil {
		return fmt.Errorf("read the module: %w", err)
	}
	if len(rec.Tape.Secrets)+len(mask) > 0 {
		if err := addSent(ctx, s.Runner(s.Store), rec); err != nil {
			return err
		}
	}
	return tape.Write(w, rec, mask)
}

// attempt returns the execution and the result of the attempt that q asks for.
func (s *Service) attempt(ctx context.Context, executionID string, q host.ReplayQuery) (x host.Execution, r *host.Result, err error) {
	x, err = s.Store.Execution(ctx, executionID)
	if host.CodeOf(err) == host.NotFound {
		return x, nil, &host.Error{Code: host.NotFound, Text: fmt.Sprintf("there is no execution %q", executionID), Fix: host.FixListExecutions.With(), Err: err}
	} else if err != nil {
		return x, nil, err
	}
	results, err := s.Store.Results(ctx, executionID)
	if err != nil {
		return x, nil, err
	}
	r, err = choose(&x, results, q)
	return x, r, err
}

// Recording reads what is recorded of an attempt.
func (s *Service) Recording(ctx context.Context, executionID string, q host.ReplayQuery) (*tape.Recording, error) {
	x, result, err := s.attempt(ctx, executionID, q)
	if err != nil {
		return nil, err
	}
	step := x.Plan[result.Step]
	if step.VersionID != result.VersionID { // a retry has given the step another one since
		if step, err = s.Store.PlannedStep(ctx, result.ActionID, result.VersionID); err != nil {
			return nil, fmt.Errorf("find the version of attempt %d: %w", result.Attempt, err)
		}
	}
	event, err := s.Store.Event(ctx, x.EventID)
	if err != nil {
		return nil, fmt.Errorf("read event %s: %w", x.EventID, err)
	}
	t, err := s.tape(ctx, result)
	if err != nil {
		return nil, err
	}
	return &tape.Recording{
		ExecutionID: x.ID, Index: result.Step, Attempt: result.Attempt,
		Step: step, Event: event, Tape: t, Result: *result,
	}, nil
}

// tape reads the tape of an attempt. One that got nothing from outside has none.
func (s *Service) tape(ctx context.Context, r *host.Result) (host.Tape, error) {
	plain, err := s.plaintext(ctx, r)
	if err != nil || plain == nil {
		return host.Tape{}, err
	}
	return tape.Decode(plain)
}

// plaintext returns the stored form of an attempt's tape; nil when it has none.
func (s *Service) plaintext(ctx context.Context, r *host.Result) ([]byte, error) {
	sealed, err := s.Store.Tape(ctx, r.ExecutionID, r.Step, r.Attempt)
	switch {
	case host.CodeOf(err) == host.NotFound && r.Stats.HostCalls == 0:
		return nil, nil
	case host.CodeOf(err) == host.NotFound:
		return nil, untaped(r, err)
	case err != nil:
		return nil, fmt.Errorf("read the tape: %w", err)
	}
	plain, err := s.Box.Open(sealed, host.TapePlace(r.ExecutionID, r.Step, r.Attempt))
	if err != nil {
		return nil, &host.Error{Code: host.Corrupt, Text: "the tape can't be decrypted", Err: err}
	}
	return plain, nil
}

// untaped is the error of an attempt that has no tape.
func untaped(r *host.Result, err error) error {
	return &host.Error{
		Code: host.NotFound, Err: err,
		Text: fmt.Sprintf("attempt %d of %s in %s has no tape", r.Attempt, r.Action, r.ExecutionID),
		Hint: "it was recorded without one (the tape of its binding is off, or failures), or the tape is older than tapes are stored",
	}
}

// choose returns the result of the attempt that q asks for.
func choose(x *host.Execution, results []host.Result, q host.ReplayQuery) (*host.Result, error) {
	if len(results) == 0 {
		return nil, &host.Error{Code: host.Conflict, Text: fmt.Sprintf("execution %s has no result yet", x.ID), Hint: "it can be replayed once one of its actions has run"}
	}
	step, err := chooseStep(x, results, q.Action)
	if err != nil {
		return nil, err
	}
	var found *host.Result
	for i := range results {
		if r := &results[i]; r.Step == step && (q.Attempt == 0 && (found == nil || r.Attempt >= found.Attempt) || r.Attempt == q.Attempt) {
			found = r // of a step that was retried, the latest
		}
	}
	if found == nil {
		return nil, &host.Error{
			Code: host.NotFound, Text: fmt.Sprintf("step %d of %s has no attempt %d", step+1, x.ID, q.Attempt),
			Hint: fmt.Sprintf("its attempts are 1 to %d", lastAttempt(results, step)),
		}
	}
	return found, nil
}

func lastAttempt(results []host.Result, step int) (last int) {
	for i := range results {
		if results[i].Step == step {
			last = max(last, results[i].Attempt)
		}
	}
	return last
}

// chooseStep returns the step that ran the action: without one, the only step that
// failed, or the only one that ran.
func chooseStep(x *host.Execution, results []host.Result, action string) (int, error) {
	ran, failed := map[int]string{}, map[int]string{}
	for i := range results {
		r := &results[i]
		if action == "" || action == r.Action || action == r.ActionID {
			ran[r.Step] = r.Action
			if !r.Succeeded {
				failed[r.Step] = r.Action
			}
		}
	}
	for _, steps := range []map[int]string{failed, ran} {
		if len(steps) == 1 {
			return slices.Collect(maps.Keys(steps))[0], nil
		}
	}
	var names []string
	for i := range results {
		if !slices.Contains(names, results[i].Action) {
			names = append(names, results[i].Action)
		}
	}
	if action == "" {
		return 0, &host.Error{Code: host.Invalid, Text: fmt.Sprintf("execution %s ran %d actions", x.ID, len(names)), Hint: "choose one of them with action: " + strings.Join(names, ", ")}
	}
	return 0, &host.Error{Code: host.NotFound, Text: fmt.Sprintf("execution %s has no result of action %q", x.ID, action), Hint: "it ran " + strings.Join(names, ", ")}
}

// Code is what is replayed.
type Code struct {
	Version int // 0: no version of the action
	Digest  string
	Modules guest.Modules
}

// Module is the one module that there is, whatever its digest.
type Module []byte

// Module implements [guest.Modules].
func (m Module) Module(context.Context, string) ([]byte, error) { return bytes.Clone(m), nil }

// offline returns a runner that reaches nothing.
func offline(r *guest.Runner) *guest.Runner {
	away := *r
	away.Egress, away.Secrets, away.Cache = nil, nil, nil
	return &away
}

// Play plays a recording back with code on r, which has the code's modules.
func Play(ctx context.Context, r *guest.Runner, rec *tape.Recording, code Code, answers Answers) (host.ReplayReport, error) {
	offline := offline(r)
	answers, err := answers.parse()
	if err != nil {
		return host.ReplayReport{}, err
	}
	step := rec.Step
	ran := step.Digest == code.Digest
	step.Digest = code.Digest
	recorded := &guest.Recorded{Result: rec.Result, Tape: rec.Tape, Digest: rec.Step.Digest}
	if rec.Masker != nil {
		recorded.Masker = rec.Masker
	}
	played, err := offline.Replay(ctx, guest.Run{Step: step, Event: &rec.Event}, recorded, answers)
	if err != nil {
		return host.ReplayReport{}, err
	}
	if err := answers.check(played.Tape.Calls); err != nil {
		return host.ReplayReport{}, err
	}
	masker := cmp.Or(rec.Masker, tape.ForShowing(&rec.Tape))
	report := host.ReplayReport{
		ExecutionID: rec.ExecutionID, Step: rec.Index, Action: rec.Step.Action, Attempt: rec.Attempt, EventID: rec.Event.ID,
		Code: host.ReplayCode{Version: code.Version, Digest: code.Digest, Ran: ran}, Given: slices.Sorted(maps.Keys(answers)),
		Same: played.Divergence == nil && played.Unanswered == nil, Calls: len(played.Tape.Calls), RecordedFuel: rec.Result.Stats.Fuel,
		Unanswered: shownCall(masker, played.Unanswered),
	}
	if report.Result, err = masker.Result(played.Result); err != nil {
		return report, err
	}
	if played.Divergence != nil {
		report.Divergence = explain(masker, played.Divergence)
	}
	return report, nil
}
