package guest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/usherhost/usher/host"
)

// Part names what of a run differs.
type Part string

// The parts, in the order in which they are compared.
const (
	PartCall     Part = "call"     // another call, or one more or fewer
	PartAnswer   Part = "answer"   // the answer of a call that the host computes, or the time of its end
	PartRandom   Part = "random"   // whether random numbers were used
	PartClock    Part = "clock"    // whether the clock was read
	PartFault    Part = "fault"    // how the run ended: fault and limit
	PartError    Part = "error"    // of a failed run
	PartOutput   Part = "output"   //
	PartLogs     Part = "logs"     //
	PartCommands Part = "commands" // of a flow that decides
	PartFuel     Part = "fuel"     // that was used; for the same module alone
)

// Divergence is where a run that was played first differs from the recorded one.
type Divergence struct {
	Part Part

	// Of a call or an answer: the number of the call, and both sides; nil is one that was
	// not made.
	Ordinal            int
	Recorded, Replayed *host.Call

	// Of another part: both sides, in JSON.
	Was, Is json.RawMessage
}

// finish ends the comparison of a run that was played.
func (w *exact) finish() error {
	r, was, is := w.recorded, &w.recorded.Result, &w.played.Result
	if w.left {
		return nil
	}
	if w.ended { // its error came from outside
		is.Fault, is.Limit, is.Error, is.RetryAfterMillis = was.Fault, was.Limit, was.Error, was.RetryAfterMillis
	}
	is.Stats.HTTPRequests = was.Stats.HTTPRequests
	if w.next < len(r.Tape.Calls) {
		w.diverge(&Divergence{Part: PartCall, Ordinal: w.next, Recorded: &r.Tape.Calls[w.next]})
		return nil
	}
	masked := *is
	if r.Masker != nil {
		var err error
		if masked, err = r.Masker.Result(masked); err != nil {
			return err
		}
	}
	w.compare(was, &masked)
	return nil
}

// compare compares what is no call.
func (w *exact) compare(was, is *host.Result) {
	recorded, replayed := &w.recorded.Tape, &w.played.Tape
	type end struct {
		Succeeded bool       `json:"succeeded"`
		Fault     host.Fault `json:"fault,omitempty"`
		Limit     string     `json:"limit,omitempty"`
	}
	for _, p := range []struct {
		part  Part
		equal bool
		sides func() (was, is any) // for people
	}{
		{PartRandom, (recorded.Seed == nil) == (replayed.Seed == nil), func() (any, any) { return recorded.Seed != nil, replayed.Seed != nil }},
		{PartClock, recorded.Start.IsZero() == replayed.Start.IsZero(), func() (any, any) { return !recorded.Start.IsZero(), !replayed.Start.IsZero() }},
		{
			PartFault, was.Succeeded == is.Succeeded && was.Fault == is.Fault && was.Limit == is.Limit,
			func() (any, any) {
				return end{was.Succeeded, was.Fault, was.Limit}, end{is.Succeeded, is.Fault, is.Limit}
			},
		},
		{PartError, sameStored(shownError(was), shownError(is)), func() (any, any) { return shownError(was), shownError(is) }},
		{PartOutput, bytes.Equal(was.Output, is.Output), func() (any, any) { return readable(was.Output), readable(is.Output) }},
		{PartLogs, was.LogsCut == is.LogsCut && (slices.EqualFunc(was.Logs, is.Logs, sameLog) || sameStored(was.Logs, is.Logs)), func() (any, any) { return was.Logs, is.Logs }},
		{PartCommands, sameStored(was.Commands, is.Commands), func() (any, any) { return was.Commands, is.Commands }},
		{PartFuel, was.Stats.Fuel == is.Stats.Fuel || !w.recorded.same(&host.Step{Digest: w.digest}), func() (any, any) { return was.Stats.Fuel, is.Stats.Fuel }},
	} {
		if !p.equal {
			was, is := p.sides()
			w.diverge(&Divergence{Part: p.part, Ordinal: -1, Was: encode(was), Is: encode(is)})
			return
		}
	}
}

// sameStored reports whether two values are the same as they are after a way through a
// store, where what is no UTF-8 is replaced.
func sameStored(a, b any) bool {
	return reflect.DeepEqual(a, b) || bytes.Equal(stored(a), stored(b))
}

// stored returns v in JSON, as it is after a way through a store.
func stored(v any) []byte {
	var back any
	_ = json.Unmarshal(encode(v), &back)
	return encode(back)
}

// shownError is a result's error, nil when it succeeded.
func shownError(r *host.Result) *host.ResultError {
	if r.Error == nil {
		return nil
	}
	e := *r.Error
	e.Fix, e.Hint = nil, "" // they may depend on the settings of now
	return &e
}

func sameLog(a, b host.Log) bool {
	return a.At.Equal(b.At) && a.Level == b.Level && a.Message == b.Message
}

// readable returns an output as JSON: as it is, or else as a string.
func readable(output []byte) any {
	if json.Valid(output) {
		return json.RawMessage(output)
	}
	return output
}
