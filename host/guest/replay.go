package guest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sandbox"
)

// Recorded is a run as it was recorded, which is what it is played from and compared with.
type Recorded struct {
	Result host.Result
	Tape   host.Tape
	Digest string // of the module that ran; "" is the one that is played

	// Masker, when set, made this recording of what the run left: a run that is played is
	// masked by it before it is compared.
	Masker Masker

	// Computed puts all answers of crypto_call on the tape of the run that is played, also
	// those that follow from their requests.
	Computed bool
}

// Masker takes out of a call and of a result what a recording must not have.
type Masker interface {
	Call(host.Call) host.Call
	Result(host.Result) (host.Result, error)
}

// entered reports whether the guest ran at all.
func (r *Recorded) entered() bool {
	return r.Result.Fault != host.FaultHost || r.Result.Stats.Fuel > 0 || len(r.Tape.Calls) > 0
}

// same reports whether the step's module is the one that ran.
func (r *Recorded) same(step *host.Step) bool { return r.Digest == "" || r.Digest == step.Digest }

// settings returns those under which the run is played.
func (r *Recorded) settings(step *host.Step) host.Settings {
	if r.Tape.Settings != nil {
		return *r.Tape.Settings
	}
	return step.Settings.Over(host.DefaultSettings())
}

// note returns what is noted about a call, nil when that is nothing.
func (r *Recorded) note(ordinal int) *host.CallNote {
	i, found := slices.BinarySearchFunc(r.Result.Calls, ordinal, func(n host.CallNote, ordinal int) int { return cmp.Compare(n.Ordinal, ordinal) })
	if !found {
		return nil
	}
	return &r.Result.Calls[i]
}

// endedOutside reports whether the run was ended by something that does not follow from
// the module and its tape.
func (r *Recorded) endedOutside() bool {
	was := &r.Result
	return was.Fault == host.FaultHost || was.Fault == host.FaultLimit && (was.Limit == "timeout_ms" || was.Limit == "memory_bytes")
}

// Replayed is a run that was played back.
type Replayed struct {
	Result host.Result
	Tape   host.Tape

	// Divergence is where the run first differed from the recorded one; nil: it is equal,
	// byte for byte, up to its end or to the first answer that was given for it.
	Divergence *Divergence

	// Changed is the number of the first call that got an answer of the caller's; -1: none.
	Changed int

	// Unanswered is the call at which the run ended because there is no answer to it: the
	// run had left its tape, or the answer on the tape is cut.
	Unanswered *host.Call
}

// Replay plays a recorded run back: the step's module runs on the event as it ran then,
// and gets what the tape has. Nothing leaves the host, and no time passes. The step's
// settings count only where the tape has none; its other members, the execution and the
// attempt are the recorded ones.
//
// Answers are given in place of the tape's, by the number of their call: of http_send,
// http_wait, http_start for the answer to its request, cache_get, cache_set or
// cache_delete, in the form of the tape. From the first of them on, or from the first
// difference, the run is played with what is left of the tape: a request that is on it
// gets its answer, and the first other one ends the run. Sleeping and the cache go on.
//
// An error means that nothing was played: ctx ended, the module can't be loaded, or the
// recorded run did not begin.
func (r *Runner) Replay(ctx context.Context, run Run, recorded *Recorded, answers map[int]json.RawMessage) (*Replayed, error) {
	was := &recorded.Result
	if !recorded.entered() {
		return nil, notEntered(was)
	}
	run.ExecutionID, run.Index, run.Attempt = was.ExecutionID, was.Step, was.Attempt
	run.Step.BindingID, run.Step.ActionID, run.Step.Action = was.BindingID, was.ActionID, was.Action
	run.Step.VersionID, run.Step.Number = was.VersionID, was.Number
	run.UserMetadataBytes, run.AppMetadataBytes = recorded.Tape.UserMetadataBytes, recorded.Tape.AppMetadataBytes
	run.Seed, run.Start = recorded.Tape.Seed, recorded.Tape.Start
	if run.Start.IsZero() {
		run.Start = was.StartedAt
	}
	played := &Replayed{Changed: -1}
	w := &exact{recorded: recorded, answers: answers, played: played, digest: run.Step.Digest}
	var err error
	if played.Result, played.Tape, err = r.record(ctx, run, w, w.attach); err != nil {
		return nil, err
	}
	if !w.entered {
		return nil, &host.Error{Code: host.Refused, Text: "the module can't be run: " + played.Result.Error.Message}
	}
	return played, w.finish()
}

// attach makes c the run that w is the world of.
func (w *exact) attach(c *call) sandbox.Outcome {
	w.call, c.cache = c, &Cache{}
	out := c.execute()
	w.entered = c.entry.request.Entry != ""
	return out
}

// notEntered is the error of a recorded run in which the guest did not run.
func notEntered(was *host.Result) error {
	why := "the host failed"
	if was.Error != nil {
		why = was.Error.Message
	}
	return &host.Error{
		Code: host.Refused, Text: "there is nothing to replay: the attempt ended before its action ran: " + why,
		Hint: "replay another attempt of the execution",
	}
}

// Play runs the step's module with what outside answers: nothing leaves the host, and no
// time passes. Seed, clock, secrets and settings are those of a tape; where it has no
// settings, the step's count. An error means that ctx ended.
func (r *Runner) Play(ctx context.Context, run Run, from *host.Tape, outside Outside) (host.Result, host.Tape, error) {
	run.UserMetadataBytes, run.AppMetadataBytes = from.UserMetadataBytes, from.AppMetadataBytes
	run.Seed = from.Seed
	if run.Start = from.Start; run.Start.IsZero() {
		run.Start = run.Event.ReceivedAt
	}
	w := newVirtual(nil, from, 0, outside)
	return r.record(ctx, run, w, func(c *call) sandbox.Outcome {
		w.call, c.cache = c, &Cache{}
		return c.execute()
	})
}
