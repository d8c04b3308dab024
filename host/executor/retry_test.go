package executor_test

import (
	"context"
	"slices"
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
		whole := time.Duration(ceiling) * time.Millisecond
		low := max(time.Duration(least)*time.Millisecond, whole/2)
		high := max(low, whole)
		if wait < low || wait > high {
			t.Fatalf("wait %s is not between %s and %s", wait, low, high)
		}
	})
}

func TestBackoffSpreadsOverItsRange(t *testing.T) {
	t.Parallel()
	r := host.Retry{InitialMillis: 1000, MaxMillis: 300_000}
	const samples = 20_000
	var quarters [4]int
	for range samples {
		wait := executor.Backoff(r, 3, 0) // between 2 and 4 s
		quarters[min(3, int((wait-2*time.Second)/(time.Second/2)))]++
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

// attemptsOf returns when the attempts of one step began that always fails, from the first.
func attemptsOf(t *testing.T, retry host.Retry, fails host.Result) (at []time.Duration, last host.Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
			return fails, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		x := execution("exe", plan(1))
		x.Plan[0].Settings = host.Settings{Retry: retry}
		db.accept(x)
		time.Sleep(1000 * time.Hour)
		end(t, stop)
		for _, r := range guests.all() {
			at = append(at, r.at.Sub(guests.all()[0].at))
		}
		last = db.results()[len(at)-1]
	})
	return at, last
}

func TestAFailedActionIsRetriedForADay(t *testing.T) {
	t.Parallel()
	at, last := attemptsOf(t, host.Retry{}, failed)
	if !last.DeadLetter || len(at) < 15 || len(at) > 25 {
		t.Errorf("dead letter %v after %d attempts", last.DeadLetter, len(at))
	}
	if n := len(at); at[n-1] < 24*time.Hour || at[n-1] > 24*time.Hour+time.Second {
		t.Errorf("the last attempt was made after %s, want 24h", at[n-1])
	}
	if at[1] > 5*time.Second || at[3] > 35*time.Second {
		t.Errorf("a failure that passes is not healed soon: attempts after %s", at[:4])
	}
}

func TestAttemptsEnd(t *testing.T) {
	t.Parallel()
	second := host.Retry{MaxAttempts: 50, InitialMillis: 1000, MaxMillis: 1000}
	aged := second
	aged.MaxAge = "10s"
	for _, tt := range []struct {
		name        string
		retry       host.Retry
		fails       host.Result
		least, most int
		last        time.Duration // when the last one was made; 0: not said
	}{
		{name: "with max_attempts", retry: host.Retry{MaxAttempts: 7, InitialMillis: 1000, MaxMillis: 1000}, fails: failed, least: 7, most: 7},
		{name: "with max_age, once more then", retry: aged, fails: failed, least: 11, most: 21, last: 10 * time.Second},
		{name: "with a Retry-After behind max_age", retry: aged, fails: host.Result{RetryAfterMillis: 11_000}, least: 1, most: 1},
		{name: "not with a Retry-After before max_age", retry: aged, fails: host.Result{RetryAfterMillis: 4_000}, least: 3, most: 3, last: 8 * time.Second},
		{name: "at once when the action says so", retry: second, fails: host.Result{NonRetryable: true}, least: 1, most: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at, ended := attemptsOf(t, tt.retry, tt.fails)
			if len(at) < tt.least || len(at) > tt.most || !ended.DeadLetter {
				t.Fatalf("%d attempts, want %d to %d; dead letter %v", len(at), tt.least, tt.most, ended.DeadLetter)
			}
			if last := at[len(at)-1]; tt.last != 0 && (last < tt.last || last > tt.last+100*time.Millisecond) {
				t.Errorf("the last attempt was made after %s, want %s", last, tt.last)
			}
		})
	}
}

func TestARetriedStepHasAllItsAttemptsAgainAndCountsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
			return failed, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		x := execution("exe", plan(3))
		for i := range x.Plan {
			x.Plan[i].Settings.Retry.MaxAttempts = 2
		}
		x.Status, x.Progress = host.StatusRunning, []host.StepState{host.StepPending, host.StepSucceeded, host.StepPending}
		x.Attempt, x.Retried = 4, []int{4, 1, 9}
		db.accept(x)
		time.Sleep(time.Hour)
		end(t, stop)
		if ran, want := guests.ran("exe"), []string{"0.5", "0.6", "2.10", "2.11"}; !slices.Equal(ran, want) {
			t.Errorf("ran %v, want %v", ran, want)
		}
		if got := db.execution("exe"); got.Status != host.StatusPartial || got.Attempt != 0 {
			t.Errorf("ended %s with attempt %d", got.Status, got.Attempt)
		}
	})
}

func TestAStepOfADeletedActionIsCanceledAndNotRun(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		deleted []string
		ran     []string
		ends    []host.StepState
		status  host.Status
	}{
		{name: "the others run", deleted: []string{"act_1"}, ran: []string{"0.1", "2.1"}, status: host.StatusCompleted, ends: []host.StepState{host.StepSucceeded, host.StepCanceled, host.StepSucceeded}},
		{name: "the last", deleted: []string{"act_2"}, ran: []string{"0.1", "1.1"}, status: host.StatusCompleted, ends: []host.StepState{host.StepSucceeded, host.StepSucceeded, host.StepCanceled}},
		{name: "all", deleted: []string{"act_0", "act_1", "act_2"}, status: host.StatusCanceled, ends: []host.StepState{host.StepCanceled, host.StepCanceled, host.StepCanceled}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, guests := newStore(), &stage{}
				deleted := func(_ context.Context, s host.Step) bool { return slices.Contains(tt.deleted, s.ActionID) }
				stop := begin(t, &executor.Executor{Runner: guests, Deleted: deleted}, db)
				synctest.Wait()
				db.accept(execution("exe", plan(3)))
				time.Sleep(time.Minute)
				end(t, stop)
				if got := db.execution("exe"); got.Status != tt.status || !slices.Equal(got.Progress, tt.ends) || !slices.Equal(guests.ran("exe"), tt.ran) {
					t.Errorf("ended %s with %v, ran %v", got.Status, got.Progress, guests.ran("exe"))
				}
			})
		})
	}
}
