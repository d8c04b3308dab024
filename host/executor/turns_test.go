package executor_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// turned is a decider whose actions are the test's.
type turned struct {
	*executor.Decider
	flows
	act func(name string, t *executor.Turn)
}

func takeTurns(t *testing.T, n int, act func(name string, t *executor.Turn)) *turned {
	t.Helper()
	d := &turned{flows: flows{plan: []host.Step{{Action: "a"}}}, act: act}
	d.Decider, _ = d.decider(t, func(e *executor.Decider) {
		e.Turns, e.Timeout = n, time.Minute
		e.Runner = func(_ context.Context, s executor.FlowStep) (host.Result, host.Tape, error) {
			d.act(s.Execution.UserID, s.Turn)
			return host.Result{Succeeded: true}, host.Tape{}, nil
		}
	})
	return d
}

// decide decides on the event of a user with this name.
func (d *turned) decide(t *testing.T, name string) {
	event := asked
	event.UserID = name
	if _, err := d.Decide(t.Context(), event, 0); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func TestFlowsComputeByTurns(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	d := takeTurns(t, 2, func(string, *executor.Turn) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(time.Millisecond)
		now.Add(-1)
	})
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() { d.decide(t, "ada") })
	}
	all.Wait()
	if most.Load() > 2 {
		t.Errorf("%d flows computed at once", most.Load())
	}
}

// TestAFlowThatWaitsHasNoTurn lets a flow wait for another one, which needs its turn. The
// first then goes on before one that came earlier, but has not begun.
func TestAFlowThatWaitsHasNoTurn(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	did := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, what)
	}
	answered, outside, queued := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var d *turned
	var all sync.WaitGroup
	d = takeTurns(t, 1, func(name string, turn *executor.Turn) {
		switch name {
		case "first":
			turn.Outside(func() {
				close(outside)
				<-answered
				close(queued)
			})
		case "second":
			all.Go(func() { d.decide(t, "third") })
			until(t, func() bool { return d.Wanted() == 1 })
			close(answered)
			<-queued
			until(t, func() bool { return d.Wanted() == 2 })
		}
		did(name)
	})
	all.Go(func() { d.decide(t, "first") })
	<-outside
	all.Go(func() { d.decide(t, "second") })
	all.Wait()
	if want := []string{"second", "first", "third"}; !slices.Equal(order, want) {
		t.Errorf("they went on as %v, want %v", order, want)
	}
}

func until(t *testing.T, is func() bool) {
	t.Helper()
	for !is() {
		if t.Context().Err() != nil {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
}

func TestAFlowThatComputesForLongPassesItsTurnOn(t *testing.T) {
	t.Parallel()
	began, decided := make(chan struct{}), make(chan struct{})
	d := takeTurns(t, 1, func(name string, turn *executor.Turn) {
		if name == "short" {
			return
		}
		close(began)
		for {
			select {
			case <-decided:
				return
			default:
				turn.Pass(time.Now())
			}
		}
	})
	var all sync.WaitGroup
	all.Go(func() { d.decide(t, "long") })
	<-began
	d.decide(t, "short") // never, if the other had the turn until its end
	close(decided)
	all.Wait()
}

func TestAFlowWithoutATurnInTimeIsRefused(t *testing.T) {
	t.Parallel()
	began, end := make(chan struct{}), make(chan struct{})
	d := takeTurns(t, 1, func(name string, _ *executor.Turn) {
		if name != "long" {
			t.Errorf("%s ran", name)
			return
		}
		close(began)
		<-end
	})
	var all sync.WaitGroup
	all.Go(func() { d.decide(t, "long") })
	<-began
	if _, err := d.Decide(t.Context(), asked, 10*time.Millisecond); !refusedWithRetry(err) {
		t.Errorf("the answer is %v", err)
	}
	close(end)
	all.Wait()
	d.act = func(string, *executor.Turn) {}
	d.decide(t, "next") // the one that was refused left nothing
}

// TestAFlowWhoseTimeIsOverWhileItWaitsGoesOn holds for an answer that comes too late: the
// run sees that its time is over, and needs no turn for that.
func TestAFlowWhoseTimeIsOverWhileItWaitsGoesOn(t *testing.T) {
	t.Parallel()
	outside, began, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	d := takeTurns(t, 1, func(name string, turn *executor.Turn) {
		if name == "long" {
			close(began)
			<-end
			return
		}
		turn.Outside(func() {
			close(outside)
			<-began
		})
	})
	var all sync.WaitGroup
	all.Go(func() { <-outside; d.decide(t, "long") })
	event := asked
	event.UserID = "late"
	if _, err := d.Decide(t.Context(), event, 50*time.Millisecond); err != nil { // while "long" has the turn
		t.Error(err)
	}
	close(end)
	all.Wait()
}
