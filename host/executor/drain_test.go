package executor_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// slow returns a runner whose actions take d, unless they are canceled.
func slow(d time.Duration) *stage {
	return &stage{play: func(ctx context.Context, _ host.Execution, _, _ int) (host.Result, host.Tape, error) {
		select {
		case <-time.After(d):
			return succeeded, host.Tape{}, nil
		case <-ctx.Done():
			return host.Result{}, host.Tape{}, ctx.Err()
		}
	}}
}

func TestDrainLetsRunningActionsFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(10*time.Second)
		db.latency = time.Second
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 2}, db)
		synctest.Wait()
		for _, id := range []string{"a", "b", "waits"} {
			db.accept(execution(id, plan(2)))
		}
		time.Sleep(time.Second)
		began := time.Now()
		end(t, stop)

		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("drained in %s; want 9 s for the action and 1 s for its record", took)
		}
		if guests.count() != 2 {
			t.Errorf("%d actions ran; none may start while draining", guests.count())
		}
		for _, id := range []string{"a", "b"} {
			if x := db.execution(id); x.Status != host.StatusRunning || x.Progress[0] != host.StepSucceeded {
				t.Errorf("%s is %s with %v", id, x.Status, x.Progress)
			}
		}
		if x := db.execution("waits"); x.Status != host.StatusPending {
			t.Errorf("the waiting execution is %s", x.Status)
		}
		if db.dispatcher.Reserve() {
			t.Error("a stopped executor takes executions")
		}
	})
}

func TestHardStopRecordsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(time.Hour)
		logged := &logs{}
		stop := begin(t, &executor.Executor{
			Runner: guests, DrainTimeout: 3 * time.Second, Log: slog.New(slog.NewTextHandler(logged, nil)),
		}, db)
		synctest.Wait()
		db.accept(execution("exe", plan(2)))
		synctest.Wait()
		began := time.Now()
		end(t, stop)

		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("stopped after %s, want 3 s", took)
		}
		if len(db.outcomes) != 0 || db.execution("exe").Status != host.StatusPending {
			t.Errorf("recorded %v", db.outcomes)
		}
		if !strings.Contains(logged.String(), "they run again after the next start") {
			t.Errorf("log is %q", logged)
		}
	})
}

func TestStopReportsAnActionThatDoesNotStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
			<-release
			return succeeded, host.Tape{}, nil
		}}
		db := newStore()
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		db.accept(execution("exe", plan(1)))
		synctest.Wait()
		if err := stop(); err == nil || !strings.Contains(err.Error(), "1 actions did not stop within 10s") {
			t.Errorf("Run returned %v", err)
		}
		close(release)
		synctest.Wait()
	})
}

func TestStopReportsOutcomesThatTheStoreDidNotTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		db.hold = make(chan struct{})
		stop := begin(t, &executor.Executor{Runner: &stage{}}, db)
		synctest.Wait()
		db.accept(execution("exe", plan(2)))
		synctest.Wait()
		if err := stop(); err == nil || !strings.Contains(err.Error(), "did not take 2 outcomes within 10s") {
			t.Errorf("Run returned %v", err)
		}
		close(db.hold)
		synctest.Wait()
	})
}

func TestWorkGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(time.Second)
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 4, DrainTimeout: -1}, db)
		synctest.Wait()
		for i := range 20 {
			db.accept(execution(fmt.Sprint(i), plan(3)))
		}
		time.Sleep(2500 * time.Millisecond)
		end(t, stop)

		// A new process: nothing is leased.
		for _, r := range db.rows {
			r.held = false
		}
		stop = begin(t, &executor.Executor{Runner: guests, Concurrency: 4}, db)
		time.Sleep(time.Minute)
		end(t, stop)

		if done := db.statuses()[host.StatusCompleted]; done != 20 {
			t.Errorf("%d of 20 completed", done)
		}
		again := 0
		for i := range 20 {
			ran := guests.ran(fmt.Sprint(i))
			again += len(ran) - 3
			if ran = slices.Compact(ran); !slices.Equal(ran, []string{"0.1", "1.1", "2.1"}) {
				t.Errorf("execution %d ran %v", i, ran)
			}
		}
		if again < 3 || again > 4 {
			t.Errorf("%d actions ran again, want the 3 or 4 that were cut off: a place may have been kept free", again)
		}
	})
}
