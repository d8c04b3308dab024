package executor_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// noop is a runner whose actions do nothing, on no lock.
type noop struct{ started chan time.Time }

func (n noop) Run(_ context.Context, _ host.Execution, index, _ int) (host.Result, host.Tape, error) {
	if index == 0 && n.started != nil {
		n.started <- time.Now()
	}
	return host.Result{Succeeded: true}, host.Tape{}, nil
}

// BenchmarkStart reports the time from an event's acknowledgement to the start
// of its first action, with nothing else to do. The action often starts before
// the sender knows of the acknowledgement; that counts as 0.
func BenchmarkStart(b *testing.B) {
	db := open(b, b.TempDir())
	bind(b, db, 1)
	started := make(chan time.Time, 1)
	stop := work(b, &executor.Executor{Runner: noop{started}}, newFinishing(db, -1))
	defer stop()
	var afterAck, afterCall []time.Duration
	for b.Loop() {
		called := time.Now()
		if _, err := db.Accept(context.Background(), []host.NewEvent{registration()}); err != nil {
			b.Fatal(err)
		}
		acknowledged := time.Now()
		at := <-started
		afterAck = append(afterAck, max(0, at.Sub(acknowledged)))
		afterCall = append(afterCall, at.Sub(called))
	}
	report(b, "start", afterAck)
	report(b, "accept+start", afterCall)
}

func report(b *testing.B, what string, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "µs-p50-"+what)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "µs-p99-"+what)
}

// BenchmarkComplete reports events a second that are accepted from 32 senders
// and whose three actions have run and are recorded durably.
func BenchmarkComplete(b *testing.B) {
	const events = 20_000
	for b.Loop() {
		b.StopTimer()
		db := open(b, b.TempDir())
		bind(b, db, 3)
		finish := newFinishing(db, events)
		stop := work(b, &executor.Executor{Runner: noop{}}, finish)
		b.StartTimer()
		register(b, db, events)
		<-finish.done
		b.StopTimer()
		stop()
		_ = db.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkRun reports what the executor itself costs for an execution of
// three actions, on a store that does nothing.
func BenchmarkRun(b *testing.B) {
	b.ReportAllocs()
	done := make(chan struct{}, 1)
	e := &executor.Executor{Runner: noop{}, Queue: nothing{}, Events: nothing{}, Records: nothing{done}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	for !e.Reserve() { // until the first claim is over
		time.Sleep(time.Millisecond)
	}
	e.Release()
	x := execution("exe", plan(3))
	for b.Loop() {
		if !e.Reserve() {
			b.Fatal("no room")
		}
		e.Dispatch(x)
		<-done
	}
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// nothing is an empty store that signals each execution's end.
type nothing struct{ ended chan struct{} }

func (nothing) Claim(context.Context, int) ([]host.Execution, error) { return nil, nil }
func (nothing) ClaimHeld(context.Context, string, int) ([]host.Execution, error) {
	return nil, nil
}

func (nothing) NextDue(context.Context) (time.Time, bool, error)  { return time.Time{}, false, nil }
func (nothing) Event(context.Context, string) (host.Event, error) { return host.Event{}, nil }
func (n nothing) Record(_ context.Context, o host.Outcome, done func(error)) error {
	done(nil)
	if o.Status.Final() {
		n.ended <- struct{}{}
	}
	return nil
}
