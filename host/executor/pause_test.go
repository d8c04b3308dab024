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

// order returns the executions whose step of that index was attempted, in order.
func (s *stage) order(index int) (ids []string) {
	for _, r := range s.all() {
		if r.index == index {
			ids = append(ids, r.id)
		}
	}
	return ids
}

func upFrom(from, to int) (ids []string) {
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}

func TestAPausedActionHoldsItsStepsAndWhatIsBehindThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 1, Backlog: 16}, db)
		synctest.Wait()
		db.pause(t, "act_1")
		for i := range 300 { // many times the memory
			db.accept(execution(fmt.Sprint(i), plan(3)))
			time.Sleep(time.Millisecond)
		}
		db.accept(execution("other", append(plan(1), host.Step{ActionID: "free", VersionID: "free"})))
		time.Sleep(time.Hour)
		if got := guests.order(0); len(got) != 301 {
			t.Errorf("%d first actions ran", len(got))
		}
		if got := guests.order(1); !slices.Equal(got, []string{"other"}) || len(guests.order(2)) != 0 {
			t.Errorf("while it was paused, second actions ran of %v", got)
		}
		if s := db.statuses(); s[host.StatusRunning] != 300 || s[host.StatusCompleted] != 1 {
			t.Errorf("statuses are %v", s)
		}
		claims, held, looks := db.counted()
		time.Sleep(24 * time.Hour)
		if c, h, l := db.counted(); c != claims || h != held || l-looks > 24*3600/30+1 {
			t.Errorf("in a day it claimed %d times, %d of what is held, and looked %d times", c-claims, h-held, l-looks)
		}
		db.resume(t, "act_1")
		time.Sleep(time.Minute)
		want := append([]string{"other"}, upFrom(0, 300)...)
		if got := guests.order(1); !slices.Equal(got, want) {
			t.Errorf("after it was resumed they ran in the order %v", got)
		}
		if s := db.statuses(); s[host.StatusCompleted] != 301 || guests.overlap || db.maxHeld > 16 {
			t.Errorf("statuses are %v, overlap %t, %d in memory", s, guests.overlap, db.maxHeld)
		}
		end(t, stop)
	})
}

// counted returns how often the store was asked.
func (s *store) counted() (claims, heldClaims, looks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claims, s.heldClaims, s.looks
}

func TestWhatIsAcceptedWhileAnActionDrainsRunsAfterWhatWaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(10*time.Millisecond)
		db.latency = time.Millisecond
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 1}, db)
		synctest.Wait()
		db.pause(t, "act_0")
		for i := range 500 {
			db.accept(execution(fmt.Sprint(i), plan(1)))
			time.Sleep(time.Millisecond)
		}
		db.resume(t, "act_0")
		for i := 500; i < 900; i++ {
			db.accept(execution(fmt.Sprint(i), plan(1)))
			time.Sleep(15 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		if got := guests.order(0); !slices.Equal(got, upFrom(0, 900)) {
			t.Errorf("they ran in the order %v", got)
		}
		_, before, _ := db.counted()
		for range 100 { // nothing waits any more: they start at once
			db.accept(execution(fmt.Sprint("late", before), plan(1)))
			before++
			time.Sleep(time.Second)
		}
		if _, claims, _ := db.counted(); claims > before-100 {
			t.Errorf("%d claims of what is held, although nothing is", claims-before+100)
		}
		end(t, stop)
	})
}

func TestAPauseIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		db.pause(t, "act_0")
		for i := range 20 {
			db.accept(execution(fmt.Sprint(i), plan(1)))
		}
		end(t, stop)
		db.restart()
		stop = begin(t, &executor.Executor{Runner: guests}, db)
		time.Sleep(time.Minute)
		if guests.count() != 0 {
			t.Errorf("%d ran", guests.count())
		}
		end(t, stop)
		db.restart()
		db.mu.Lock()
		db.pauses = nil // resumed beside the host, as a restored copy would have it
		db.mu.Unlock()
		stop = begin(t, &executor.Executor{Runner: guests}, db)
		time.Sleep(time.Minute)
		if got := guests.order(0); len(got) != 20 {
			t.Errorf("after the resume %v ran", got)
		}
		end(t, stop)
	})
}

// restart frees what the former process had leased.
func (s *store) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		r.held = false
	}
}

func TestAPausedTriggerRunsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), slow(10*time.Millisecond)
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 1, Backlog: 16}, db)
		synctest.Wait()
		db.accept(execution("0", plan(2)))
		time.Sleep(5 * time.Millisecond)
		db.pause(t, string(host.PostUserRegistration)) // in the midst of the first action
		for i := 1; i < 100; i++ {
			db.accept(execution(fmt.Sprint(i), plan(2)))
			time.Sleep(time.Millisecond)
		}
		claims, _, _ := db.counted()
		time.Sleep(time.Hour)
		if later, held, _ := db.counted(); later != claims || held != 0 || guests.count() != 1 {
			t.Errorf("%d actions ran, and %d claims were made", guests.count(), later-claims)
		}
		db.resume(t, string(host.PostUserRegistration))
		time.Sleep(time.Minute)
		if got := guests.order(0); !slices.Equal(got, upFrom(0, 100)) || len(guests.order(1)) != 100 {
			t.Errorf("they ran in the order %v", got)
		}
		end(t, stop)
	})
}

func TestAStartWithAPausedTriggerRunsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		for i := range 10 {
			db.put(execution(fmt.Sprint(i), plan(1)))
		}
		db.pauses = []host.Pause{{Target: string(host.PostUserRegistration), Trigger: host.PostUserRegistration}}
		stop := begin(t, &executor.Executor{Runner: guests, Quarantine: &suspects{store: db}}, db)
		time.Sleep(time.Hour)
		if guests.count() != 0 {
			t.Errorf("%d actions ran", guests.count())
		}
		db.resume(t, string(host.PostUserRegistration))
		time.Sleep(time.Minute)
		if guests.count() != 10 {
			t.Errorf("after the resume %d actions ran", guests.count())
		}
		end(t, stop)
		stop = begin(t, &executor.Executor{Runner: guests, Quarantine: &suspects{store: db}}, db)
		db.pause(t, string(host.PostUserRegistration))
		end(t, stop) // ends also while it is paused
	})
}

// suspects is a quarantine without suspects.
type suspects struct{ store *store }

func (*suspects) Suspect(context.Context) (host.Suspect, bool, error) {
	return host.Suspect{}, false, nil
}
func (*suspects) Mark(context.Context, string, int) error { return nil }

func TestTheTimeOfAPauseDoesNotCountAsTimeOfItsRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
			return host.Result{Fault: host.FaultGuest}, host.Tape{}, nil
		}}
		steps := plan(1)
		steps[0].Settings.Retry = host.Retry{MaxAttempts: 100, InitialMillis: 60_000, MaxMillis: 60_000, MaxAge: "1h"}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		db.accept(execution("a", steps))
		time.Sleep(10 * time.Minute)
		before := guests.count()
		db.pause(t, "act_0")
		time.Sleep(48 * time.Hour)
		if guests.count() != before {
			t.Errorf("%d attempts while it was paused", guests.count()-before)
		}
		db.resume(t, "act_0")
		time.Sleep(40 * time.Minute)
		if x := db.execution("a"); x.Status != host.StatusRetrying || guests.count() < before+35 {
			t.Errorf("%d attempts, %+v", guests.count(), x)
		}
		time.Sleep(time.Hour)
		if x := db.execution("a"); x.Status != host.StatusPartial {
			t.Errorf("it is %s", x.Status)
		}
		end(t, stop)
	})
}

func TestARetryOfAPausedActionWaitsWithItsAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(_ context.Context, _ host.Execution, _, attempt int) (host.Result, host.Tape, error) {
			return host.Result{Succeeded: attempt > 1}, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		db.accept(execution("a", plan(1)))
		synctest.Wait()
		db.pause(t, "act_0")
		time.Sleep(time.Hour)
		if x := db.execution("a"); guests.count() != 1 || x.Attempt != 1 || x.Status != host.StatusRetrying || x.Held != "act_0" {
			t.Errorf("%d attempts, %+v", guests.count(), x)
		}
		db.resume(t, "act_0")
		time.Sleep(time.Second)
		if x := db.execution("a"); x.Status != host.StatusCompleted || guests.count() != 2 {
			t.Errorf("%d attempts, %+v", guests.count(), x)
		}
		end(t, stop)
	})
}
