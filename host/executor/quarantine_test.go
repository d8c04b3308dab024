package executor_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/web"
)

// ward is a store's suspects.
type ward struct {
	mu       sync.Mutex // guards all below
	suspects []host.Suspect
	marks    []string // "execution step"
	markErr  error
	failures int // of Suspect, before it works
}

func (w *ward) Suspect(context.Context) (host.Suspect, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failures > 0 {
		w.failures--
		return host.Suspect{}, false, errDisk
	}
	if len(w.suspects) == 0 {
		return host.Suspect{}, false, nil
	}
	s := w.suspects[0]
	w.suspects = w.suspects[1:]
	return s, true, nil
}

func (w *ward) Mark(_ context.Context, id string, step int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks = append(w.marks, fmt.Sprint(id, " ", step))
	return w.markErr
}

// add makes an execution in the store a suspect.
func (w *ward) add(db *store, x host.Execution, crashes int, guilty bool) {
	db.put(x)
	db.rows[x.ID].held = true
	w.suspects = append(w.suspects, host.Suspect{Execution: x, Crashes: crashes, Guilty: guilty})
}

func TestSuspectsRunOneByOneAfterAMarkEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests, w := newStore(), slow(time.Second), &ward{}
		for _, id := range []string{"a", "b", "c"} {
			w.add(db, execution(id, plan(2)), 1, false)
		}
		for i := range 10 {
			db.put(execution(fmt.Sprint("left_", i), plan(1)))
		}
		began := time.Now()
		stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w}, db)
		time.Sleep(6500 * time.Millisecond)
		if guests.count() != 16 {
			t.Errorf("%d actions ran; want six alone, and ten after them together", guests.count())
		}
		time.Sleep(time.Hour)
		end(t, stop)
		if guests.together != 10 {
			t.Errorf("%d actions ran at once, want the ten that are no suspects", guests.together)
		}
		if want := []string{"a 0", "a 1", "b 0", "b 1", "c 0", "c 1"}; !slices.Equal(w.marks, want) {
			t.Errorf("marked %v, want %v", w.marks, want)
		}
		for i, r := range guests.all()[:6] {
			if at := r.at.Sub(began); at != time.Duration(i)*time.Second {
				t.Errorf("%v began after %v", r, at)
			}
		}
		for id, status := range map[string]host.Status{"a": host.StatusCompleted, "c": host.StatusCompleted, "left_9": host.StatusCompleted} {
			if got := db.execution(id); got.Status != status || got.Attempt != 0 {
				t.Errorf("%s is %s after %d attempts", id, got.Status, got.Attempt)
			}
		}
	})
}

func TestNewEventsDoNotWaitForSuspects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		crashes int
		wait    time.Duration // of the new event
	}{
		{"ordinary suspects", 1, 0},
		{"one that must be alone", 2, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, w := newStore(), &ward{}
				guests := timed(map[string]time.Duration{"slow": 20 * time.Second})
				w.add(db, execution("suspect", planOf("slow", "slow")), tt.crashes, false)
				for i := range 50 {
					w.add(db, execution(fmt.Sprint("other", i), planOf("slow")), 1, false)
				}
				stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w}, db)
				time.Sleep(10 * time.Second)
				at := time.Now()
				for i := range 10 {
					db.accept(execution(fmt.Sprint("new_", i), planOf("quick")))
				}
				time.Sleep(2 * time.Hour)
				end(t, stop)
				if waits := guests.waits("new_", at); len(waits) != 10 || slices.Max(waits) != tt.wait {
					t.Errorf("new events began after %v, want %v", waits, tt.wait)
				}
				if done := db.statuses()[host.StatusCompleted]; done != 61 {
					t.Errorf("%d completed, want 61", done)
				}
			})
		})
	}
}

func TestWhatWasLeftWaitsHalfAMinuteForSuspectsAtMost(t *testing.T) {
	t.Parallel()
	for _, crashes := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			db, guests, w := newStore(), timed(map[string]time.Duration{"slow": time.Hour}), &ward{}
			w.add(db, execution("suspect", planOf("slow")), crashes, false)
			db.put(execution("left", planOf("quick")))
			at := time.Now()
			stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w}, db)
			time.Sleep(2 * time.Hour)
			end(t, stop)
			if waits := guests.waits("left", at); len(waits) != 1 || waits[0] != 30*time.Second {
				t.Errorf("began after %v", waits)
			}
		})
	}
}

func TestTheGuiltyStepIsADeadLetterAndDoesNotRun(t *testing.T) {
	t.Parallel()
	for _, stopped := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			db, guests, w := newStore(), slow(time.Second), &ward{}
			x := execution("exe", plan(3))
			x.Progress[0], x.Status, x.Attempt = host.StepSucceeded, host.StatusRunning, 2
			if stopped {
				x.Plan[1].Settings.OnFailure = host.Stop
			}
			w.add(db, x, 1, true)
			w.add(db, execution("innocent", plan(1)), 1, false)
			stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w}, db)
			time.Sleep(time.Hour)
			end(t, stop)

			ran, status, marks := []string{"2.1"}, host.StatusPartial, []string{"exe 2", "innocent 0"}
			if stopped {
				ran, status, marks = nil, host.StatusFailed, marks[1:]
			}
			if got := db.execution("exe"); got.Status != status || !slices.Equal(guests.ran("exe"), ran) || !slices.Equal(w.marks, marks) {
				t.Errorf("%s, ran %v, marked %v", got.Status, guests.ran("exe"), w.marks)
			}
			r := db.results()[0]
			if !r.DeadLetter || r.Fault != host.FaultHost || r.Step != 1 || r.Attempt != 3 || r.Error.Name != "HostEnded" ||
				!strings.Contains(r.Error.Message, "not run a third time") || r.Error.Fix == nil || web.Command(*r.Error.Fix) != "usher executions retry exe" {
				t.Errorf("%+v, %+v", r, r.Error)
			}
			if got := db.execution("innocent"); got.Status != host.StatusCompleted {
				t.Errorf("the innocent is %s", got.Status)
			}
		})
	}
}

func TestASuspectThatFailsIsRetriedLikeOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, w := newStore(), &ward{}
		guests := &stage{play: func(_ context.Context, _ host.Execution, _, attempt int) (host.Result, host.Tape, error) {
			if attempt == 1 {
				return failed, host.Tape{}, nil
			}
			return succeeded, host.Tape{}, nil
		}}
		w.add(db, execution("exe", plan(1)), 1, false)
		stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w}, db)
		time.Sleep(time.Hour)
		end(t, stop)
		if ran := guests.ran("exe"); !slices.Equal(ran, []string{"0.1", "0.2"}) || db.execution("exe").Status != host.StatusCompleted {
			t.Errorf("ran %v, %s", ran, db.execution("exe").Status)
		}
	})
}

func TestAStoreThatCannotLeaseSuspectsDelaysNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests, w := newStore(), &stage{}, &ward{failures: 5}
		w.add(db, execution("suspect", plan(1)), 1, false)
		db.put(execution("left", plan(1)))
		stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w}, db)
		synctest.Wait()
		if len(guests.ran("left")) != 1 {
			t.Error("what was left waits")
		}
		time.Sleep(time.Minute)
		end(t, stop)
		if len(guests.ran("suspect")) != 1 {
			t.Error("the suspect did not run when the store was well again")
		}
	})
}

func TestASuspectThatCannotBeMarkedDoesNotRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests, w := newStore(), &stage{}, &ward{markErr: &host.Error{Code: host.Fenced}}
		w.add(db, execution("canceled", plan(1)), 1, false)
		db.put(execution("left", plan(1)))
		stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w}, db)
		time.Sleep(time.Minute)
		end(t, stop)
		if len(guests.ran("canceled")) != 0 || len(guests.ran("left")) != 1 {
			t.Errorf("ran %v", guests.all())
		}
	})
}

// journal notes what runs.
type journal struct {
	mu      sync.Mutex // guards all below
	running map[int]string
	most    int
	began   int
}

func (j *journal) Began(id string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.running == nil {
		j.running = map[int]string{}
	}
	j.began++
	j.running[j.began] = id
	j.most = max(j.most, len(j.running))
	return j.began
}

func (j *journal) Ended(place int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.running, place)
}

func TestWhatRunsIsNotedButForSuspects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests, w, j := newStore(), slow(time.Second), &ward{}, &journal{}
		w.add(db, execution("suspect", plan(2)), 1, false)
		stop := begin(t, &executor.Executor{Runner: guests, Quarantine: w, Journal: j, Concurrency: 2}, db)
		time.Sleep(time.Minute)
		if j.began != 0 {
			t.Errorf("a suspect is noted")
		}
		for i := range 7 {
			db.accept(execution(fmt.Sprint(i), plan(1)))
		}
		time.Sleep(time.Minute)
		end(t, stop)
		if j.began != 7 || j.most != 2 || len(j.running) != 0 {
			t.Errorf("%d were noted, %d at once, %d are left", j.began, j.most, len(j.running))
		}
	})
}
