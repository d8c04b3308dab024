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

// planOf returns a plan of the named actions.
func planOf(actions ...string) []host.Step {
	steps := plan(len(actions))
	for i, action := range actions {
		steps[i].ActionID, steps[i].Action = "act_"+action, action
	}
	return steps
}

// timed runs actions whose names are how long they take.
func timed(times map[string]time.Duration) *stage {
	return &stage{play: func(ctx context.Context, x host.Execution, index, _ int) (host.Result, host.Tape, error) {
		timer := time.NewTimer(times[x.Plan[index].Action])
		defer timer.Stop()
		select {
		case <-timer.C:
			return succeeded, host.Tape{}, nil
		case <-ctx.Done():
			return host.Result{}, host.Tape{}, ctx.Err()
		}
	}}
}

// waits returns how long after at each execution of the name began.
func (s *stage) waits(prefix string, at time.Time) (waits []time.Duration) {
	for _, r := range s.all() {
		if len(r.id) >= len(prefix) && r.id[:len(prefix)] == prefix && r.index == 0 {
			waits = append(waits, r.at.Sub(at))
		}
	}
	return waits
}

func TestASlowActionDoesNotKeepOthersFromStarting(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		places  int
		backlog int           // 0 is the default
		slow    int           // events
		hogs    int           // actions that they are of
		second  bool          // the slow action comes after the good one
		within  time.Duration // in which the good ones have begun
	}{
		{name: "one action", places: 64, slow: 64, hogs: 1},
		{name: "one action, many events", places: 64, slow: 1000, hogs: 1},
		{name: "four places", places: 4, slow: 64, hogs: 1, within: 90 * time.Millisecond},
		{name: "more than memory holds", places: 16, backlog: 256, slow: 600, hogs: 1, within: 3 * time.Second},
		{name: "more of five actions than memory holds", places: 16, backlog: 256, slow: 1000, hogs: 5, within: 3 * time.Second},
		{name: "two actions", places: 64, slow: 400, hogs: 2, within: 10 * time.Millisecond},
		{name: "fifty actions", places: 64, slow: 1000, hogs: 50, within: 90 * time.Millisecond},
		{name: "behind the good one", places: 64, slow: 1000, hogs: 1, second: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := newStore()
				times := map[string]time.Duration{"good": 10 * time.Millisecond}
				guests := timed(times)
				for n := range tt.hogs {
					times[fmt.Sprint("slow", n)] = 20 * time.Second
				}
				stop := begin(t, &executor.Executor{Runner: guests, Concurrency: tt.places, Backlog: tt.backlog}, db)
				synctest.Wait()
				for i := range tt.slow {
					steps := planOf(fmt.Sprint("slow", i%tt.hogs))
					if tt.second {
						steps = planOf("good", fmt.Sprint("slow", i%tt.hogs))
					}
					db.accept(execution(fmt.Sprint("slow_", i), steps))
				}
				time.Sleep(5 * time.Second)
				at := time.Now()
				for i := range 10 {
					steps := planOf("good")
					if tt.second {
						steps = planOf("good", "slow0")
					}
					db.accept(execution(fmt.Sprint("good_", i), steps))
				}
				time.Sleep(12 * time.Hour)
				end(t, stop)
				waits := guests.waits("good_", at)
				if len(waits) != 10 || slices.Max(waits) > tt.within {
					t.Errorf("good actions began after %v", waits)
				}
				if done := db.statuses()[host.StatusCompleted]; done != tt.slow+10 || guests.overlap {
					t.Errorf("%d of %d completed, overlap %t", done, tt.slow+10, guests.overlap)
				}
			})
		})
	}
}

func TestAnActionAloneHoldsThreeQuartersOfThePlaces(t *testing.T) {
	t.Parallel()
	for places, want := range map[int]int{1: 1, 3: 3, 4: 3, 8: 6, 16: 12, 64: 48} {
		synctest.Test(t, func(t *testing.T) {
			db, guests := newStore(), slow(time.Second)
			stop := begin(t, &executor.Executor{Runner: guests, Concurrency: places}, db)
			synctest.Wait()
			for i := range 200 {
				db.accept(execution(fmt.Sprint(i), plan(1)))
			}
			time.Sleep(time.Hour)
			end(t, stop)
			if guests.together != want || guests.count() != 200 {
				t.Errorf("%d places: %d ran at once, want %d; %d in all", places, guests.together, want, guests.count())
			}
		})
	}
}

func TestPlacesThatBecomeFreeGoToWhatRunsLeast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := timed(map[string]time.Duration{"a": time.Second, "b": time.Second})
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 16}, db)
		synctest.Wait()
		for i := range 1000 {
			db.accept(execution(fmt.Sprint("a_", i), planOf("a")))
		}
		for i := range 50 {
			db.accept(execution(fmt.Sprint("b_", i), planOf("b")))
		}
		at := time.Now()
		time.Sleep(time.Hour)
		end(t, stop)
		if waits := guests.waits("b_", at); len(waits) != 50 || slices.Max(waits) > 12*time.Second {
			t.Errorf("the fifty of b began after %v at the latest, behind a thousand of a", slices.Max(waits))
		}
	})
}

func TestAnExecutionThatWaitsForItsNextActionCanBeCanceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := timed(map[string]time.Duration{"slow": time.Minute})
		e := &executor.Executor{Runner: guests, Concurrency: 4}
		stop := begin(t, e, db)
		synctest.Wait()
		for i := range 10 {
			db.accept(execution(fmt.Sprint(i), planOf("quick", "slow")))
		}
		time.Sleep(time.Second)
		e.Cancel("9")
		time.Sleep(time.Hour)
		end(t, stop)
		if ran := guests.ran("9"); !slices.Equal(ran, []string{"0.1"}) {
			t.Errorf("the canceled one ran %v", ran)
		}
		if done := db.statuses()[host.StatusCompleted]; done != 9 {
			t.Errorf("%d completed, want 9", done)
		}
	})
}
