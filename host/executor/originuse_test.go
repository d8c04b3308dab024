package executor_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// contacts adds up what is recorded.
type contacts struct {
	mu    sync.Mutex                  // guards all below
	sum   map[string]map[string]int64 // by version and origin
	calls int
	err   error
}

func (r *contacts) RecordOriginUse(_ context.Context, versionID string, origins map[string]int64, at time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.err != nil || at.IsZero() {
		return r.err
	}
	if r.sum == nil {
		r.sum = map[string]map[string]int64{}
	}
	if r.sum[versionID] == nil {
		r.sum[versionID] = map[string]int64{}
	}
	for origin, requests := range origins {
		r.sum[versionID][origin] += requests
	}
	return nil
}

func (r *contacts) state() (calls int, sum map[string]map[string]int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls, maps.Clone(r.sum)
}

func (r *contacts) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

// contacting is a stage whose runs reach these origins, once each.
func contacting(origins ...string) *stage {
	return &stage{play: func(context.Context, host.Execution, int, int) (host.Result, host.Tape, error) {
		contacted := map[string]int64{}
		for _, o := range origins {
			contacted[o]++
		}
		return host.Result{Succeeded: true, Contacted: contacted}, host.Tape{}, nil
	}}
}

func TestWhatRunsContactedIsRecordedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, kept := newStore(), &contacts{}
		stop := begin(t, &executor.Executor{Runner: contacting("https://a.example", "https://b.example"), OriginUses: kept}, db)
		synctest.Wait()
		for i := range 100 {
			db.accept(execution(fmt.Sprint("exe_", i), plan(2)))
		}
		time.Sleep(3 * time.Second)
		if calls, _ := kept.state(); calls != 2 {
			t.Errorf("the store was called %d times, want once for each of two versions", calls)
		}
		db.accept(execution("last", plan(1)))
		synctest.Wait()
		end(t, stop)
		_, sum := kept.state()
		for _, version := range []string{"ver_0", "ver_1"} {
			want := int64(100)
			if version == "ver_0" {
				want++ // what the drain recorded
			}
			if got := sum[version]; got["https://a.example"] != want || got["https://b.example"] != want {
				t.Errorf("%s contacted %v, want %d each", version, got, want)
			}
		}
	})
}

func TestWhatTheStoreDidNotTakeIsRecordedLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, kept := newStore(), &contacts{err: errDisk}
		stop := begin(t, &executor.Executor{Runner: contacting("https://a.example"), OriginUses: kept}, db)
		synctest.Wait()
		db.accept(execution("exe", plan(1)))
		time.Sleep(5 * time.Second)
		if calls, sum := kept.state(); calls < 2 || len(sum) != 0 {
			t.Fatalf("called %d times: %v", calls, sum)
		}
		kept.fail(nil)
		time.Sleep(5 * time.Second)
		if _, sum := kept.state(); sum["ver_0"]["https://a.example"] != 1 {
			t.Errorf("recorded %v", sum)
		}
		end(t, stop)
	})
}

func TestMadeUpOriginsAreCountedTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db, kept := newStore(), &contacts{}
		guests := &stage{}
		guests.play = func(_ context.Context, x host.Execution, _, _ int) (host.Result, host.Tape, error) {
			return host.Result{Succeeded: true, Contacted: map[string]int64{"https://" + x.ID + ".example": 1}}, host.Tape{}, nil
		}
		stop := begin(t, &executor.Executor{Runner: guests, OriginUses: kept}, db)
		synctest.Wait()
		for i := range host.MaxOrigins + 44 {
			db.accept(execution(fmt.Sprint("exe-", i), plan(1)))
		}
		synctest.Wait()
		end(t, stop)
		_, sum := kept.state()
		if got := sum["ver_0"]; len(got) != host.MaxOrigins+1 || got[host.OtherOrigins] != 44 {
			t.Errorf("%d origins, %d requests to others", len(got), got[host.OtherOrigins])
		}
	})
}
