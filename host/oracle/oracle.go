// Package oracle replays a share of a host's runs on a second engine, in the background:
// what two engines without common code do from one tape must be the same, byte for byte.
// A mismatch is a fault of an engine, of the host, or of the machine.
package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/tape"
)

// Oracle samples runs and replays them one at a time, on a thread of the lowest priority.
// Set its fields before the first call. Ran is safe for concurrent use.
type Oracle struct {
	Share float64 // of the runs that are replayed, from 0 to 1

	// Open returns a runner on the second engine; it is called with the first sample, and
	// closeIt at the end.
	Open func(ctx context.Context) (r *guest.Runner, closeIt func(), err error)

	Modules guest.Modules
	Changes Changes
	Dir     string // where the tapes of a mismatch are stored
	Log     *slog.Logger

	ready   sync.Once
	samples chan sample
	stats   struct{ replayed, mismatched, skipped, failed atomic.Int64 }
}

// Changes is the log of changes, where a mismatch has an entry.
type Changes interface {
	RecordChange(ctx context.Context, c host.Change) error
}

// Stats count the samples by their outcome.
type Stats struct {
	Replayed   int64 // with the same outcome
	Mismatched int64
	Skipped    int64 // too many at once, or too long for the second engine
	Failed     int64 // that could not be replayed
}

type sample struct {
	run    guest.Run
	result host.Result
	tape   host.Tape
}

// The bounds of what is replayed: the interpreter takes about a second for 100 million
// units of fuel.
const (
	maxWaiting = 16
	maxFuel    = 500_000_000
	maxTime    = time.Minute
	maxFiles   = 200 // in Dir
)

func (o *Oracle) setup() {
	o.ready.Do(func() { o.samples = make(chan sample, maxWaiting) })
}

// Stats returns the counts so far.
func (o *Oracle) Stats() Stats {
	return Stats{o.stats.replayed.Load(), o.stats.mismatched.Load(), o.stats.skipped.Load(), o.stats.failed.Load()}
}

// Ran offers a run that ended; without an oracle it does nothing. It does not block. Result
// and tape must not be changed afterwards.
func (o *Oracle) Ran(run guest.Run, result *host.Result, t *host.Tape) {
	if o == nil || rand.Float64() >= o.Share || result.Fault == host.FaultHost {
		return
	}
	if result.Stats.Fuel > maxFuel {
		o.stats.skipped.Add(1)
		return
	}
	o.setup()
	select {
	case o.samples <- sample{run, *result, *t}:
	default:
		o.stats.skipped.Add(1)
	}
}

// Run replays samples until ctx ends. Without an oracle there is nothing to do.
func (o *Oracle) Run(ctx context.Context) error {
	if o == nil {
		return nil
	}
	o.setup()
	done := make(chan struct{})
	go func() { // its thread is of no other use afterwards
		defer close(done)
		lowerPriority()
		o.work(ctx)
	}()
	<-done
	return nil
}

func (o *Oracle) work(ctx context.Context) {
	var runner *guest.Runner
	for {
		var s sample
		select {
		case <-ctx.Done():
			return
		case s = <-o.samples:
		}
		if runner == nil {
			r, closeRunner, err := o.Open(ctx)
			if err != nil {
				o.Log.Error("cannot open the second engine; nothing is replayed", "error", err)
				o.stats.failed.Add(1)
				return
			}
			defer closeRunner()
			runner = r
		}
		o.replay(ctx, runner, &s)
	}
}

// replay replays one sample, from what is stored of it.
func (o *Oracle) replay(ctx context.Context, r *guest.Runner, s *sample) {
	limited, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	t, err := stored(&s.tape)
	if err != nil {
		o.failed(s, err)
		return
	}
	played, err := r.Replay(limited, guest.Run{Step: s.run.Step, Event: s.run.Event}, &guest.Recorded{Result: s.result, Tape: t}, nil)
	switch {
	case ctx.Err() != nil:
	case limited.Err() != nil:
		o.stats.skipped.Add(1)
	case err != nil:
		o.failed(s, err)
	case played.Divergence == nil && played.Unanswered == nil:
		o.stats.replayed.Add(1)
	case tooDeep(&played.Result) || tooDeep(&s.result):
		o.stats.skipped.Add(1)
	default:
		o.mismatch(ctx, s, t, played)
	}
}

// tooDeep reports whether the call stack ended a run: each engine has its own.
func tooDeep(r *host.Result) bool {
	return r.Error != nil && strings.Contains(r.Error.Message, "recursion is too deep")
}

// stored returns a tape after a way through its stored form.
func stored(t *host.Tape) (host.Tape, error) {
	encoded, err := tape.Encode(t, 0)
	if err != nil {
		return host.Tape{}, err
	}
	return tape.Decode(encoded)
}

func (o *Oracle) failed(s *sample, err error) {
	o.stats.failed.Add(1)
	o.Log.Warn("cannot replay a sampled run on the second engine", "execution", s.result.ExecutionID, "action", s.result.Action, "error", err)
}

// mismatch raises the alarm, and stores both tapes.
func (o *Oracle) mismatch(ctx context.Context, s *sample, t host.Tape, played *guest.Replayed) {
	o.stats.mismatched.Add(1)
	r := &s.result
	part := "call"
	if played.Divergence != nil {
		part = string(played.Divergence.Part)
	}
	files, err := o.store(ctx, s, t, played)
	if err != nil {
		o.Log.Error("cannot store the tapes of a mismatch of the engines", "execution", r.ExecutionID, "error", err)
	}
	o.Log.Error("a run and its replay on the second engine differ: please report it with both tapes",
		"execution", r.ExecutionID, "step", r.Step, "attempt", r.Attempt, "action", r.Action, "version", r.Number, "differs", part, "tapes", files)
	after, _ := json.Marshal(map[string]any{"step": r.Step, "attempt": r.Attempt, "version": r.Number, "differs": part, "tapes": files})
	change := host.Change{At: time.Now().UTC(), Verb: "oracle.mismatch", Object: r.ExecutionID, Name: r.Action, After: after}
	if err := o.Changes.RecordChange(context.WithoutCancel(ctx), change); err != nil {
		o.Log.Error("cannot record a mismatch of the engines in the log of changes", "execution", r.ExecutionID, "error", err)
	}
}

// store writes both tapes as files that `usher replay` reads, without secrets.
func (o *Oracle) store(ctx context.Context, s *sample, t host.Tape, played *guest.Replayed) ([]string, error) {
	if there, _ := os.ReadDir(o.Dir); len(there) >= maxFiles {
		return nil, fmt.Errorf("%s has %d files already: remove what was looked at", o.Dir, len(there))
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create %s: %w", o.Dir, err)
	}
	module, err := o.Modules.Module(ctx, s.run.Step.Digest)
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	rec := tape.Recording{
		ExecutionID: s.result.ExecutionID, Index: s.result.Step, Attempt: s.result.Attempt,
		Step: s.run.Step, Event: *s.run.Event, Tape: t, Result: s.result, Module: module,
	}
	name := fmt.Sprintf("%s-%d-%d", rec.ExecutionID, rec.Index, rec.Attempt)
	var files []string
	for _, side := range []string{"compiler", "interpreter"} {
		path := filepath.Join(o.Dir, name+"."+side+".tape.json")
		if err := write(path, func(w io.Writer) error { return tape.Write(w, &rec, nil) }); err != nil {
			return files, err
		}
		files = append(files, path)
		rec.Tape, rec.Result = played.Tape, played.Result
		rec.Tape.Key = t.Key
	}
	return files, nil
}

func write(path string, content func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	err = content(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
