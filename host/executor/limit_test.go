package executor_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// limited returns a plan of one action with these settings.
func limited(action string, s host.Settings) []host.Step {
	return []host.Step{{ActionID: action, Action: action, VersionID: "ver " + action, Number: 1, Settings: s.Over(host.DefaultSettings())}}
}

// most returns how many attempts of an action started in any span of time at most.
func (s *stage) most(span time.Duration, of func(id string) bool) (most int) {
	var starts []time.Time
	for _, r := range s.all() {
		if of(r.id) {
			starts = append(starts, r.at)
		}
	}
	slices.SortFunc(starts, time.Time.Compare)
	from := 0
	for to := range starts {
		for starts[to].Sub(starts[from]) >= span {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}

func isLimited(id string) bool { return id[0] == 'l' }

func TestARateHoldsItsActionAndNoOther(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rate host.Rate
		n    int
		span time.Duration
	}{{"1/s", 1, time.Second}, {"10/s", 10, time.Second}, {"300/m", 300, time.Minute}} {
		t.Run(string(tt.rate), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, guests := newStore(), slow(5*time.Millisecond)
				stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 4, Backlog: 64}, db)
				time.Sleep(2 * tt.span)
				for i := range 1000 {
					db.accept(execution(fmt.Sprint("l", i), limited("limited", host.Settings{Rate: tt.rate})))
					db.accept(execution(fmt.Sprint("free", i), limited("free", host.Settings{})))
				}
				began := time.Now()
				for db.statuses()[host.StatusCompleted] < 2000 && time.Since(began) < 24*time.Hour {
					time.Sleep(time.Second)
				}
				took := time.Since(began)
				starts := map[string]time.Time{}
				last := 0
				for _, r := range guests.all() {
					if isLimited(r.id) {
						starts[r.id] = r.at
					} else if wait := r.at.Sub(began); wait > 10*time.Second {
						last++
					}
				}
				if most := guests.most(tt.span, isLimited); most > tt.n {
					t.Errorf("%d started in %s", most, tt.span)
				}
				if least := time.Duration(1000/tt.n-1) * tt.span; took < least || took > least*11/10+2*tt.span+2*time.Second {
					t.Errorf("took %s, want %s", took, least)
				}
				for i := 1; i < 1000; i++ {
					if before, after := starts[fmt.Sprint("l", i-1)], starts[fmt.Sprint("l", i)]; after.Before(before) || after.IsZero() {
						t.Fatalf("l%d started %s before the one before it", i, before.Sub(after))
					}
				}
				if last > 0 || db.maxHeld > 64 {
					t.Errorf("%d executions of the other action waited for long; %d were in memory", last, db.maxHeld)
				}
				end(t, stop)
			})
		})
	}
}

func TestARateCountsRetriesAndSpansARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(_ context.Context, _ host.Execution, _, attempt int) (host.Result, host.Tape, error) {
			return host.Result{Succeeded: attempt == 2}, host.Tape{}, nil
		}}
		steps := limited("limited", host.Settings{Rate: "10/s", Breaker: host.BreakerOff, Retry: host.Retry{InitialMillis: 1, MaxMillis: 1}})
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		time.Sleep(time.Minute)
		for i := range 100 {
			db.accept(execution(fmt.Sprint("l", i), steps))
		}
		time.Sleep(5500 * time.Millisecond)
		end(t, stop)
		db.restart()
		stop = begin(t, &executor.Executor{Runner: guests}, db)
		time.Sleep(time.Minute)
		if guests.count() != 200 {
			t.Errorf("%d attempts were made", guests.count())
		}
		// Ten in the second before the restart, and one each tenth of a second after it.
		if most := guests.most(time.Second, isLimited); most > 19 {
			t.Errorf("%d started in a second", most)
		}
		end(t, stop)
	})
}

func TestAConcurrencyHoldsItsActionAndNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(time.Second)
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 16, Backlog: 256}, db)
		synctest.Wait()
		for i := range 1000 {
			db.accept(execution(fmt.Sprint("l", i), limited("limited", host.Settings{Concurrency: 2})))
		}
		for i := range 100 {
			db.accept(execution(fmt.Sprint("free", i), limited("free", host.Settings{})))
		}
		began := time.Now()
		time.Sleep(20 * time.Second)
		if n := len(guests.order(0)); n < 100+38 || n > 100+42 {
			t.Errorf("%d ran", n)
		}
		for db.statuses()[host.StatusCompleted] < 1100 && time.Since(began) < time.Hour {
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took > 510*time.Second {
			t.Errorf("took %s", took)
		}
		if most := guests.most(time.Second, isLimited); most > 2 {
			t.Errorf("%d ran at once", most)
		}
		end(t, stop)
	})
}

func TestALimitThatIsChangedHoldsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		stop := begin(t, &executor.Executor{Runner: guests, Backlog: 512}, db)
		time.Sleep(time.Hour)
		slowly := limited("limited", host.Settings{Rate: "1/h"})
		db.bind(t, slowly...)
		for i := range 1000 {
			db.accept(execution(fmt.Sprint("l", i), slowly))
		}
		time.Sleep(30 * time.Minute)
		if guests.count() != 1 {
			t.Errorf("%d ran", guests.count())
		}
		db.bind(t, limited("limited", host.Settings{Rate: "100/s"})...)
		time.Sleep(5500 * time.Millisecond)
		if n := guests.count(); n < 590 || n > 601 {
			t.Errorf("after five and a half seconds %d ran", n)
		}
		db.bind(t, limited("limited", host.Settings{})...)
		time.Sleep(time.Second)
		if guests.count() != 1000 {
			t.Errorf("without a limit %d ran", guests.count())
		}
		end(t, stop)
	})
}

func TestManyLimitedActionsShareTheMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		stop := begin(t, &executor.Executor{Runner: guests, Backlog: 32}, db)
		time.Sleep(time.Hour)
		for i := range 50 {
			for n := range 40 {
				db.accept(execution(fmt.Sprint("l", i, "-", n), limited(fmt.Sprint("limited", i), host.Settings{Rate: "1/s"})))
			}
		}
		db.accept(execution("free", limited("free", host.Settings{})))
		time.Sleep(time.Hour)
		if s := db.statuses(); s[host.StatusCompleted] != 2001 || db.maxHeld > 32 {
			t.Errorf("statuses are %v, %d in memory", s, db.maxHeld)
		}
		end(t, stop)
	})
}
