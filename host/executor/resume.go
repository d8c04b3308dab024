package executor

import (
	"context"
	"slices"
	"sync"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/tape"
)

// How an attempt resumes:
//
//  1. Before it runs, the tapes of the earlier attempts of its step are read and opened,
//     and what was kept of attempts that have no tape, such as one that a former process
//     did not end. They go to the runner, which answers equal requests from them; see
//     package guest.
//  2. While it runs, the runner hands over its tape in parts, which are sealed and kept
//     outside of the store: what completed is known after the process was killed.
//  3. When its result is durable, its tape is too, and the parts are forgotten. A result
//     without a tape, as of a bug of the host, leaves the parts.
//
// A step that has not run before reads nothing: its execution was leased once, and has
// had no attempt.

// Tapes reads the tapes of earlier attempts.
type Tapes interface {
	// Tapes returns the sealed tapes of a step, in the order of its attempts.
	Tapes(ctx context.Context, executionID string, step int) ([]host.SealedTape, error)
}

// Opener opens what a [Sealer] has sealed.
type Opener interface {
	Open(sealed, place []byte) ([]byte, error)
}

// Calls keeps parts of what attempts have done so far, by [host.AttemptName], for the
// process after one that ended without stopping.
type Calls interface {
	// Append adds a part, which outlives the process when it returns, and with durable
	// the machine's power too. It may be called by several goroutines, for different
	// attempts.
	Append(attempt string, part []byte, durable bool) error
	// Left returns what is kept of an attempt that does not run any more, also by former
	// processes: the parts of each time that it ran.
	Left(attempt string) [][][]byte
	// Leave says that an attempt has ended, and that later ones resume from what is kept
	// of it. Forget says that nothing does any more. They do not block.
	Leave(attempt string)
	Forget(attempt string)
}

// resumption returns what the attempt at index resumes from.
func (r *run) resumption(ctx context.Context, index int) host.Resumption {
	e, x := r.executor, &r.execution
	s := x.Plan[index].Settings.Over(host.DefaultSettings())
	if e.Opener == nil || s.Resume == host.ResumeOff || s.Tape == host.TapeOff {
		return host.Resumption{}
	}
	var resume host.Resumption
	if x.Attempt > 0 || x.Epoch > 1 {
		resume.Earlier = append(r.withoutTape(index), r.earlier(ctx, index)...)
		slices.SortStableFunc(resume.Earlier, func(a, b host.EarlierAttempt) int { return a.Number - b.Number })
	}
	if e.Calls != nil && e.Sealer != nil {
		w := &partWriter{run: r, attempt: host.AttemptName(x.ID, index, x.Attempt+1), durable: s.Checkpoint == host.CheckpointCall}
		resume.Keep = w.keep
	}
	return resume
}

// earlier returns the attempts of the step that have a tape. One that can't be read is
// left out: its requests go out again.
func (r *run) earlier(ctx context.Context, index int) (all []host.EarlierAttempt) {
	e, x := r.executor, &r.execution
	if e.Tapes == nil {
		return nil
	}
	sealed, err := e.Tapes.Tapes(ctx, x.ID, index)
	if err != nil {
		e.log.Error("cannot read the tapes of earlier attempts; what they had sent goes out again", "execution", x.ID, "step", index, "error", err)
		return nil
	}
	room := maxEarlierBytes
	for _, s := range slices.Backward(sealed) {
		earlier, err := e.openTape(s.Body, host.TapePlace(x.ID, index, s.Attempt))
		if err != nil {
			e.log.Error("cannot read the tape of an earlier attempt; what it had sent goes out again",
				"execution", x.ID, "step", index, "attempt", s.Attempt, "error", err)
			continue
		}
		if room -= bytesOf(&earlier); room < 0 {
			e.log.Warn("the tapes of earlier attempts are too large; what the first of them had sent goes out again",
				"execution", x.ID, "step", index, "attempt", s.Attempt)
			break
		}
		all = append(all, host.EarlierAttempt{Number: s.Attempt, Tape: earlier})
	}
	slices.Reverse(all)
	return all
}

// maxEarlierBytes bounds the memory of what an attempt resumes from.
const maxEarlierBytes = 64 << 20

func bytesOf(t *host.Tape) (n int) {
	for i := range t.Calls {
		n += len(t.Calls[i].Request) + len(t.Calls[i].Answer)
	}
	return n
}

func (e *Executor) openTape(sealed, place []byte) (host.Tape, error) {
	plaintext, err := e.Opener.Open(sealed, place)
	if err != nil {
		return host.Tape{}, err
	}
	return tape.Decode(plaintext)
}

// withoutTape returns what is kept of attempts that have no tape.
func (r *run) withoutTape(index int) (all []host.EarlierAttempt) {
	if r.executor.Calls == nil {
		return nil
	}
	for number := 1; number <= r.execution.Attempt+1; number++ {
		all = append(all, r.left(index, number)...)
	}
	return all
}

// left returns what is kept of one attempt, for each time that it ran.
func (r *run) left(index, number int) (all []host.EarlierAttempt) {
	e, name := r.executor, host.AttemptName(r.execution.ID, index, number)
	for _, parts := range e.Calls.Left(name) {
		var whole host.Tape
		for i, part := range parts {
			next, err := e.openTape(part, host.PartPlace(name, i))
			if err != nil {
				break // the process ended while it wrote it
			}
			if next.Seed != nil {
				whole.Seed = next.Seed
			}
			whole.Start = next.Start
			if len(next.Calls) > 0 { // what was about to be sent is among them
				whole.Untaken = slices.DeleteFunc(whole.Untaken, func(c host.Call) bool { return c.Function != "http_wait" })
			}
			whole.Calls, whole.Untaken = append(whole.Calls, next.Calls...), append(whole.Untaken, next.Untaken...)
		}
		for i := range whole.Calls {
			whole.Calls[i].Ordinal = i
		}
		if !whole.Empty() {
			all = append(all, host.EarlierAttempt{Number: number, Tape: whole})
		}
	}
	return all
}

// partWriter keeps the parts of one attempt.
type partWriter struct {
	run     *run
	attempt string
	durable bool

	mu     sync.Mutex
	parts  int  // guarded by mu
	failed bool // guarded by mu: a part is missing, so later ones are of no use
}

// keep seals a part and keeps it. When that fails the run goes on: if it is cut off too,
// what it had sent goes out again.
func (w *partWriter) keep(part host.Tape) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed {
		return
	}
	e := w.run.executor
	for i := range part.Calls {
		part.Calls[i].Ordinal = i // within the part
	}
	plaintext, err := tape.Encode(&part, 0)
	if err == nil {
		plaintext, err = e.Sealer.Seal(plaintext, host.PartPlace(w.attempt, w.parts))
	}
	if err == nil {
		err = e.Calls.Append(w.attempt, plaintext, w.durable)
	}
	if err != nil {
		w.failed = true
		e.log.Error("cannot keep the calls of a run; were the host killed now, they would go out again", "attempt", w.attempt, "error", err)
		return
	}
	w.parts++
}

// forget drops what is kept of an attempt that nothing resumes from any more.
func (e *Executor) forget(executionID string, step, attempt int) {
	if e.Calls != nil {
		e.Calls.Forget(host.AttemptName(executionID, step, attempt))
	}
}

// keptOf settles what is kept of the attempts of a step, one of which has a durable
// result.
func (e *Executor) keptOf(o *host.Outcome) {
	r := o.Result
	switch {
	case e.Calls == nil:
	case r.Succeeded:
		for number := 1; number <= r.Attempt; number++ {
			e.forget(o.ExecutionID, r.Step, number)
		}
	case o.Tape != nil:
		e.forget(o.ExecutionID, r.Step, r.Attempt)
	default:
		e.Calls.Leave(host.AttemptName(o.ExecutionID, r.Step, r.Attempt))
	}
}
