package sqlite_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// stuck holds the writer's goroutine, as a slow disk does, until it is freed.
type stuck struct {
	entered chan struct{}
	free    chan struct{}
}

func (s *stuck) Reserve() bool {
	s.entered <- struct{}{}
	<-s.free
	return false
}
func (s *stuck) Release()                {}
func (s *stuck) Dispatch(host.Execution) {}

func TestOverloaded(t *testing.T) {
	t.Parallel()
	db, _ := openTemp(t, sqlite.Options{Queue: 1})
	bindActions(t, db, 1)
	hold := &stuck{entered: make(chan struct{}, 10), free: make(chan struct{})}
	db.SetDispatcher(hold)
	answers := make(chan error, 3)
	accept := func() {
		_, err := db.Accept(context.Background(), []host.NewEvent{registration()})
		answers <- err
	}
	go accept()
	<-hold.entered // the writer holds the first
	go accept()
	go accept() // one of the two finds the queue full
	e := hostError(t, <-answers)
	if e.Code != host.Overloaded || e.RetryAfter <= 0 {
		t.Errorf("error is %+v, want overloaded, with a time to wait", e)
	}
	close(hold.free)
	for range 2 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	if got, err := db.Executions(t.Context(), host.ExecutionQuery{}); err != nil || len(got) != 2 {
		t.Errorf("%d executions, %v, want the two that were accepted", len(got), err)
	}
}

func TestGroupCommit(t *testing.T) {
	t.Parallel()
	db, _ := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	hold := &stuck{entered: make(chan struct{}, 100), free: make(chan struct{})}
	db.SetDispatcher(hold)
	before := db.Stats()
	const callers = 50
	var wg sync.WaitGroup
	accept := func() {
		if _, err := db.Accept(context.Background(), []host.NewEvent{registration()}); err != nil {
			t.Error(err)
		}
	}
	wg.Go(accept)
	<-hold.entered // the writer holds the first
	for range callers - 1 {
		wg.Go(accept)
	}
	for db.Stats().Waiting < callers-1 {
		runtime.Gosched()
	}
	close(hold.free)
	wg.Wait()
	after := db.Stats()
	if n := after.Operations - before.Operations; n != callers {
		t.Errorf("%d operations, want %d", n, callers)
	}
	if n := after.Commits - before.Commits; n != 2 {
		t.Errorf("%d commits, want one for the first and one for all others", n)
	}
}

func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	var mu sync.Mutex // guards acked
	acked := map[string]bool{}
	var wg, started sync.WaitGroup
	started.Add(8)
	for range 8 {
		wg.Go(func() {
			for first := true; ; first = false {
				got, err := db.Accept(context.Background(), []host.NewEvent{registration()})
				if err != nil {
					if host.CodeOf(err) != host.Unavailable {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				acked[got[0].EventID] = true
				mu.Unlock()
				if first {
					started.Done()
				}
			}
		})
	}
	started.Wait()
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	again := reopen(t, dir)
	for id := range acked {
		if _, err := again.Event(t.Context(), id); err != nil {
			t.Fatalf("accepted, then lost: %v", err)
		}
	}
}

// counter leases every execution after the first, which holds the writer, and
// notes how many records were durable then.
type counter struct {
	stuck
	first      sync.Once
	durable    int // of the writer's goroutine
	atDispatch []int
}

func (c *counter) Reserve() bool {
	leases := true
	c.first.Do(func() { leases = c.stuck.Reserve() })
	return leases
}
func (c *counter) Dispatch(host.Execution) { c.atDispatch = append(c.atDispatch, c.durable) }

func TestAnAcceptWaitsForOneBigResultOnly(t *testing.T) {
	t.Parallel()
	db, _ := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	for range 20 {
		if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
			t.Fatal(err)
		}
	}
	claimed, err := db.Claim(t.Context(), 20)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{stuck: stuck{entered: make(chan struct{}, 1), free: make(chan struct{})}}
	db.SetDispatcher(c)
	var accepts, records sync.WaitGroup
	accept := func() {
		if _, err := db.Accept(context.Background(), []host.NewEvent{registration()}); err != nil {
			t.Error(err)
		}
	}
	accepts.Go(accept)
	<-c.entered // the writer holds the first
	for _, x := range claimed {
		records.Add(1)
		o := host.Outcome{
			ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusCompleted, Progress: []host.StepState{host.StepSucceeded},
			Result: &host.Result{ExecutionID: x.ID, Attempt: 1, Succeeded: true}, Tape: make([]byte, 8<<20),
		}
		if err := db.Record(t.Context(), o, func(error) { c.durable++; records.Done() }); err != nil {
			t.Fatal(err)
		}
	}
	for range 8 {
		accepts.Go(accept)
	}
	for db.Stats().Waiting < 8 {
		runtime.Gosched()
	}
	close(c.free)
	accepts.Wait()
	records.Wait()
	for _, n := range c.atDispatch {
		if n > 1 {
			t.Errorf("an accept was committed behind %d big results", n)
		}
	}
	if len(c.atDispatch) != 8 {
		t.Errorf("%d accepts were leased, want 8", len(c.atDispatch))
	}
}
