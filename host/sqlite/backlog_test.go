package sqlite_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// hold gives an execution back as held; a late one is refused.
func hold(t *testing.T, db *sqlite.DB, x host.Execution, key string) {
	t.Helper()
	done := make(chan error, 1)
	o := host.Outcome{ExecutionID: x.ID, Epoch: x.Epoch, Status: x.Status, Progress: x.Progress, Attempt: x.Attempt, Held: key}
	if err := db.Record(t.Context(), o, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil && host.CodeOf(err) != host.Fenced {
		t.Fatal(err)
	}
}

func countHeldRows(t *testing.T, path string) (n int64) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err == nil {
		err = db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM execution WHERE held IS NOT NULL AND leased = 2 AND ended_at IS NULL`).Scan(&n)
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTheBacklogIsWhatTheTableHas does everything that changes what waits, in a
// random order, and compares what the store knows with what is stored.
func TestTheBacklogIsWhatTheTableHas(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 2)
	path := filepath.Join(dir, sqlite.FileName)
	check := func(what string) {
		t.Helper()
		got, err := db.Backlog(t.Context())
		want, failed := sqlite.ReadBacklog(t.Context(), path)
		if err != nil || failed != nil || got != want {
			t.Fatalf("after %s the backlog is %+v, %v, and stored is %+v, %v", what, got, err, want, failed)
		}
		counts, err := db.Held(t.Context())
		var waiting int64
		for _, c := range counts {
			waiting += c.Waiting
		}
		if stored := countHeldRows(t, path); err != nil || waiting != stored {
			t.Fatalf("after %s %d are held, %v, and stored are %d", what, waiting, err, stored)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	var ids []string
	var held []host.Execution
	for range 400 {
		var what string
		var err error
		pick := func() string { return ids[random.IntN(len(ids))] }
		switch n := random.IntN(12); {
		case n < 2 || len(ids) == 0:
			what = "accept"
			accepted, failed := db.Accept(t.Context(), []host.NewEvent{registration(), registration()})
			if failed != nil {
				t.Fatal(failed)
			}
			ids = append(ids, accepted[0].ExecutionID, accepted[1].ExecutionID)
		case n == 2:
			what = "a batch that is refused"
			used := registration()
			used.Key, used.Strict = "key", true
			_, _ = db.Accept(t.Context(), []host.NewEvent{used})
			used.Fingerprint[0]++
			if _, err := db.Accept(t.Context(), []host.NewEvent{registration(), used}); host.CodeOf(err) != host.KeyReused {
				t.Fatalf("a key that was used: %v", err)
			}
		case n == 3:
			what = "claim"
			claimed, failed := db.Claim(t.Context(), 3)
			held, err = append(held, claimed...), failed
		case n < 7 && len(held) > 0:
			what = "record"
			finish(t, db, held[0], random.IntN(4))
			held = held[1:]
		case n == 7:
			what = "cancel"
			_, err = db.CancelExecution(t.Context(), pick())
		case n == 11 && random.IntN(4) == 0:
			what = "batches"
			q := host.BatchQuery{ExecutionQuery: host.ExecutionQuery{Limit: 2}, DryRun: random.IntN(2) == 0}
			_, err = db.CancelExecutions(t.Context(), q)
			if err == nil {
				_, err = db.RetryExecutions(t.Context(), q, host.RetryOptions{Now: random.IntN(2) == 0})
			}
			if err == nil {
				_, err = db.RerunExecutions(t.Context(), q, host.RerunOptions{})
			}
		case n == 8:
			what = "rerun"
			accepted, failed := db.RerunExecution(t.Context(), pick(), host.RerunOptions{SameVersions: random.IntN(2) == 0})
			ids, err = append(ids, accepted.ExecutionID), failed
		case n == 9 && len(held) > 0:
			what = "hold"
			hold(t, db, held[0], fmt.Sprint("key", random.IntN(2)))
			held = held[1:]
		case n == 10:
			what = "claim of what is held"
			claimed, failed := db.ClaimHeld(t.Context(), fmt.Sprint("key", random.IntN(2)), 3)
			held, err = append(held, claimed...), failed
		default:
			what = "retry"
			_, err = db.RetryExecution(t.Context(), pick(), host.RetryOptions{Now: random.IntN(2) == 0})
		}
		if code := host.CodeOf(err); err != nil && code != host.Conflict {
			t.Fatalf("%s: %v", what, err)
		}
		check(what)
	}
	actions, err := db.Actions(t.Context(), host.PostUserRegistration)
	if err != nil {
		t.Fatal(err)
	}
	if canceled, err := db.DeleteAction(t.Context(), actions[0].ID, true); err != nil || canceled == 0 {
		t.Fatalf("the deletion of an action canceled %d steps: %v", canceled, err)
	}
	check("the deletion of an action")
	before, err := db.Backlog(t.Context())
	if err != nil || before.Unended == 0 || before.Retrying == 0 {
		t.Fatalf("the backlog is %+v, %v: it shows nothing", before, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopen(t, dir)
	check("a restart")
	after, err := db.Backlog(t.Context())
	if err != nil || after.Unended != before.Unended || after.DueSince.IsZero() {
		t.Errorf("after a restart it is %+v, %v, and was %+v", after, err, before)
	}
}

// finish records one of four ends of an attempt.
func finish(t *testing.T, db *sqlite.DB, x host.Execution, how int) {
	t.Helper()
	o := host.Outcome{ExecutionID: x.ID, Epoch: x.Epoch, Progress: []host.StepState{host.StepSucceeded, host.StepSucceeded}}
	switch how {
	case 0:
		o.Status = host.StatusCompleted
	case 1:
		o.Status, o.NextAt = host.StatusRetrying, time.Now().Add(time.Hour*time.Duration(x.Epoch%2)-time.Second)
	case 2:
		o.Status, o.NextAt = host.StatusRunning, time.Now()
	default:
		o.Status, o.Progress = host.StatusPartial, []host.StepState{host.StepDead, host.StepSucceeded}
	}
	done := make(chan error, 1)
	if err := db.Record(t.Context(), o, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil && host.CodeOf(err) != host.Fenced {
		t.Fatal(err)
	}
}

func TestDeadLettersAreCountedUntilTheyAreRetriedOrCanceled(t *testing.T) {
	t.Parallel()
	db, _ := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	var ids []string
	for range 3 {
		accepted, err := db.Accept(t.Context(), []host.NewEvent{registration()})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, accepted[0].ExecutionID)
	}
	claimed, err := db.Claim(t.Context(), 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range claimed {
		done := make(chan error, 1)
		o := host.Outcome{ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusPartial, Progress: []host.StepState{host.StepDead}}
		if err := db.Record(t.Context(), o, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	count := func(want int64) {
		t.Helper()
		if n, err := db.CountDead(t.Context()); err != nil || n != want {
			t.Errorf("counted %d, %v, want %d", n, err, want)
		}
	}
	count(3)
	if _, err := db.RetryExecution(t.Context(), ids[0], host.RetryOptions{SameVersion: true}); err != nil {
		t.Fatal(err)
	}
	count(2)
}
