package executor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

func TestBackoffStaysInItsBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := host.Retry{
			InitialMillis: rapid.Int64Range(0, host.MaxWaitMillis).Draw(t, "initial"),
			MaxMillis:     rapid.Int64Range(0, 2*host.MaxWaitMillis).Draw(t, "max"),
		}
		attempt := rapid.IntRange(1, 1000).Draw(t, "attempt")
		asked := rapid.Int64Range(-1, 2*host.MaxWaitMillis).Draw(t, "asked")
		ceiling := float64(r.InitialMillis)
		for n := 1; n < attempt && ceiling < float64(r.MaxMillis); n++ {
			ceiling *= 2
			if ceiling == 0 {
				break
			}
		}
		ceiling = min(ceiling, float64(r.MaxMillis), host.MaxWaitMillis)
		least := min(max(0, asked), host.MaxWaitMillis)

		wait := executor.Backoff(r, attempt, asked)
		low := time.Duration(least) * time.Millisecond
		high := max(low, time.Duration(ceiling)*time.Millisecond)
		if wait < low || wait > high {
			t.Fatalf("wait %s is not between %s and %s", wait, low, high)
		}
	})
}

func TestBackoffSpreadsOverTheWholeRange(t *testing.T) {
	t.Parallel()
	r := host.Retry{InitialMillis: 1000, MaxMillis: 300_000}
	const samples = 20_000
	var quarters [4]int
	for range samples {
		wait := executor.Backoff(r, 3, 0) // between 0 and 4 s
		quarters[min(3, int(wait/time.Second))]++
	}
	for i, n := range quarters {
		if n < samples/4-samples/25 || n > samples/4+samples/25 {
			t.Errorf("quarter %d has %d of %d waits", i+1, n, samples)
		}
	}
}

func TestRetryRunsWhenItIsDue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		retryAfter int64
		least      time.Duration
		most       time.Duration
	}{
		{name: "after a jittered wait", most: time.Duration(host.DefaultSettings().Retry.InitialMillis) * time.Millisecond},
		{name: "not before the Retry-After of a response", retryAfter: 90_000, least: 90 * time.Second, most: 90 * time.Second},
		{name: "after a day at the latest", retryAfter: 1 << 50, least: 24 * time.Hour, most: 24 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := newStore()
				guests := &stage{play: func(_ context.Context, _ host.Execution, _, attempt int) (host.Result, host.Tape, error) {
					return host.Result{Succeeded: attempt == 2, Fault: host.FaultGuest, RetryAfterMillis: tt.retryAfter}, host.Tape{}, nil
				}}
				stop := begin(t, &executor.Executor{Runner: guests}, db)
				synctest.Wait()
				db.accept(execution("exe", plan(1)))
				time.Sleep(48 * time.Hour)
				end(t, stop)

				runs := guests.all()
				if len(runs) != 2 {
					t.Fatalf("ran %d times", len(runs))
				}
				due := db.outcomes[0].NextAt
				if db.outcomes[0].Status != host.StatusRetrying || db.outcomes[0].Attempt != 1 {
					t.Errorf("recorded %+v", db.outcomes[0])
				}
				if wait := due.Sub(runs[0].at); wait < tt.least || wait > tt.most {
					t.Errorf("due after %s, want %s to %s", wait, tt.least, tt.most)
				}
				// Claims for due times come at most each 5 ms.
				if late := runs[1].at.Sub(due); late < 0 || late > 5*time.Millisecond {
					t.Errorf("ran %s after it was due", late)
				}
			})
		})
	}
}

func TestWaitingForARetryHoldsNoRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(_ context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
			if x.ID == "bad" {
				return host.Result{RetryAfterMillis: 3600_000}, host.Tape{}, nil
			}
			return succeeded, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 1, Backlog: 1}, db)
		synctest.Wait()
		db.accept(execution("bad", plan(1)))
		time.Sleep(time.Second)
		db.accept(execution("good", plan(1)))
		synctest.Wait()
		end(t, stop)
		if db.execution("good").Status != host.StatusCompleted {
			t.Error("an execution waits behind one that is not due")
		}
	})
}
