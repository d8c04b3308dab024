package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// service is what actions call: it fails while it is down, and for poisoned events. An
// action that is "fixed" does not need it.
type service struct {
	stage
	mu       sync.Mutex
	down     bool
	final    bool            // it fails as NonRetryable
	poisoned map[string]bool // by execution
}

func newService() *service {
	s := &service{down: true, poisoned: map[string]bool{}}
	s.play = func(_ context.Context, x host.Execution, index, _ int) (host.Result, host.Tape, error) {
		time.Sleep(time.Millisecond)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.poisoned[x.ID] || s.down && strings.HasPrefix(x.Plan[index].Action, "broken") {
			return host.Result{Fault: host.FaultGuest, NonRetryable: s.final, Error: &host.ResultError{Message: "503"}}, host.Tape{}, nil
		}
		return host.Result{Succeeded: true}, host.Tape{}, nil
	}
	return s
}

func (s *service) set(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// notified keeps notices.
type notified struct {
	mu      sync.Mutex
	notices []host.Notice
}

func (n *notified) Notify(notice host.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.notices = append(n.notices, notice)
}

func (n *notified) kinds() (kinds []host.NoticeKind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, notice := range n.notices {
		kinds = append(kinds, notice.Kind)
	}
	return kinds
}

func broken(version string) []host.Step {
	s := host.DefaultSettings()
	s.Retry = host.Retry{MaxAttempts: 20, InitialMillis: 1000, MaxMillis: 60_000}
	return []host.Step{{ActionID: "act_broken", Action: "broken", VersionID: "ver_broken" + version, Number: 1, Settings: s}}
}

func TestAnOutageBurnsFewAttemptsAndDrainsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests, notes := newStore(), newService(), &notified{}
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8, Backlog: 64, Notifier: notes}, db)
		synctest.Wait()
		for i := range 500 {
			db.accept(execution(fmt.Sprint(i), broken("")))
			db.accept(execution(fmt.Sprint("free", i), plan(1)))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(12 * time.Hour)
		if s := db.statuses(); s[host.StatusCompleted] != 500 || s[host.StatusPartial] != 0 {
			t.Errorf("statuses are %v", s)
		}
		if n := guests.count() - 500; n > 200 || n < 140 {
			t.Errorf("%d attempts of the broken action in 12 hours", n)
		}
		if holds, err := db.dispatcher.HeldBack(t.Context()); err != nil || len(holds) != 1 || holds[0].Kind != host.HoldBreaker ||
			holds[0].State != host.BreakerOpen || holds[0].Waiting < 490 || holds[0].Error != "503" || holds[0].Failures != host.BreakerFailures ||
			holds[0].Action != "broken" || holds[0].ProbeAt.Before(time.Now()) {
			t.Errorf("held back are %+v, %v", holds, err)
		}
		guests.set(false)
		before := guests.count()
		time.Sleep(20 * time.Minute)
		if s := db.statuses(); s[host.StatusCompleted] != 1000 || guests.overlap {
			t.Errorf("statuses are %v", s)
		}
		if holds, err := db.dispatcher.HeldBack(t.Context()); err != nil || len(holds) != 0 {
			t.Errorf("held back are %+v, %v", holds, err)
		}
		attempted := map[string]time.Time{}
		for _, r := range guests.all()[before:] {
			attempted[r.id] = r.at
		}
		fresh := 0
		for i := range 499 {
			id, next := fmt.Sprint(i), fmt.Sprint(i+1)
			if db.rows[id].Attempt == 0 && attempted[next].Before(attempted[id]) && !db.triedBefore(id, next) {
				fresh++
			}
		}
		if fresh > 0 {
			t.Errorf("%d that waited since their arrival ran before the one before them", fresh)
		}
		if got := notes.kinds(); !slices.Equal(got, []host.NoticeKind{host.NoticeBreakerOpened, host.NoticeBreakerClosed}) {
			t.Errorf("notified %v", got)
		}
		end(t, stop)
	})
}

// triedBefore reports whether one of the executions failed before it succeeded: its place
// in the order is that of its retry.
func (s *store) triedBefore(ids ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.outcomes, func(o host.Outcome) bool {
		return slices.Contains(ids, o.ExecutionID) && o.Result != nil && !o.Result.Succeeded
	})
}

func TestABreakerStaysOpenAfterARestartAndProbesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), newService()
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8}, db)
		synctest.Wait()
		for i := range 100 {
			db.accept(execution(fmt.Sprint(i), broken("")))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Hour)
		end(t, stop)
		db.restart()
		before := guests.count()
		stop = begin(t, &executor.Executor{Runner: guests, Concurrency: 8}, db)
		time.Sleep(host.BreakerFirstWait)
		if n := guests.count() - before; n != 1 {
			t.Errorf("%d attempts after the restart, want one probe", n)
		}
		guests.set(false)
		time.Sleep(10 * time.Minute)
		if s := db.statuses(); s[host.StatusCompleted] != 100 {
			t.Errorf("statuses are %v", s)
		}
		end(t, stop)
	})
}

func TestABreakerForWhichNothingComesCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests, notes := newStore(), newService(), &notified{}
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8, Notifier: notes}, db)
		synctest.Wait()
		steps := broken("")
		steps[0].Settings.Retry.MaxAttempts = 1
		for i := range 10 {
			db.accept(execution(fmt.Sprint(i), steps))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(host.BreakerWindow)
		if got := notes.kinds(); !slices.Equal(got, []host.NoticeKind{host.NoticeBreakerOpened}) {
			t.Errorf("notified of %v", got)
		}
		time.Sleep(time.Minute)
		if got := notes.kinds(); !slices.Equal(got, []host.NoticeKind{host.NoticeBreakerOpened, host.NoticeBreakerClosed}) {
			t.Errorf("notified of %v", got)
		}
		if holds, err := db.dispatcher.HeldBack(t.Context()); err != nil || len(holds) != 0 {
			t.Errorf("held back are %+v, %v", holds, err)
		}
		end(t, stop)
	})
}

func TestAFixIsNotHeldBackByTheBreakerOfTheVersionBeforeIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), newService()
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8}, db)
		synctest.Wait()
		for i := range 50 {
			db.accept(execution(fmt.Sprint(i), broken("")))
			time.Sleep(10 * time.Millisecond)
		}
		fixed := broken(" fixed")
		fixed[0].Action = "fixed"
		db.accept(execution("new", fixed))
		time.Sleep(time.Second)
		if db.execution("new").Status != host.StatusCompleted || db.statuses()[host.StatusCompleted] != 1 {
			t.Errorf("statuses are %v", db.statuses())
		}
		end(t, stop)
	})
}

func TestWhatOpensABreaker(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		run  func(t *testing.T, db *store, guests *service)
		open bool
	}{
		{name: "ten different executions in a row", open: true, run: func(_ *testing.T, db *store, _ *service) {
			for i := range 10 {
				db.accept(execution(fmt.Sprint(i), broken("")))
				time.Sleep(10 * time.Millisecond)
			}
		}},
		{name: "not nine of them", run: func(_ *testing.T, db *store, _ *service) {
			for i := range 9 {
				db.accept(execution(fmt.Sprint(i), broken("")))
			}
			time.Sleep(time.Hour)
		}},
		{name: "not the attempts of one event", run: func(_ *testing.T, db *store, guests *service) {
			db.accept(execution("0", broken("")))
			time.Sleep(10 * time.Hour)
		}},
		{name: "not with a success among them", run: func(_ *testing.T, db *store, guests *service) {
			guests.set(false)
			for i := range 200 {
				guests.mu.Lock()
				guests.poisoned[fmt.Sprint(i)] = i%10 != 9
				guests.mu.Unlock()
				db.accept(execution(fmt.Sprint(i), broken("")))
				time.Sleep(100 * time.Microsecond)
				synctest.Wait()
				time.Sleep(time.Millisecond)
			}
		}},
		{name: "not in days", run: func(_ *testing.T, db *store, _ *service) {
			steps := broken("")
			steps[0].Settings.Retry.MaxAttempts = 1
			for i := range 30 {
				db.accept(execution(fmt.Sprint(i), steps))
				time.Sleep(2 * time.Minute)
			}
		}},
		{name: "not what would never succeed", run: func(_ *testing.T, db *store, guests *service) {
			guests.final = true
			for i := range 100 {
				db.accept(execution(fmt.Sprint(i), broken("")))
			}
			time.Sleep(time.Second)
		}},
		{name: "not where it is off", run: func(_ *testing.T, db *store, _ *service) {
			steps := broken("")
			steps[0].Settings.Breaker = host.BreakerOff
			for i := range 100 {
				db.accept(execution(fmt.Sprint(i), steps))
			}
			time.Sleep(time.Second)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, guests, notes := newStore(), newService(), &notified{}
				stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8, Notifier: notes}, db)
				synctest.Wait()
				tt.run(t, db, guests)
				synctest.Wait()
				if open := len(notes.kinds()) > 0; open != tt.open {
					t.Errorf("notified %v", notes.kinds())
				}
				end(t, stop)
			})
		})
	}
}

func TestABreakerIsClosedByHandOrTurnedOff(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(t *testing.T, db *store){
		"closed": func(t *testing.T, db *store) {
			if n := db.dispatcher.CloseBreakers("act_broken"); n != 1 {
				t.Errorf("closed %d", n)
			}
			if n := db.dispatcher.CloseBreakers("act_broken"); n != 0 {
				t.Errorf("closed %d again", n)
			}
		},
		"off": func(t *testing.T, db *store) {
			steps := broken("")
			steps[0].Settings.Breaker = host.BreakerOff
			db.bind(t, steps...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, guests := newStore(), newService()
				stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8}, db)
				synctest.Wait()
				for i := range 100 {
					db.accept(execution(fmt.Sprint(i), broken("")))
					time.Sleep(10 * time.Millisecond)
				}
				time.Sleep(time.Hour)
				guests.set(false)
				act(t, db)
				time.Sleep(100 * time.Millisecond)
				if s := db.statuses(); s[host.StatusCompleted] < 80 { // those that wait for their own retry do so
					t.Errorf("statuses are %v", s)
				}
				time.Sleep(10 * time.Minute)
				if s := db.statuses(); s[host.StatusCompleted] != 100 {
					t.Errorf("statuses are %v", s)
				}
				end(t, stop)
			})
		})
	}
}

func TestAProbeThatIsCanceledMakesWayForAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), newService()
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 8}, db)
		synctest.Wait()
		for i := range 100 {
			db.accept(execution(fmt.Sprint(i), broken("")))
			time.Sleep(10 * time.Millisecond)
		}
		guests.set(false)
		hang := make(chan struct{})
		guests.stage.mu.Lock()
		guests.play = func(ctx context.Context, _ host.Execution, _, _ int) (host.Result, host.Tape, error) {
			select {
			case <-hang:
				return host.Result{Succeeded: true}, host.Tape{}, nil
			case <-ctx.Done():
				return host.Result{}, host.Tape{}, ctx.Err()
			}
		}
		guests.stage.mu.Unlock()
		time.Sleep(time.Minute)
		runs := guests.all()
		probe := runs[len(runs)-1].id
		db.takeOver(probe)
		db.dispatcher.Cancel(probe)
		time.Sleep(time.Minute)
		if again := guests.all(); len(again) != len(runs)+1 || again[len(runs)].id == probe {
			t.Errorf("%d attempts after the probe was canceled", len(again)-len(runs))
		}
		close(hang)
		time.Sleep(10 * time.Minute)
		if s := db.statuses(); s[host.StatusCompleted] != 99 {
			t.Errorf("statuses are %v", s)
		}
		end(t, stop)
	})
}

func TestAHostThatCannotReadWhatIsPausedRunsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		db.put(execution("a", plan(1)))
		db.pauseErr = errors.New("the disk is broken")
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		time.Sleep(time.Hour)
		if guests.count() != 0 {
			t.Error("it ran")
		}
		db.mu.Lock()
		db.pauseErr = nil
		db.mu.Unlock()
		time.Sleep(time.Minute)
		if guests.count() != 1 {
			t.Errorf("%d ran", guests.count())
		}
		end(t, stop)
	})
}
