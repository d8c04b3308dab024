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

func TestOverloadSpillsIntoTheStoreAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		concurrency, backlog int
	}{{1, 1}, {2, 4}, {8, 8}, {4, 64}} {
		t.Run(fmt.Sprintf("%d at once, %d in memory", tt.concurrency, tt.backlog), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, guests := newStore(), slow(time.Second)
				db.latency = 2 * time.Millisecond
				e := &executor.Executor{Runner: guests, Concurrency: tt.concurrency, Backlog: tt.backlog}
				stop := begin(t, e, db)
				synctest.Wait()
				for i := range 300 {
					db.accept(execution(fmt.Sprint(i), plan(2)))
				}
				began := time.Now()
				for db.statuses()[host.StatusCompleted] < 300 && time.Since(began) < time.Hour {
					time.Sleep(time.Second)
				}
				took := time.Since(began)
				end(t, stop)

				places := tt.concurrency
				if places >= 4 {
					places -= places / 4 // some are kept free
				}
				if best := time.Duration(600/places) * time.Second; took > best*21/20+5*time.Second {
					t.Errorf("took %s; without idle workers it takes %s", took, best)
				}
				if guests.count() != 600 || guests.overlap {
					t.Errorf("%d actions ran, want 600, overlap %t", guests.count(), guests.overlap)
				}
				if db.maxHeld > tt.backlog {
					t.Errorf("held %d executions, more than %d", db.maxHeld, tt.backlog)
				}
			})
		})
	}
}

func TestSpilledExecutionsRunInTheOrderOfTheirArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(time.Second)
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 1, Backlog: 4}, db)
		synctest.Wait()
		var want []string
		for i := range 50 {
			id := fmt.Sprint(i)
			want = append(want, id)
			db.accept(execution(id, plan(1)))
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(time.Hour)
		end(t, stop)
		var got []string
		for _, r := range guests.all() {
			got = append(got, r.id)
		}
		if !slices.Equal(got, want) {
			t.Errorf("ran in the order %v", got)
		}
	})
}

func TestFloodDoesNotStarveARetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(_ context.Context, x host.Execution, _, attempt int) (host.Result, host.Tape, error) {
			time.Sleep(100 * time.Millisecond)
			return host.Result{Succeeded: x.ID != "bad" || attempt == 2, RetryAfterMillis: 2000}, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 2, Backlog: 8}, db)
		synctest.Wait()
		db.accept(execution("bad", plan(1)))
		// Twice what can be run, for a minute.
		for i := range 2400 {
			db.accept(execution(fmt.Sprint(i), plan(1)))
			time.Sleep(25 * time.Millisecond)
			if i == 1200 && len(guests.ran("bad")) != 2 {
				t.Error("the retry has not run after half a minute")
			}
		}
		time.Sleep(time.Hour)
		end(t, stop)
		if done := db.statuses()[host.StatusCompleted]; done != 2401 {
			t.Errorf("%d completed, want 2401", done)
		}
	})
}

func TestSpillEndsUnderSteadyLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(time.Second)
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8, Backlog: 8}, db)
		synctest.Wait()
		for i := range 40 {
			db.accept(execution(fmt.Sprint("burst_", i), plan(1)))
		}
		// Load that the executor can carry, and that never pauses.
		for i := range 600 {
			db.accept(execution(fmt.Sprint(i), plan(1)))
			time.Sleep(200 * time.Millisecond)
		}
		claims, _ := db.asked()
		for i := range 100 {
			db.accept(execution(fmt.Sprint("late_", i), plan(1)))
			time.Sleep(200 * time.Millisecond)
		}
		if now, _ := db.asked(); now != claims {
			t.Errorf("still claiming (%d times) long after the burst", now-claims)
		}
		time.Sleep(time.Minute)
		end(t, stop)
		if done := db.statuses()[host.StatusCompleted]; done != 740 {
			t.Errorf("%d completed, want 740", done)
		}
	})
}

func TestCommitThatComesAfterTheClaimIsFoundSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(time.Second)
		e := &executor.Executor{Runner: guests, Concurrency: 1, Backlog: 1}
		stop := begin(t, e, db)
		synctest.Wait()
		db.accept(execution("first", plan(1)))
		if e.Reserve() {
			t.Fatal("there is room for a second")
		}
		time.Sleep(1500 * time.Millisecond) // the executor has claimed, in vain
		db.put(execution("late", plan(1)))
		time.Sleep(2500 * time.Millisecond)
		end(t, stop)
		if len(guests.ran("late")) != 1 {
			t.Error("the late commit waits for the slow poll")
		}
	})
}

func TestRoomThatIsReleasedIsUsedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		e := &executor.Executor{Runner: &stage{}, Backlog: 2}
		stop := begin(t, e, db)
		synctest.Wait()
		for range 10 {
			for range 2 {
				if !e.Reserve() {
					t.Fatal("no room for two")
				}
			}
			e.Release()
			e.Release()
		}
		end(t, stop)
	})
}

func TestIdleExecutorLeavesTheStoreAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		stop := begin(t, &executor.Executor{Runner: &stage{}}, db)
		time.Sleep(time.Hour)
		end(t, stop)
		if db.claims > 1 || db.looks > 125 {
			t.Errorf("an idle hour cost %d claims and %d looks", db.claims, db.looks)
		}
	})
}

func TestWhatAnOperatorMakesDueRunsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		e := &executor.Executor{Runner: guests}
		stop := begin(t, e, db)
		time.Sleep(10 * time.Second)
		at := time.Now()
		db.accept(execution("exe", plan(1))) // as the store dispatches a retry or a rerun
		time.Sleep(time.Minute)
		end(t, stop)
		if runs := guests.all(); len(runs) != 1 || runs[0].at.Sub(at) > 5*time.Millisecond {
			t.Errorf("ran %v, want one at %v", runs, at)
		}
	})
}

func TestSafetyPollFindsExecutionsWithoutANotification(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		time.Sleep(10 * time.Second)
		db.put(execution("exe", plan(1)))
		time.Sleep(31 * time.Second)
		end(t, stop)
		if guests.count() != 1 {
			t.Errorf("ran %d actions", guests.count())
		}
	})
}

func TestStoreThatCannotClaimIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		db.claimErr = errDisk
		db.put(execution("exe", plan(1)))
		logged := &logs{}
		stop := begin(t, &executor.Executor{Runner: guests, Log: slog.New(slog.NewTextHandler(logged, nil))}, db)
		time.Sleep(time.Minute)
		if claims, _ := db.asked(); claims < 10 || claims > 25 {
			t.Errorf("asked %d times in a minute", claims)
		}
		db.mu.Lock()
		db.claimErr = nil
		db.mu.Unlock()
		time.Sleep(6 * time.Second)
		end(t, stop)
		if guests.count() != 1 {
			t.Error("the execution did not run when the store was well again")
		}
		if !strings.Contains(logged.String(), "disk is on fire") {
			t.Errorf("log is %q", logged)
		}
	})
}

func TestStoreThatNamesDueTimesButLeasesNothingIsNotFlooded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, liar := newStore(), &liar{}
		e := &executor.Executor{Runner: &stage{}, Queue: liar, Events: db, Records: db}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
		if liar.claims > 80 {
			t.Errorf("claimed %d times in a minute", liar.claims)
		}
	})
}

// liar is a queue where something is always due and never leased.
type liar struct{ claims int }

func (l *liar) Claim(context.Context, int) ([]host.Execution, error) { l.claims++; return nil, nil }

func (l *liar) ClaimHeld(context.Context, string, int) ([]host.Execution, error) { return nil, nil }

func (l *liar) NextDue(context.Context) (time.Time, bool, error) { return time.Now(), true, nil }

func TestStuckDiskBoundsMemory(t *testing.T) {
	t.Parallel()
	const mebibyte = 1 << 20
	for _, tt := range []struct {
		name         string
		executions   int
		output       int
		most, finish int
	}{
		{name: "by executions", executions: 500, most: 3 * 50, finish: 1500},
		{name: "by bytes", executions: 40, output: 2 * mebibyte, most: 64/2 + 4, finish: 120},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				output := make([]byte, tt.output)
				guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
					return host.Result{Succeeded: true, Output: output}, host.Tape{}, nil
				}}
				db := newStore()
				db.hold = make(chan struct{})
				stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 4, Backlog: 50}, db)
				synctest.Wait()
				for i := range tt.executions {
					db.accept(execution(fmt.Sprint(i), plan(3)))
				}
				time.Sleep(time.Minute)
				if ran := guests.count(); ran > tt.most || ran < tt.most/2 {
					t.Errorf("%d actions ran with nothing durable, want about %d", ran, tt.most)
				}
				close(db.hold)
				time.Sleep(time.Minute)
				end(t, stop)
				if guests.count() != tt.finish {
					t.Errorf("%d actions ran in the end, want %d", guests.count(), tt.finish)
				}
			})
		})
	}
}

func TestStoreThatTakesNoOutcomeStopsTheExecution(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests, logged := newStore(), &stage{}, &logs{}
		db.recErr = errDisk
		stop := begin(t, &executor.Executor{Runner: guests, Log: slog.New(slog.NewTextHandler(logged, nil))}, db)
		synctest.Wait()
		db.accept(execution("exe", plan(3)))
		time.Sleep(time.Second)
		end(t, stop)
		if ran := guests.ran("exe"); !slices.Equal(ran, []string{"0.1"}) {
			t.Errorf("ran %v: an action ran before its predecessor was recorded", ran)
		}
		if !strings.Contains(logged.String(), "disk is on fire") {
			t.Errorf("log is %q", logged)
		}
	})
}

func TestCanceledExecutionStopsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(time.Hour)
		e := &executor.Executor{Runner: guests, Concurrency: 1, Backlog: 2}
		stop := begin(t, e, db)
		synctest.Wait()
		db.accept(execution("runs", plan(2)))
		db.accept(execution("waits", plan(2)))
		synctest.Wait()
		for _, id := range []string{"waits", "runs", "unknown"} {
			e.Cancel(id)
		}
		synctest.Wait()
		db.accept(execution("next", plan(1)))
		time.Sleep(2 * time.Hour)
		end(t, stop)

		if len(guests.ran("runs")) != 1 || len(guests.ran("waits")) != 0 || len(guests.ran("next")) != 1 {
			t.Errorf("ran %v", guests.all())
		}
		if results := db.results(); len(results) != 1 || results[0].ExecutionID != "next" {
			t.Errorf("recorded %v", results)
		}
	})
}

func TestBodiesThatWaitAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		leased, loaded := 0, 0
		guests := &stage{play: func(_ context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
			time.Sleep(time.Second)
			switch string(x.Event.Body) {
			case `{"from":"store"}`:
				loaded++
			default:
				leased++
			}
			return succeeded, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 1}, db)
		synctest.Wait()
		body := make([]byte, 1<<20)
		for i := range 100 {
			x := execution(fmt.Sprint(i), plan(1))
			x.Event.Body = body
			db.accept(x)
		}
		time.Sleep(time.Hour)
		end(t, stop)
		if leased != 65 || loaded != 35 {
			t.Errorf("%d bodies were kept and %d loaded again, want 64 MiB and the running one kept", leased, loaded)
		}
	})
}
