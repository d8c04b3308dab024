package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/compare"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// benchStart measures how soon the action of an accepted event runs, one event at
// a time on an idle host: from the end of its commit, when the store answers the
// sender and dispatches the execution, to the first instruction of the action.
// The ratio compares that with the accept before it, commit included.
func benchStart(ctx context.Context, e compare.Effort) (rows []compare.Row, err error) {
	var starts, accepts []float64
	_, err = compare.InTemp(func(dir string) (value float64, err error) {
		first := make(chan time.Time, 1)
		h, err := hosttest.OpenWith(ctx, dir, hosttest.Options{Runner: func(r executor.Runner) executor.Runner { return firstInstruction(r, first) }})
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, h.Close()) }()
		commits := &commits{Dispatcher: h.Executor}
		h.DB.SetDispatcher(commits)
		if err := errors.Join(h.Deploy(ctx, "first", guests.Wasm("firstcall"), host.Settings{}), h.Bind(ctx, "first")); err != nil {
			return 0, err
		}
		for range e.Rounds * e.Count {
			accept, err := acceptOne(ctx, h)
			if err != nil {
				return 0, err
			}
			starts, accepts = append(starts, micros((<-first).Sub(*commits.at.Load()))), append(accepts, accept)
		}
		return 0, nil
	})()
	if err != nil {
		return nil, err
	}
	for _, p := range []struct {
		name string
		part float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		rows = append(rows, compare.Cost("start", p.name, compare.Quantile(starts, p.part), "µs", "accept "+p.name, compare.Quantile(accepts, p.part)))
	}
	return rows, nil
}

// acceptOne stores one event and waits for its execution, so that the next finds
// an idle host. It returns how long the accept took.
func acceptOne(ctx context.Context, h *hosttest.Host) (accept float64, err error) {
	began := time.Now()
	accepted, err := h.DB.Accept(ctx, []host.NewEvent{hosttest.Event(int(users.Add(1)))})
	if err != nil {
		return 0, err
	}
	accept = micros(time.Since(began))
	_, err = h.Wait(ctx, accepted[0].ExecutionID)
	return accept, err
}

// commits records when the store dispatched the latest execution.
type commits struct {
	host.Dispatcher
	at atomic.Pointer[time.Time]
}

func (c *commits) Dispatch(x host.Execution) {
	now := time.Now()
	c.at.Store(&now)
	c.Dispatcher.Dispatch(x)
}

// firstInstruction wraps what runs actions and sends when each made its first
// host call, which the action of this bench makes with its first instruction.
func firstInstruction(r executor.Runner, first chan<- time.Time) executor.Runner {
	return executor.RunnerFunc(func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
		result, tape, err := r.Run(ctx, x, index, attempt)
		if err == nil && len(tape.Calls) > 0 {
			first <- tape.Start.Add(time.Duration(tape.Calls[0].EndMicros) * time.Microsecond)
		}
		return result, tape, err
	})
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
