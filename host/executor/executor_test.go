package executor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

func TestExecutionEndsAsItsActionsDo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		steps   []host.StepState // at the start; nil: none has run
		attempt int
		fails   map[int]int // how often each step fails
		stop    bool        // on_failure
		ran     []string    // step.attempt
		status  host.Status
		ends    []host.StepState
	}{
		{
			name: "runs every action in order",
			ran:  []string{"0.1", "1.1", "2.1"}, status: host.StatusCompleted,
			ends: []host.StepState{host.StepSucceeded, host.StepSucceeded, host.StepSucceeded},
		},
		{
			name:  "skips what an earlier attempt finished",
			steps: []host.StepState{host.StepSucceeded, host.StepPending, host.StepPending},
			ran:   []string{"1.1", "2.1"}, status: host.StatusCompleted,
			ends: []host.StepState{host.StepSucceeded, host.StepSucceeded, host.StepSucceeded},
		},
		{
			name:  "goes on counting the attempts of a step that was retrying",
			steps: []host.StepState{host.StepSucceeded, host.StepPending, host.StepSucceeded}, attempt: 3, fails: map[int]int{1: 4},
			ran: []string{"1.4", "1.5"}, status: host.StatusCompleted,
			ends: []host.StepState{host.StepSucceeded, host.StepSucceeded, host.StepSucceeded},
		},
		{
			name: "lets later actions wait for a retry", fails: map[int]int{1: 2},
			ran: []string{"0.1", "1.1", "1.2", "1.3", "2.1"}, status: host.StatusCompleted,
			ends: []host.StepState{host.StepSucceeded, host.StepSucceeded, host.StepSucceeded},
		},
		{
			name: "goes on after a dead letter and ends partial", fails: map[int]int{0: 5},
			ran: []string{"0.1", "0.2", "0.3", "0.4", "0.5", "1.1", "2.1"}, status: host.StatusPartial,
			ends: []host.StepState{host.StepDead, host.StepSucceeded, host.StepSucceeded},
		},
		{
			name: "ends failed at a dead letter with on_failure stop", fails: map[int]int{1: 5}, stop: true,
			ran: []string{"0.1", "1.1", "1.2", "1.3", "1.4", "1.5"}, status: host.StatusFailed,
			ends: []host.StepState{host.StepSucceeded, host.StepDead, host.StepPending},
		},
		{
			name:  "remembers an earlier dead letter at the end",
			steps: []host.StepState{host.StepDead, host.StepSucceeded, host.StepPending},
			ran:   []string{"2.1"}, status: host.StatusPartial,
			ends: []host.StepState{host.StepDead, host.StepSucceeded, host.StepSucceeded},
		},
		{
			name:  "ends an execution with nothing left to run",
			steps: []host.StepState{host.StepSucceeded, host.StepSucceeded, host.StepSucceeded},
			ran:   nil, status: host.StatusCompleted,
			ends: []host.StepState{host.StepSucceeded, host.StepSucceeded, host.StepSucceeded},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := newStore()
				guests := &stage{play: func(_ context.Context, _ host.Execution, index, attempt int) (host.Result, host.Tape, error) {
					if attempt <= tt.fails[index] {
						return failed, host.Tape{}, nil
					}
					return succeeded, host.Tape{}, nil
				}}
				stop := begin(t, &executor.Executor{Runner: guests}, db)
				synctest.Wait()
				x := execution("exe", plan(3))
				for i := range x.Plan {
					x.Plan[i].Settings.Retry.MaxAttempts = 5
				}
				if tt.steps != nil {
					x.Progress, x.Attempt, x.Status = tt.steps, tt.attempt, host.StatusRunning
				}
				if tt.stop {
					x.Plan[1].Settings.OnFailure = host.Stop
				}
				db.accept(x)
				time.Sleep(time.Hour)
				end(t, stop)

				if ran := guests.ran("exe"); !slices.Equal(ran, tt.ran) {
					t.Errorf("ran %v, want %v", ran, tt.ran)
				}
				got := db.execution("exe")
				if got.Status != tt.status || !slices.Equal(got.Progress, tt.ends) {
					t.Errorf("ended %s with %v, want %s with %v", got.Status, got.Progress, tt.status, tt.ends)
				}
			})
		})
	}
}

func TestEmptyPlanCompletesWithoutRunning(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		db.accept(execution("exe", nil))
		synctest.Wait()
		end(t, stop)
		if got := db.execution("exe"); got.Status != host.StatusCompleted || guests.count() != 0 {
			t.Errorf("status %s after %d runs", got.Status, guests.count())
		}
	})
}

func TestManyExecutionsRunAtOnceEachInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		db.latency = time.Millisecond
		guests := &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
			time.Sleep(10 * time.Millisecond)
			return succeeded, host.Tape{}, nil
		}}
		stop := begin(t, &executor.Executor{Runner: guests, Concurrency: 16}, db)
		synctest.Wait()
		for i := range 200 {
			db.accept(execution(fmt.Sprint("exe_", i), plan(3)))
		}
		time.Sleep(time.Minute)
		end(t, stop)

		if guests.together < 12 || guests.together > 16 {
			t.Errorf("%d ran at once, want 16, of which a quarter may be kept free", guests.together)
		}
		if guests.overlap {
			t.Error("two actions of one execution ran at once")
		}
		for i := range 200 {
			if ran := guests.ran(fmt.Sprint("exe_", i)); !slices.Equal(ran, []string{"0.1", "1.1", "2.1"}) {
				t.Errorf("execution %d ran %v", i, ran)
			}
		}
		if done := db.statuses()[host.StatusCompleted]; done != 200 {
			t.Errorf("%d completed, want 200", done)
		}
	})
}

func TestLeasedExecutionStartsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, guests := newStore(), &stage{}
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		synctest.Wait()
		time.Sleep(time.Hour) // idle
		at := time.Now()
		db.accept(execution("exe", plan(1)))
		synctest.Wait()
		end(t, stop)
		if runs := guests.all(); len(runs) != 1 || !runs[0].at.Equal(at) {
			t.Errorf("ran %v, want one at %v", runs, at)
		}
		if db.claims != 1 {
			t.Errorf("claimed %d times, want once at the start", db.claims)
		}
	})
}

func TestResultNamesWhatRan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(_ context.Context, x host.Execution, _, attempt int) (host.Result, host.Tape, error) {
			time.Sleep(5 * time.Millisecond)
			if string(x.Event.Body) != `{"from":"store"}` {
				t.Errorf("event body is %s", x.Event.Body)
			}
			return host.Result{Succeeded: attempt == 2, Fault: host.FaultGuest}, host.Tape{}, nil
		}}
		x := execution("exe", plan(1))
		x.Event = nil // as Claim may lease it
		x.Plan[0].Settings.Retry.MaxAttempts = 1
		db.put(x)
		stop := begin(t, &executor.Executor{Runner: guests}, db)
		time.Sleep(time.Second)
		end(t, stop)

		results := db.results()
		if len(results) != 1 {
			t.Fatalf("%d results", len(results))
		}
		r := results[0]
		if r.ExecutionID != "exe" || r.Step != 0 || r.Attempt != 1 || r.BindingID != "bnd_0" || r.ActionID != "act_0" ||
			r.Action != "action-0" || r.VersionID != "ver_0" || r.Number != 1 {
			t.Errorf("result is of %+v", r)
		}
		if !r.DeadLetter {
			t.Error("the last failed attempt is no dead letter")
		}
		if took := r.EndedAt.Sub(r.StartedAt); took != 5*time.Millisecond || r.Stats.TotalMicros != 5000 {
			t.Errorf("took %s, %d µs", took, r.Stats.TotalMicros)
		}
	})
}

func TestSettingsOfTheBindingHoldForRunAndRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		guests := &stage{play: func(_ context.Context, x host.Execution, index, _ int) (host.Result, host.Tape, error) {
			if got := x.Plan[index].Settings.Limits.TimeoutMillis; got != 7 {
				t.Errorf("ran with a limit of %d ms", got)
			}
			return failed, host.Tape{}, nil
		}}
		e := &executor.Executor{Runner: guests, Settings: func(_ context.Context, step host.Step) host.Settings {
			step.Settings.Limits.TimeoutMillis = 7
			step.Settings.Retry = host.Retry{MaxAttempts: 2, InitialMillis: 1, MaxMillis: 1}
			return step.Settings
		}}
		stop := begin(t, e, db)
		synctest.Wait()
		shared := plan(1)
		db.accept(execution("exe", shared))
		time.Sleep(time.Minute)
		end(t, stop)

		if ran := guests.ran("exe"); !slices.Equal(ran, []string{"0.1", "0.2"}) {
			t.Errorf("ran %v", ran)
		}
		if shared[0].Settings.Limits.TimeoutMillis == 7 {
			t.Error("the plan that executions share was changed")
		}
	})
}

func TestStrictCheckpointWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		checkpoint host.Checkpoint
		wants      time.Duration // from the first action's start to the second's
	}{
		{host.CheckpointAsync, 0},
		{host.CheckpointStrict, 3 * time.Second},
	} {
		t.Run(string(tt.checkpoint), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, guests := newStore(), &stage{}
				db.latency = 3 * time.Second
				stop := begin(t, &executor.Executor{Runner: guests}, db)
				synctest.Wait()
				x := execution("exe", plan(2))
				x.Plan[0].Settings.Checkpoint = tt.checkpoint
				db.accept(x)
				time.Sleep(time.Minute)
				end(t, stop)
				runs := guests.all()
				if len(runs) != 2 || runs[1].at.Sub(runs[0].at) != tt.wants {
					t.Errorf("ran %v, want %s between", runs, tt.wants)
				}
			})
		})
	}
}

func TestFencedExecutionIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := newStore()
		var canceled error
		guests := &stage{play: func(ctx context.Context, _ host.Execution, index, _ int) (host.Result, host.Tape, error) {
			if index == 0 {
				db.takeOver("exe")
				return succeeded, host.Tape{}, nil
			}
			<-ctx.Done()
			canceled = ctx.Err()
			return host.Result{}, host.Tape{}, ctx.Err()
		}}
		db.latency = time.Second
		stop := begin(t, &executor.Executor{Runner: guests, Backlog: 1}, db)
		synctest.Wait()
		db.accept(execution("exe", plan(3)))
		time.Sleep(time.Minute)

		if ran := guests.ran("exe"); !slices.Equal(ran, []string{"0.1", "1.1"}) {
			t.Errorf("ran %v", ran)
		}
		if !errors.Is(canceled, context.Canceled) {
			t.Error("the action that ran when the execution was lost was not canceled")
		}
		if len(db.results()) != 0 {
			t.Errorf("recorded %v", db.results())
		}
		guests.play = nil
		db.accept(execution("next", plan(1)))
		time.Sleep(time.Second)
		end(t, stop)
		if len(guests.ran("next")) != 1 {
			t.Error("the lost execution's room was not given back")
		}
	})
}

func TestOneBadRunCostsOnlyItsAttempt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		play     func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error)
		settings func(context.Context, host.Step) host.Settings
		event    error
		message  string
		hint     string
	}{
		{
			name: "panic",
			play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
				panic("index out of range")
			},
			message: "the host panicked while it ran the action: index out of range",
			hint:    "this is a bug of the host: please report it with the stack in its log",
		},
		{
			name: "panic over the settings",
			play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
				return succeeded, host.Tape{}, nil
			},
			settings: func(context.Context, host.Step) host.Settings { panic("nil map") },
			message:  "the host panicked while it ran the action: nil map",
			hint:     "this is a bug of the host: please report it with the stack in its log",
		},
		{
			name: "error of the host",
			play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
				return host.Result{}, host.Tape{}, errDisk
			},
			message: "disk is on fire",
			hint:    "nothing is wrong with the action; the host's log has the cause",
		},
		{
			name: "error with a hint",
			play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
				return host.Result{}, host.Tape{}, fmt.Errorf("run: %w", &host.Error{Text: "module is gone", Hint: "deploy it again", Err: errDisk})
			},
			message: "module is gone",
			hint:    "deploy it again",
		},
		{
			name:    "event that can't be loaded",
			event:   errDisk,
			message: "load event evt_exe: disk is on fire",
			hint:    "nothing is wrong with the action; the host's log has the cause",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, guests := newStore(), &stage{play: tt.play}
				db.eventErr = tt.event
				stop := begin(t, &executor.Executor{Runner: guests, Settings: tt.settings}, db)
				synctest.Wait()
				x := execution("exe", plan(1))
				x.Event = nil
				x.Plan[0].Settings.Retry.MaxAttempts = 2
				db.accept(x)
				time.Sleep(time.Hour)
				end(t, stop)

				results := db.results()
				if len(results) != 2 {
					t.Fatalf("%d results, want one for each of 2 attempts", len(results))
				}
				r := results[0]
				if r.Fault != host.FaultHost || r.Error == nil || r.Error.Message != tt.message || r.Error.Hint != tt.hint {
					t.Errorf("got %s fault %+v", r.Fault, r.Error)
				}
				if db.execution("exe").Status != host.StatusPartial {
					t.Errorf("status %s", db.execution("exe").Status)
				}
			})
		})
	}
}
