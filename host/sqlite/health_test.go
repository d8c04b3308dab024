package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
)

// bigDatabase makes a database of more than is read at start, and closes it.
func bigDatabase(t *testing.T) (dir, path string) {
	t.Helper()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	large := registration()
	large.Body = make([]byte, 17<<20)
	if _, err := db.Accept(t.Context(), []host.NewEvent{large, registration()}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, sqlite.FileName)
}

// overwriteRoot overwrites the root page of a table or an index.
func overwriteRoot(t *testing.T, path, name string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	var root int64
	err = raw.QueryRowContext(t.Context(), `SELECT rootpage FROM sqlite_schema WHERE name = ?`, name).Scan(&root)
	if err = errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(bytes.Repeat([]byte{0x5a}, 4096), (root-1)*4096)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestADatabaseThatCanStoreNoEventIsNotWell(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"payload", "event", "event_id", "event_key", "execution", "execution_live", "result", "tape", "meta"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, path := bigDatabase(t)
			overwriteRoot(t, path, name)
			if err := sqlite.Prove(t.Context(), path); host.CodeOf(err) != host.Corrupt || err == nil {
				t.Errorf("the file is proved with %v, want corrupt", err)
			}
			db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
			if err != nil {
				if host.CodeOf(err) != host.Corrupt {
					t.Errorf("open: %v", err)
				}
				return // found at once
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.Health(t.Context()); host.CodeOf(err) != host.Corrupt || err == nil {
				t.Errorf("health is %v, want corrupt", err)
			}
			if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
				e := hostError(t, err)
				if e.Code != host.Corrupt || e.RetryAfter == 0 || strings.Contains(e.Text+e.Hint, path) {
					t.Errorf("a sender gets %+v", e)
				}
			}
		})
	}
}

func TestHealthNeedsNoTraffic(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	before := db.Stats().Commits
	for range 100 {
		if err := db.Health(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := db.Stats().Commits - before; n < 1 || n > 50 {
		t.Errorf("100 questions made %d commits, want few", n)
	}
	if all, err := db.Executions(t.Context(), host.ExecutionQuery{}); err != nil || len(all) != 0 {
		t.Errorf("it left %d executions, %v", len(all), err)
	}
	if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Health(t.Context()); host.CodeOf(err) != host.Unavailable {
		t.Errorf("health of a closed store is %v", err)
	}
	_ = reopen(t, dir)
}

func TestAFailedCommitIsTroubleUntilOneSucceeds(t *testing.T) {
	t.Parallel()
	db, _ := openTemp(t, sqlite.Options{})
	full(t, db)
	if err := db.Health(t.Context()); host.CodeOf(err) != host.Unavailable || err == nil {
		t.Errorf("health of a full disk is %v", err)
	}
	db.SetMaxBytes(0)
	for deadline := time.Now().Add(time.Minute); ; { // no one sends: the host probes
		err := db.Health(t.Context())
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is room, and health is still %v", err)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
}

// What is committed to a log without a name is lost when the host is killed, as
// is what is committed to such a database.
func TestADatabaseFileThatIsGoneIsTrouble(t *testing.T) {
	t.Parallel()
	for _, name := range []string{sqlite.FileName, sqlite.FileName + "-wal"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, dir := openTemp(t, sqlite.Options{})
			path := filepath.Join(dir, name)
			if err := os.Rename(path, path+".moved"); err != nil {
				t.Fatal(err)
			}
			if e := hostError(t, db.Health(t.Context())); !strings.Contains(e.Text, "deleted or replaced") {
				t.Errorf("health is %v", e)
			}
			if err := os.Rename(path+".moved", path); err != nil {
				t.Fatal(err)
			}
			if err := db.Health(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestADatabaseBehindALinkIsWell(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path, elsewhere := filepath.Join(dir, sqlite.FileName), filepath.Join(t.TempDir(), "real.db")
	if err := errors.Join(os.Rename(path, elsewhere), os.Symlink(elsewhere, path)); err != nil {
		t.Fatal(err)
	}
	if err := reopen(t, dir).Health(t.Context()); err != nil {
		t.Error(err)
	}
}

// Events may be stored while no result can be: then a host that takes them is
// not well.
func TestAnEventThatIsStoredDoesNotHideThatNoResultCanBe(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"result_execution", "tape", "failure_data"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, path := bigDatabase(t)
			overwriteRoot(t, path, name)
			db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			for range 3 {
				if err := db.Health(t.Context()); host.CodeOf(err) != host.Corrupt || err == nil {
					t.Errorf("health is %v, want corrupt", err)
				}
				if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestHealthOfADiskThatRefuses runs a process whose kernel refuses to let files
// grow, as a full disk does.
func TestHealthOfADiskThatRefuses(t *testing.T) {
	t.Parallel()
	runRole(t, "unhealthy", "well again")
}

func liveUnhealthily(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	ctx := context.Background()
	db, err := sqlite.Open(ctx, dir, sqlite.Options{})
	must(err)
	must(db.Health(ctx))
	quota(4 << 10)
	_, err = db.Accept(ctx, []host.NewEvent{big()})
	if host.CodeOf(err) != host.Unavailable || err == nil {
		fail(fmt.Errorf("accept beyond the quota: %w", err))
	}
	if err := db.Health(ctx); host.CodeOf(err) != host.Unavailable || err == nil {
		fail(fmt.Errorf("health beyond the quota: %w", err))
	}
	quota(64 << 20)
	_, err = db.Accept(ctx, []host.NewEvent{big()})
	must(err)
	must(db.Health(ctx))
	must(db.Close())
	fmt.Println("well again")
	os.Exit(0)
}

func TestAProofChangesNothing(t *testing.T) {
	t.Parallel()
	_, path := bigDatabase(t)
	before := read(t, path)
	if err := sqlite.Prove(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, read(t, path)) {
		t.Error("the file was changed")
	}
}

// TestAProofLeavesTheLogOfAKilledHost proves a copy of a database that is in
// use, as a killed host leaves it.
func TestAProofLeavesTheLogOfAKilledHost(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
		t.Fatal(err)
	}
	killed := t.TempDir()
	for _, name := range []string{sqlite.FileName, sqlite.FileName + "-wal"} {
		if err := os.WriteFile(filepath.Join(killed, name), read(t, filepath.Join(dir, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(killed, sqlite.FileName)
	file, log := read(t, path), read(t, path+"-wal")
	if len(log) == 0 {
		t.Fatal("there is no log to keep")
	}
	if err := sqlite.Prove(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(file, read(t, path)) || !bytes.Equal(log, read(t, path+"-wal")) {
		t.Error("the files were changed")
	}
	again := reopen(t, killed)
	if all, err := again.Executions(t.Context(), host.ExecutionQuery{}); err != nil || len(all) != 1 {
		t.Errorf("%d executions, %v", len(all), err)
	}
}

func TestAProofGoesOnBesideAHost(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	for range 20 {
		if err := sqlite.Prove(t.Context(), filepath.Join(dir, sqlite.FileName)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAProofOfEarlierTablesSaysSo(t *testing.T) {
	t.Parallel()
	_, path := bigDatabase(t)
	raw, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = raw.ExecContext(t.Context(), `DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)`)
	}
	if err = errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Prove(t.Context(), path); !errors.Is(err, sqlite.ErrOlderTables) {
		t.Errorf("it is proved with %v", err)
	}
}
