package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

// statement runs SQL on a database file, which it makes.
func statement(t *testing.T, path, query string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	if err == nil {
		_, err = raw.ExecContext(t.Context(), query)
	}
	if err = errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
}

// usedDirectory makes a data directory that has had a host, with its key beside
// the database.
func usedDirectory(t *testing.T) (dir, path string) {
	t.Helper()
	db, dir := openTemp(t, sqlite.Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "the.key"), []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, sqlite.FileName)
}

func TestALostDatabaseIsNotReplacedByAnEmptyOne(t *testing.T) {
	t.Parallel()
	remove := func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	write := func(content string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name  string
		lose  func(t *testing.T, path string)
		code  host.Code
		says  string
		again bool // a new database is begun when that is asked for
	}{
		{name: "missing", lose: remove, code: host.Refused, says: "is missing", again: true},
		{name: "empty", lose: write(""), code: host.Refused, says: "is empty", again: true},
		{name: "without tables", lose: func(t *testing.T, path string) {
			remove(t, path)
			statement(t, path, `CREATE TABLE gone (a); DROP TABLE gone`)
		}, code: host.Refused, says: "is empty", again: true},
		{name: "cut within its header", lose: write("SQLite format 3\x00"), code: host.Corrupt, says: "damaged"},
		{name: "a directory", lose: func(t *testing.T, path string) {
			remove(t, path)
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, code: host.Refused, says: "not a regular file"},
		{name: "of another program", lose: func(t *testing.T, path string) {
			remove(t, path)
			statement(t, path, `CREATE TABLE bookmark (url TEXT)`)
		}, code: host.Refused, says: "another program's database"},
		{name: "a link to nothing", lose: func(t *testing.T, path string) {
			remove(t, path)
			if err := os.Symlink("/nowhere/usher.db", path); err != nil {
				t.Fatal(err)
			}
		}, code: host.Refused, says: "is missing", again: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, path := usedDirectory(t)
			tt.lose(t, path)
			o := sqlite.Options{Beside: []string{"the.key"}}
			_, err := sqlite.Open(t.Context(), dir, o)
			e := hostError(t, err)
			if e.Code != tt.code || !strings.Contains(e.Text, tt.says) || e.Hint == "" {
				t.Errorf("error is %+v, want %s and %q", e, tt.code, tt.says)
			}
			hint := web.Hint(e.Hint, e.Fix)
			if tt.again && (!strings.Contains(hint, "cp BACKUP "+path) || !strings.Contains(hint, "--new-database")) {
				t.Errorf("hint is %q, want what to do", hint)
			}
			o.New = true
			db, err := sqlite.Open(t.Context(), dir, o)
			if (err == nil) != tt.again {
				t.Fatalf("asked for a new one: %v", err)
			}
			if err == nil {
				t.Cleanup(func() { _ = db.Close() })
			}
		})
	}
}

func TestALogWithoutItsDatabaseIsKept(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(path string) error{
		"missing": os.Remove,
		"empty":   func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, dir := openTemp(t, sqlite.Options{})
			lost := t.TempDir()
			path := filepath.Join(lost, sqlite.FileName)
			log := read(t, filepath.Join(dir, sqlite.FileName+"-wal"))
			if len(log) == 0 {
				log = []byte("frames")
			}
			err := errors.Join(os.WriteFile(path, nil, 0o600), os.WriteFile(path+"-wal", log, 0o600), lose(path))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := sqlite.Open(t.Context(), lost, sqlite.Options{}); host.CodeOf(err) != host.Refused || err == nil {
				t.Errorf("open: %v, want it refused", err)
			}
			if string(read(t, path+"-wal")) != string(log) {
				t.Error("the log was changed")
			}
			db, err := sqlite.Open(t.Context(), lost, sqlite.Options{New: true})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if kept, err := filepath.Glob(path + "-wal.before-*"); err != nil || len(kept) != 1 {
				t.Errorf("kept is %q, %v", kept, err)
			}
		})
	}
}

func TestOptionNewKeepsAnExistingDatabase(t *testing.T) {
	t.Parallel()
	dir, _ := usedDirectory(t)
	db := reopen(t, dir)
	if _, err := db.Accept(t.Context(), []host.NewEvent{registration()}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := sqlite.Open(t.Context(), dir, sqlite.Options{Beside: []string{"the.key"}, New: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	if all, err := again.Executions(t.Context(), host.ExecutionQuery{}); err != nil || len(all) != 1 {
		t.Errorf("%d executions, %v", len(all), err)
	}
}
