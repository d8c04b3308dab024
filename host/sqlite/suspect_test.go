package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// crash opens what a process that is killed now leaves behind.
func crash(t *testing.T, dir string) (*sqlite.DB, string) {
	t.Helper()
	left := t.TempDir()
	for _, name := range []string{sqlite.FileName, sqlite.FileName + "-wal", sqlite.RunningName} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(left, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return reopen(t, left), left
}

// leased accepts n events with two actions each and claims their executions.
func leased(t *testing.T, n int) (*sqlite.DB, string, []host.Execution) {
	t.Helper()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 2)
	acceptEvents(t, db, n)
	claimed, err := db.Claim(t.Context(), n)
	if err != nil || len(claimed) != n {
		t.Fatalf("claimed %d, %v", len(claimed), err)
	}
	return db, dir, claimed
}

func acceptEvents(t *testing.T, db *sqlite.DB, n int) {
	t.Helper()
	for range n {
		if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
			t.Fatal(err)
		}
	}
}

// suspects takes every suspect and returns them as "id crashes guilty".
func suspects(t *testing.T, db *sqlite.DB) (all []string, executions []host.Suspect) {
	t.Helper()
	for {
		s, found, err := db.Suspect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !found {
			return all, executions
		}
		all, executions = append(all, fmt.Sprint(s.ID, " ", s.Crashes, " ", s.Guilty)), append(executions, s)
	}
}

// others claims what is no suspect.
func others(t *testing.T, db *sqlite.DB) (ids []string) {
	t.Helper()
	claimed, err := db.Claim(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range claimed {
		ids = append(ids, x.ID)
	}
	return ids
}

func TestNothingIsSuspectAfterACleanStop(t *testing.T) {
	t.Parallel()
	db, dir, x := leased(t, 3)
	db.Began(x[1].ID)
	for range 2 { // the second process does nothing
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = reopen(t, dir)
	}
	if found, _ := suspects(t, db); len(found) > 0 || len(others(t, db)) != 3 {
		t.Errorf("suspect %v", found)
	}
	if found, _ := suspects(t, db); len(found) > 0 {
		t.Errorf("suspect %v", found)
	}
	if db, _ = crash(t, dir); db == nil {
		t.Fatal("not opened")
	}
	if found, _ := suspects(t, db); len(found) > 0 {
		t.Errorf("nothing ran, suspect %v", found)
	}
}

func TestWhatRanWhenTheHostEndedIsSuspectAndNothingElse(t *testing.T) {
	t.Parallel()
	db, dir, x := leased(t, 5)
	first := db.Began(x[0].ID)
	db.Began(x[1].ID)
	db.Ended(first)
	db.Began(x[2].ID) // takes the place of the first
	db.Ended(db.Began(x[3].ID))
	done := make(chan error, 1)
	recordAll(t, db, x[3], func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	db, _ = crash(t, dir)
	if _, due, err := db.NextDue(t.Context()); err != nil || !due {
		t.Errorf("next due %t, %v", due, err)
	}
	if got := others(t, db); !slices.Equal(got, []string{x[0].ID, x[4].ID}) {
		t.Errorf("claimed %v", got)
	}
	if at, due, err := db.NextDue(t.Context()); err != nil || due {
		t.Errorf("with suspects alone something is due at %v, %v", at, err)
	}
	if found, _ := suspects(t, db); !slices.Equal(found, []string{x[1].ID + " 1 false", x[2].ID + " 1 false"}) {
		t.Errorf("suspect %v", found)
	}
}

func TestTheSuspectThatEndsTheHostAgainIsKnown(t *testing.T) {
	t.Parallel()
	db, dir, x := leased(t, 3)
	for i := range x {
		db.Began(x[i].ID)
	}
	db, dir = crash(t, dir)
	first, _, err := db.Suspect(t.Context())
	if err != nil || first.ID != x[0].ID || first.Epoch != 2 || len(first.Plan) != 2 {
		t.Fatalf("%+v, %v", first, err)
	}
	if err := db.Mark(t.Context(), first.ID, 0); err != nil {
		t.Fatal(err)
	}
	db, _ = crash(t, dir)
	found, taken := suspects(t, db)
	if !slices.Equal(found, []string{x[0].ID + " 1 true", x[1].ID + " 1 false", x[2].ID + " 1 false"}) {
		t.Errorf("suspect %v", found)
	}
	for _, s := range taken {
		if s.Attempt != 0 {
			t.Errorf("%s has lost %d attempts", s.ID, s.Attempt)
		}
	}
}

// again runs a suspect's step in a process that is killed meanwhile.
func again(t *testing.T, db *sqlite.DB, dir string, meanwhile func(*sqlite.DB)) (*sqlite.DB, string) {
	t.Helper()
	s, found, err := db.Suspect(t.Context())
	if err != nil || !found {
		t.Fatalf("suspect %t, %v", found, err)
	}
	if err := db.Mark(t.Context(), s.ID, 0); err != nil {
		t.Fatal(err)
	}
	meanwhile(db)
	return crash(t, dir)
}

func TestASuspectIsNotGuiltyWhileSomethingElseMayBe(t *testing.T) {
	t.Parallel()
	accepts := func(db *sqlite.DB) { acceptEvents(t, db, 1) }
	runs := func(db *sqlite.DB) { db.Began(others(t, db)[0]) }
	nothing := func(*sqlite.DB) {}
	for _, tt := range []struct {
		name  string
		after []func(*sqlite.DB)
		want  string
	}{
		{"nothing else happened", []func(*sqlite.DB){nothing}, " 1 true"},
		{"an event was accepted", []func(*sqlite.DB){accepts}, " 2 false"},
		{"something else ran", []func(*sqlite.DB){runs}, " 2 false"},
		{"alone the second time", []func(*sqlite.DB){accepts, nothing}, " 2 true"},
		{"alone the second time, and events were accepted", []func(*sqlite.DB){runs, accepts}, " 2 true"},
		{"something else ran both times", []func(*sqlite.DB){runs, runs}, " 3 false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, dir, x := leased(t, 1)
			db.Began(x[0].ID)
			acceptEvents(t, db, 3)
			db, dir = crash(t, dir)
			for _, meanwhile := range tt.after {
				db, dir = again(t, db, dir, meanwhile)
			}
			found, _ := suspects(t, db)
			if len(found) == 0 || found[0] != x[0].ID+tt.want {
				t.Errorf("suspect %v, want %s", found, tt.want)
			}
		})
	}
}

func TestAResultTakesTheMarkAway(t *testing.T) {
	t.Parallel()
	db, dir, x := leased(t, 1)
	db.Began(x[0].ID)
	db, dir = crash(t, dir)
	_, taken := suspects(t, db)
	s := taken[0]
	if err := db.Mark(t.Context(), s.ID, 0); err != nil {
		t.Fatal(err)
	}
	recorded := make(chan error, 1)
	record := func(status host.Status, steps ...host.StepState) {
		t.Helper()
		err := db.Record(t.Context(), host.Outcome{
			ExecutionID: s.ID, Epoch: s.Epoch, Status: status, Progress: steps,
			Result: &host.Result{ExecutionID: s.ID, Attempt: 1, Succeeded: true},
		}, func(err error) { recorded <- err })
		if err == nil {
			err = <-recorded
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	record(host.StatusRunning, host.StepSucceeded, host.StepPending)
	db, dir = crash(t, dir)
	found, taken := suspects(t, db)
	if !slices.Equal(found, []string{s.ID + " 1 false"}) {
		t.Errorf("after one step: suspect %v", found)
	}
	s = taken[0]
	record(host.StatusCompleted, host.StepSucceeded, host.StepSucceeded)
	db, _ = crash(t, dir)
	if found, _ := suspects(t, db); len(found) > 0 {
		t.Errorf("after the last step: suspect %v", found)
	}
}

func TestASuspectThatIsCutOffByACleanStopIsNotGuilty(t *testing.T) {
	t.Parallel()
	db, dir, x := leased(t, 1)
	db.Began(x[0].ID)
	db, dir = crash(t, dir)
	if _, _, err := db.Suspect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Mark(t.Context(), x[0].ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = reopen(t, dir)
	if found, _ := suspects(t, db); !slices.Equal(found, []string{x[0].ID + " 1 false"}) {
		t.Errorf("suspect %v", found)
	}
	db, _ = crash(t, dir) // before it was marked again
	if found, _ := suspects(t, db); !slices.Equal(found, []string{x[0].ID + " 1 false"}) {
		t.Errorf("suspect %v", found)
	}
}

func TestACanceledSuspectIsForgotten(t *testing.T) {
	t.Parallel()
	db, dir, x := leased(t, 2)
	db.Began(x[0].ID)
	db.Began(x[1].ID)
	db, dir = crash(t, dir)
	if _, err := db.CancelExecution(t.Context(), x[0].ID); err != nil {
		t.Fatal(err)
	}
	if found, _ := suspects(t, db); !slices.Equal(found, []string{x[1].ID + " 1 false"}) {
		t.Errorf("suspect %v", found)
	}
	if _, err := db.CancelExecution(t.Context(), x[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := db.Mark(t.Context(), x[1].ID, 0); hostError(t, err).Code != host.Fenced {
		t.Errorf("mark: %v", err)
	}
	db, _ = crash(t, dir)
	if found, _ := suspects(t, db); len(found) > 0 {
		t.Errorf("suspect %v", found)
	}
}

// TestARunningFileMayHaveAnyContent opens beside files that no process has written.
func TestARunningFileMayHaveAnyContent(t *testing.T) {
	t.Parallel()
	db, dir, x := leased(t, 1)
	db.Began(x[0].ID)
	whole, err := os.ReadFile(filepath.Join(dir, sqlite.RunningName))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": {}, "cut": whole[:len(whole)-3], "cut in its head": whole[:20], "zeros": make([]byte, 200),
		"noise": bytes.Repeat([]byte("noise\xff"), 500), "ids of nothing": append(whole[:64:64], strings.Repeat("exe_", 64)...),
		"huge": append(whole[:64:64], make([]byte, 8<<20)...), "head and noise": append(whole[:64:64], bytes.Repeat([]byte{0xff}, 640)...),
	} {
		if err := os.WriteFile(filepath.Join(dir, sqlite.RunningName), data, 0o600); err != nil {
			t.Fatal(err)
		}
		after, _ := crash(t, dir)
		found, _ := suspects(t, after)
		if got := len(others(t, after)) + len(found); got != 1 {
			t.Errorf("%s: %d executions are there, want 1", name, got)
		}
	}
}

func TestAStopIsCleanWithoutACommitOfItsOwnAtTheStart(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db = reopen(t, dir); db.Stats().Commits != 0 {
		t.Errorf("opening cost %d commits", db.Stats().Commits)
	}
	if _, found, err := db.Suspect(t.Context()); err != nil || found || db.Stats().Commits != 0 {
		t.Errorf("looking for suspects: %t, %v, %d commits", found, err, db.Stats().Commits)
	}
}
