package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// TestDiskFull fills the database up to its limit, with an execution leased.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	x := leaseOne(t, db)
	full(t, db)

	t.Run("accept answers unavailable, with what to do", func(t *testing.T) {
		_, err := db.Accept(t.Context(), []host.NewEvent{big()})
		e := hostError(t, err)
		if e.Code != host.Unavailable || !strings.Contains(e.Text, "full") || e.Hint == "" || e.RetryAfter == 0 {
			t.Errorf("error is %+v, want unavailable, with a hint", e)
		}
		if db.Health(t.Context()) == nil {
			t.Error("the store reports that it is healthy")
		}
	})
	t.Run("what is there is still read", func(t *testing.T) {
		if _, err := db.Execution(t.Context(), x.ID); err != nil {
			t.Error(err)
		}
	})
	done := make(chan error, 1)
	t.Run("a result is kept", func(t *testing.T) {
		record(t, db, x, done)
		_, err := db.Accept(t.Context(), []host.NewEvent{big()})
		if hostError(t, err).Code != host.Unavailable {
			t.Error(err)
		}
		if db.Stats().Kept != 1 || len(done) != 0 {
			t.Errorf("%d results are kept and %d are answered, want 1 and 0", db.Stats().Kept, len(done))
		}
	})
	t.Run("when space returns, the result is written and events are accepted", func(t *testing.T) {
		db.SetMaxBytes(0)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if _, err := db.Accept(t.Context(), []host.NewEvent{big()}); err != nil {
			t.Error(err)
		}
		if err := db.Health(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("and is there after a reopen", func(t *testing.T) {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		again := reopen(t, dir)
		if got, err := again.Execution(t.Context(), x.ID); err != nil || got.Status != host.StatusCompleted {
			t.Errorf("execution is %+v, %v, want it completed", got, err)
		}
	})
}

func TestCloseOnFullDisk(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{Patience: 50 * time.Millisecond})
	bindActions(t, db, 1)
	x := leaseOne(t, db)
	full(t, db)
	done := make(chan error, 1)
	record(t, db, x, done)
	e := hostError(t, db.Close())
	if !strings.Contains(e.Text, "1 results could not be written") {
		t.Errorf("close says %q, want how many results were lost", e.Text)
	}
	if err := <-done; host.CodeOf(err) != host.Unavailable || err == nil {
		t.Errorf("the record was answered %v, want unavailable", err)
	}
	again := reopen(t, dir)
	claimed, err := again.Claim(t.Context(), 1)
	if err != nil || len(claimed) != 1 || claimed[0].ID != x.ID {
		t.Errorf("claimed %+v, %v, want the execution whose result was lost", claimed, err)
	}
}

// TestFileSizeLimit runs a process whose kernel refuses to let files grow, as
// a full disk does, and then allows it again.
func TestFileSizeLimit(t *testing.T) {
	t.Parallel()
	runRole(t, "quota", "recovered")
}

// runRole runs this test's program in a role, on a directory of its own, and
// checks that its last line is as it must be.
func runRole(t *testing.T, role, lastLine string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), roleVariable+"="+role+":"+t.TempDir())
	out, err := child.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), lastLine+"\n") {
		t.Errorf("%v: %s", err, out)
	}
}

func liveWithQuota(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	must(err)
	must(db.SetMeta(ctx, "name", make([]byte, 64<<10)))
	quota(512 << 10)
	for err == nil {
		_, err = db.Accept(ctx, []host.NewEvent{big()})
	}
	if host.CodeOf(err) != host.Unavailable {
		fail(fmt.Errorf("accept beyond the quota: %w", err))
	}
	quota(64 << 20)
	for range 50 {
		_, err = db.Accept(ctx, []host.NewEvent{big()})
		must(err)
	}
	must(db.Close())
	fmt.Println("recovered")
	os.Exit(0)
}

func quota(bytes uint64) {
	var limit syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	limit.Cur = bytes
	must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
}

func must(err error) {
	if err != nil {
		fail(err)
	}
}

// big returns an event that needs new pages.
func big() host.NewEvent {
	e := registration()
	e.Body = make([]byte, 32<<10)
	return e
}

// full takes all space that the database had left.
func full(t *testing.T, db *sqlite.DB) {
	t.Helper()
	db.SetMaxBytes(1)
	for {
		if _, err := db.Accept(t.Context(), []host.NewEvent{big()}); err != nil {
			return
		}
	}
}

// leaseOne accepts an event and claims it.
func leaseOne(t *testing.T, db *sqlite.DB) host.Execution {
	t.Helper()
	if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
		t.Fatal(err)
	}
	claimed, err := db.Claim(t.Context(), 1)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("claimed %d, %v, want 1", len(claimed), err)
	}
	return claimed[0]
}

// record records that the only step succeeded, with a tape that needs space.
func record(t *testing.T, db *sqlite.DB, x host.Execution, done chan error) {
	t.Helper()
	err := db.Record(t.Context(), host.Outcome{
		ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusCompleted, Progress: []host.StepState{host.StepSucceeded},
		Result: &host.Result{ExecutionID: x.ID, Attempt: 1, Succeeded: true}, Tape: make([]byte, 64<<10),
	}, func(err error) { done <- err })
	if err != nil {
		t.Fatal(err)
	}
}
