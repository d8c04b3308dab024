package executor_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

type waitingFunc func() (host.Backlog, error)

func (f waitingFunc) Backlog(context.Context) (host.Backlog, error) { return f() }

func TestTheMetricsCountWhatWaitsInTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry, db := prometheus.NewRegistry(), newStore()
		hour := time.Now().Add(-time.Hour)
		var broken error
		waiting := waitingFunc(func() (host.Backlog, error) {
			return host.Backlog{Unended: 50_003, Retrying: 1_000, DueSince: hour}, broken
		})
		guests := &stage{play: func(ctx context.Context, _ host.Execution, _, _ int) (host.Result, host.Tape, error) {
			<-ctx.Done()
			return host.Result{}, host.Tape{}, ctx.Err()
		}}
		stop := begin(t, &executor.Executor{Runner: guests, Metrics: registry, Waiting: waiting, Concurrency: 3, DrainTimeout: -1}, db)
		synctest.Wait()
		for _, id := range []string{"a", "b", "c", "d"} {
			db.accept(execution(id, plan(1)))
		}
		synctest.Wait() // three run, one waits in memory
		got := gather(t, registry)
		for name, want := range map[string]float64{
			"usher_queue_depth{status=pending}":  49_000,
			"usher_queue_depth{status=retrying}": 1_000,
			"usher_queue_oldest_age_seconds{}":   3600,
			"usher_running{}":                    3,
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		broken = errors.New("the database can't be read")
		if _, there := gather(t, registry)["usher_queue_depth{status=pending}"]; there {
			t.Error("an unknown number is reported")
		}
		end(t, stop)
	})
}
