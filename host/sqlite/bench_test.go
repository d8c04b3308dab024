package sqlite_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/bench/baseline"
	"github.com/usherhost/usher/host/sqlite"
)

const benchSeconds = 0.8

// BenchmarkAccept reports durable accepts a second, the bare loop's, and the
// ratio of the two: medians over the iterations, which take turns.
func BenchmarkAccept(b *testing.B) {
	for _, producers := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("P=%d", producers), func(b *testing.B) {
			m := medians{}
			oursFirst := false
			for b.Loop() {
				bare, ours := pair(b, producers, oursFirst)
				oursFirst = !oursFirst // what the first one left to the disk slows the second
				m.add("events/s", ours.PerSecond())
				m.add("baseline/s", bare.PerSecond())
				m.add("ratio", ours.PerSecond()/bare.PerSecond())
				m.add("µs-cpu/event", micros(ours.CPUPerDone()))
				m.add("µs-cpu/baseline", micros(bare.CPUPerDone()))
				m.add("µs-p50", micros(ours.P50))
				m.add("µs-p99", micros(ours.P99))
			}
			m.report(b)
		})
	}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// medians collects the values of each metric.
type medians map[string][]float64

func (m medians) add(unit string, value float64) { m[unit] = append(m[unit], value) }

func (m medians) report(b *testing.B) {
	for unit, values := range m {
		slices.Sort(values)
		b.ReportMetric(values[len(values)/2], unit)
	}
}

// pair runs the bare loop and ours, in this order or the other.
func pair(b *testing.B, producers int, oursFirst bool) (bare, ours baseline.Measure) {
	b.Helper()
	if oursFirst {
		ours = accept(b, producers)
	}
	bare, err := baseline.Accept(b.TempDir(), producers, benchSeconds)
	if err != nil {
		b.Fatal(err)
	}
	if !oursFirst {
		ours = accept(b, producers)
	}
	return bare, ours
}

func accept(b *testing.B, producers int) baseline.Measure {
	b.Helper()
	db := openWithActions(b, 3, nil)
	defer func() { _ = db.Close() }()
	ours, err := baseline.Loop(producers, time.Duration(benchSeconds*float64(time.Second)), func(int) error {
		_, err := db.Accept(context.Background(), []host.NewEvent{registration()})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return ours
}

// registration returns an event of a new user.
func registration() host.NewEvent {
	id := host.NewID(host.EventPrefix)
	return host.NewEvent{
		Event: host.Event{ID: id, Tenant: "tenant", Trigger: host.PostUserRegistration, UserID: id, Body: baseline.Body},
		Key:   "tenant/post-user-registration/" + id,
	}
}

// BenchmarkComplete reports events a second that are accepted and whose three
// results are recorded, by 64 producers and one recorder.
func BenchmarkComplete(b *testing.B) {
	all := medians{}
	for b.Loop() {
		desk := &desk{leased: make(chan host.Execution, 4096)}
		db := openWithActions(b, 3, desk)
		var ended atomic.Int64
		var recorder sync.WaitGroup
		recorder.Go(func() {
			for x := range desk.leased {
				recordAll(b, db, x, func(error) { ended.Add(1) })
			}
		})
		m, err := baseline.Loop(64, time.Duration(benchSeconds*float64(time.Second)), func(int) error {
			_, err := db.Accept(context.Background(), []host.NewEvent{registration()})
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		close(desk.leased) // everything accepted was leased before
		recorder.Wait()
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		all.add("events/s", float64(ended.Load())/m.Took.Seconds())
		all.add("µs-cpu/event", micros(m.CPU)/float64(ended.Load()))
		all.add("µs-p99", micros(m.P99))
	}
	all.report(b)
}

func recordAll(tb testing.TB, db *sqlite.DB, x host.Execution, done func(error)) {
	steps := make([]host.StepState, len(x.Plan))
	copy(steps, x.Progress)
	for i := range x.Plan {
		steps[i] = host.StepSucceeded
		o := host.Outcome{
			ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusRunning, Progress: append([]host.StepState{}, steps...),
			Result: &host.Result{ExecutionID: x.ID, Step: i, Attempt: 1, ActionID: x.Plan[i].ActionID, Action: x.Plan[i].Action, Succeeded: true},
		}
		var ended func(error)
		if i == len(x.Plan)-1 {
			o.Status, ended = host.StatusCompleted, done
		}
		if err := db.Record(context.Background(), o, ended); err != nil {
			tb.Error(err)
		}
	}
}

// desk leases everything.
type desk struct{ leased chan host.Execution }

func (d *desk) Reserve() bool             { return true }
func (d *desk) Release()                  {}
func (d *desk) Dispatch(x host.Execution) { d.leased <- x }

// openWithActions opens a new database with n bound actions.
func openWithActions(tb testing.TB, n int, dispatcher host.Dispatcher) *sqlite.DB {
	tb.Helper()
	db, err := sqlite.Open(context.Background(), tb.TempDir(), sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	db.SetDispatcher(dispatcher)
	bindActions(tb, db, n)
	return db
}

func bindActions(tb testing.TB, db *sqlite.DB, n int) {
	tb.Helper()
	ctx := context.Background()
	var bindings []host.Binding
	for i := range n {
		a := host.Action{ID: host.NewID(host.ActionPrefix), Name: fmt.Sprint("action-", i), Trigger: host.PostUserRegistration}
		if err := db.CreateAction(ctx, a); err != nil {
			tb.Fatal(err)
		}
		v, err := db.CreateVersion(ctx, host.Version{ActionID: a.ID}, []byte("module"))
		if err == nil {
			_, err = db.Deploy(ctx, a.ID, v.ID)
		}
		if err != nil {
			tb.Fatal(err)
		}
		bindings = append(bindings, host.Binding{ActionID: a.ID})
	}
	if _, err := db.ReplaceBindings(ctx, host.PostUserRegistration, bindings); err != nil {
		tb.Fatal(err)
	}
}
