package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// roleVariable makes the test binary play a part of its own; see the parts.
const roleVariable = "USHER_SQLITE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role, dir, _ := strings.Cut(os.Getenv(roleVariable), ":"); role {
	case "accept":
		acceptForEver(dir)
	case "unhealthy":
		liveUnhealthily(dir)
	case "quota":
		liveWithQuota(dir)
	}
	os.Exit(m.Run())
}

// acceptForEver accepts and records with many goroutines, and prints what was
// acknowledged, until it is killed.
func acceptForEver(dir string) {
	db, err := sqlite.Open(context.Background(), dir, sqlite.Options{})
	if err != nil {
		fail(err)
	}
	var out sync.Mutex // guards stdout
	say := func(what, id string) {
		out.Lock()
		defer out.Unlock()
		fmt.Println(what, id)
	}
	leased := &desk{leased: make(chan host.Execution, 4096)}
	db.SetDispatcher(leased)
	for range 4 {
		go func() {
			for x := range leased.leased {
				o := host.Outcome{
					ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusCompleted, Progress: []host.StepState{host.StepSucceeded},
					Result: &host.Result{ExecutionID: x.ID, Attempt: 1, Succeeded: true},
				}
				if err := db.Record(context.Background(), o, func(error) { say("recorded", x.ID) }); err != nil {
					fail(err)
				}
			}
		}()
	}
	for range 16 {
		go func() {
			for {
				accepted, err := db.Accept(context.Background(), []host.NewEvent{registration()})
				if err != nil {
					fail(err)
				}
				say("accepted", accepted[0].ExecutionID)
			}
		}()
	}
	select {}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bindActions(t, db, 1)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for round := range 4 {
		acked := killAfter(t, dir, 150+100*round)
		total += len(acked)
		checkAcked(t, dir, acked)
	}
	t.Logf("%d acknowledgements, none lost", total)
}

// killAfter runs the accepting process until it has printed so many lines,
// kills it and returns what it had printed.
func killAfter(t *testing.T, dir string, lines int) []string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), roleVariable+"=accept:"+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acked []string
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if acked = append(acked, scanner.Text()); len(acked) == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	if len(acked) < lines {
		t.Fatalf("the accepting process printed %d lines only", len(acked))
	}
	return acked[:len(acked)-1] // the last may be cut
}

// checkAcked opens the directory as a new process would.
func checkAcked(t *testing.T, dir string, acked []string) {
	t.Helper()
	start := time.Now()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, line := range acked {
		what, id, _ := strings.Cut(line, " ")
		x, err := db.Execution(t.Context(), id)
		if err != nil {
			t.Fatalf("%s, then lost: %v", line, err)
		}
		if _, err := db.Event(t.Context(), x.EventID); err != nil {
			t.Fatalf("%s, then its event lost: %v", line, err)
		}
		if what == "recorded" && x.Status != host.StatusCompleted {
			t.Fatalf("%s, then status %s", line, x.Status)
		}
	}
	finishAll(t, db)
	t.Logf("opened and checked %d in %v", len(acked), time.Since(start))
}

// finishAll claims what is unfinished: nothing may be stuck in the dead
// process's hands.
func finishAll(t *testing.T, db *sqlite.DB) {
	t.Helper()
	done := make(chan error, 4096)
	for {
		claimed, err := db.Claim(t.Context(), 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range claimed {
			recordAll(t, db, x, func(err error) { done <- err })
		}
		for range claimed {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		if len(claimed) == 0 {
			break
		}
	}
	for _, status := range []host.Status{host.StatusPending, host.StatusRunning, host.StatusRetrying} {
		left, err := db.Executions(t.Context(), host.ExecutionQuery{Status: status})
		if err != nil || len(left) > 0 {
			t.Fatalf("%d executions are left %s, %v", len(left), status, err)
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "data")
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), dir, sqlite.Options{})
	if e := hostError(t, err); e.Code != host.Conflict || !strings.Contains(e.Text, dir) || e.Hint == "" {
		t.Errorf("second open: %+v, want a conflict that names the directory, with a hint", e)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
