package executor_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
	"github.com/usherhost/usher/host/sqlite"
)

// finishing is the real store's records, and reports when so many executions
// have ended durably.
type finishing struct {
	*sqlite.DB
	left atomic.Int64
	done chan struct{}
}

func newFinishing(db *sqlite.DB, executions int) *finishing {
	f := &finishing{DB: db, done: make(chan struct{})}
	f.left.Store(int64(executions))
	return f
}

func (f *finishing) Record(ctx context.Context, o host.Outcome, done func(error)) error {
	return f.DB.Record(ctx, o, func(err error) {
		done(err)
		if err == nil && o.Status.Final() && f.left.Add(-1) == 0 {
			close(f.done)
		}
	})
}

// open opens a data directory.
func open(tb testing.TB, dir string) *sqlite.DB {
	tb.Helper()
	db, err := sqlite.Open(context.Background(), dir, sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

// bind binds n actions whose retries come fast.
func bind(tb testing.TB, db *sqlite.DB, n int) {
	tb.Helper()
	var bindings []host.Binding
	for i := range n {
		a := host.Action{ID: host.NewID(host.ActionPrefix), Name: fmt.Sprint("action-", i), Trigger: host.PostUserRegistration}
		if err := db.CreateAction(tb.Context(), a); err != nil {
			tb.Fatal(err)
		}
		v, err := db.CreateVersion(tb.Context(), host.Version{ActionID: a.ID}, []byte("module"))
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := db.Deploy(tb.Context(), a.ID, v.ID); err != nil {
			tb.Fatal(err)
		}
		bindings = append(bindings, host.Binding{
			ActionID: a.ID, Settings: host.Settings{Retry: host.Retry{InitialMillis: 1, MaxMillis: 2}},
		})
	}
	if _, err := db.ReplaceBindings(tb.Context(), host.PostUserRegistration, bindings); err != nil {
		tb.Fatal(err)
	}
}

// work starts an executor on the real store and returns what stops it.
func work(tb testing.TB, e *executor.Executor, f *finishing) (stop func()) {
	tb.Helper()
	e.Queue, e.Events, e.Records, e.Log = f.DB, f.DB, f, slog.New(slog.DiscardHandler)
	f.SetDispatcher(e)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
}

// register accepts the events of n new users, by many producers.
func register(tb testing.TB, db *sqlite.DB, n int) (ids []string) {
	tb.Helper()
	const producers = 32
	var mu sync.Mutex // guards ids
	var all sync.WaitGroup
	for p := range producers {
		all.Go(func() {
			for i := p; i < n; i += producers {
				accepted, err := db.Accept(context.Background(), []host.NewEvent{registration()})
				if err != nil {
					tb.Errorf("Accept: %v", err)
					return
				}
				mu.Lock()
				ids = append(ids, accepted[0].ExecutionID)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return ids
}

func registration() host.NewEvent {
	id := host.NewID(host.EventPrefix)
	return host.NewEvent{
		Event: host.Event{ID: id, Trigger: host.PostUserRegistration, UserID: id, Body: []byte(`{"user":{"user_id":"` + id + `"}}`)},
		Key:   id,
	}
}

func wait(tb testing.TB, done <-chan struct{}) {
	tb.Helper()
	select {
	case <-done:
	case <-time.After(time.Minute):
		tb.Fatal("not done after a minute")
	}
}

// manyEvents is how many a test accepts: fewer with -short.
func manyEvents() int {
	if testing.Short() {
		return 200
	}
	return 2000
}

// flaky lets the second action of every tenth execution fail once, and checks
// that each run comes with its event.
func flaky(t *testing.T) *stage {
	t.Helper()
	return &stage{play: func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
		if ctx.Err() != nil {
			return host.Result{}, host.Tape{}, ctx.Err()
		}
		if x.Event == nil || x.Event.ID != x.EventID || len(x.Event.Body) == 0 {
			t.Errorf("%s ran with the event %+v", x.ID, x.Event)
		}
		if index == 1 && attempt == 1 && x.ID[len(x.ID)-1]%10 == 0 {
			return failed, host.Tape{}, nil
		}
		return succeeded, host.Tape{}, nil
	}}
}

func TestRealStoreRunsEveryActionInOrder(t *testing.T) {
	t.Parallel()
	events := manyEvents()
	for _, tt := range []struct {
		name    string
		backlog int
	}{
		{name: "leased at the accept", backlog: 4096},
		{name: "mostly claimed", backlog: 32},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, t.TempDir())
			bind(t, db, 3)
			finish, guests := newFinishing(db, events), flaky(t)
			stop := work(t, &executor.Executor{Runner: guests, Concurrency: 16, Backlog: tt.backlog}, finish)
			defer stop()
			ids := register(t, db, events)
			wait(t, finish.done)
			stop()
			checkAll(t, db, guests, ids, 0)
		})
	}
}

func TestRealStoreGoesOnAfterItWasCutOff(t *testing.T) {
	t.Parallel()
	events := manyEvents()
	dir := t.TempDir()
	db := open(t, dir)
	bind(t, db, 3)
	half, guests := newFinishing(db, events/2), flaky(t)
	cut := &executor.Executor{Runner: guests, Concurrency: 16, DrainTimeout: -1}
	stop := work(t, cut, half)
	go func() { <-half.done; stop() }()
	ids := register(t, db, events)
	wait(t, half.done)
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = open(t, dir)
	rest := 0
	for _, status := range statuses(t, db) {
		if !status.Final() {
			rest++
		}
	}
	if rest > 0 {
		finish := newFinishing(db, rest)
		stop = work(t, &executor.Executor{Runner: guests, Concurrency: 16}, finish)
		defer stop()
		wait(t, finish.done)
		stop()
	}
	checkAll(t, db, guests, ids, 16)
}

// statuses returns the status of every stored execution.
func statuses(t *testing.T, db *sqlite.DB) map[string]host.Status {
	t.Helper()
	all := map[string]host.Status{}
	q := host.ExecutionQuery{Limit: 500}
	for {
		page, err := db.Executions(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		for _, x := range page {
			all[x.ID] = x.Status
		}
		q.Before = page[len(page)-1].ID
	}
}

// recorded returns the stored results of each execution as "step.attempt", in
// the order in which they were recorded.
func recorded(t *testing.T, db *sqlite.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for after := int64(0); ; {
		page, err := db.RecordedResults(t.Context(), host.ResultQuery{After: after, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		for _, r := range page {
			all[r.ExecutionID] = append(all[r.ExecutionID], fmt.Sprintf("%d.%d", r.Step, r.Attempt))
		}
		after = page[len(page)-1].Seq
	}
}

// checkAll checks that every execution completed, that its actions ran in
// order, and that no more than cutOff runs are not recorded.
func checkAll(t *testing.T, db *sqlite.DB, guests *stage, ids []string, cutOff int) {
	t.Helper()
	if guests.overlap {
		t.Error("two actions of one execution ran at once")
	}
	ran := map[string][]string{}
	for _, r := range guests.all() {
		ran[r.id] = append(ran[r.id], fmt.Sprintf("%d.%d", r.index, r.attempt))
	}
	again, status, results := 0, statuses(t, db), recorded(t, db)
	for _, id := range ids {
		want := []string{"0.1", "1.1", "2.1"}
		if id[len(id)-1]%10 == 0 {
			want = []string{"0.1", "1.1", "1.2", "2.1"}
		}
		again += len(ran[id]) - len(want)
		if status[id] != host.StatusCompleted || !slices.Equal(results[id], want) || !slices.Equal(slices.Compact(ran[id]), want) {
			t.Fatalf("%s is %s, recorded %v, ran %v", id, status[id], results[id], ran[id])
		}
	}
	if again > cutOff {
		t.Errorf("%d actions ran again, more than the %d that can be cut off", again, cutOff)
	}
}

// TestRealStoreTakesBackWhatWaitsTooLong lets more wait for slow actions than
// memory holds, so that some goes back to the store and comes again.
func TestRealStoreTakesBackWhatWaitsTooLong(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits until lines are slow")
	}
	const events = 300
	db := open(t, t.TempDir())
	bind(t, db, 3)
	finish, guests := newFinishing(db, events), flaky(t)
	play := guests.play
	guests.play = func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
		time.Sleep(40 * time.Millisecond)
		return play(ctx, x, index, attempt)
	}
	stop := work(t, &executor.Executor{Runner: guests, Concurrency: 8, Backlog: 128}, finish)
	defer stop()
	ids := register(t, db, events)
	wait(t, finish.done)
	stop()
	checkAll(t, db, guests, ids, 0)
}
