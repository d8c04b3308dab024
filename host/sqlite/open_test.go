package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

func openTemp(t *testing.T, o sqlite.Options) (*sqlite.DB, string) {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, dir
}

func reopen(t *testing.T, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func hostError(t *testing.T, err error) *host.Error {
	t.Helper()
	e, ok := errors.AsType[*host.Error](err)
	if !ok {
		t.Fatalf("error is %v, want a host.Error", err)
	}
	return e
}

func TestOpenRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		damage func(file []byte) []byte
	}{
		{name: "a file that is no database", damage: func([]byte) []byte { return bytes.Repeat([]byte("text "), 1000) }},
		{name: "a file cut within its header", damage: func(file []byte) []byte { return file[:50] }},
		{name: "a file cut in the middle", damage: func(file []byte) []byte { return file[:len(file)/2/4096*4096] }},
		{name: "a page overwritten", damage: func(file []byte) []byte {
			copy(file[3*4096:], bytes.Repeat([]byte{0xff}, 4096))
			return file
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, dir := openTemp(t, sqlite.Options{})
			bindActions(t, db, 2)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, sqlite.FileName)
			damaged := tt.damage(read(t, path))
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := sqlite.Open(t.Context(), dir, sqlite.Options{})
			e := hostError(t, err)
			if e.Code != host.Corrupt || !strings.Contains(e.Text, path) || !strings.Contains(e.Hint, "backup") {
				t.Errorf("error is %+v, want corrupt, with the path and what to do", e)
			}
			if !bytes.Equal(read(t, path), damaged) {
				t.Error("the file was changed")
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestOpenWhereNoDirectoryCanBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), filepath.Join(file, "data"), sqlite.Options{})
	if e := hostError(t, err); e.Code != host.Unavailable || !strings.Contains(web.Hint(e.Hint, e.Fix), "--data") {
		t.Errorf("error is %+v, want unavailable, with a hint", e)
	}
}

func TestOpenOfNewerTables(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", filepath.Join(dir, sqlite.FileName))
	if err == nil {
		_, err = raw.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
	}
	if err = errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), dir, sqlite.Options{})
	if e := hostError(t, err); e.Code != host.Refused || !strings.Contains(e.Text, "999") || e.Hint == "" {
		t.Errorf("error is %+v, want refused, with the version", e)
	}
}

// TestDamageFoundLater damages pages of a database that is too big to be read
// whole at start.
func TestDamageFoundLater(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	large := registration()
	large.Body = make([]byte, 17<<20)
	var accepted []host.Accepted
	for _, e := range []host.NewEvent{large, marked("first"), marked("damaged"), marked("last")} {
		got, err := db.Accept(t.Context(), []host.NewEvent{e})
		if err != nil {
			t.Fatal(err)
		}
		accepted = append(accepted, got[0])
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, filepath.Join(dir, sqlite.FileName), "body of damaged")
	db = reopen(t, dir)

	if _, err := db.Event(t.Context(), accepted[2].EventID); host.CodeOf(err) != host.Corrupt || err == nil {
		t.Errorf("the damaged event: %v, want corrupt", err)
	}
	for _, i := range []int{1, 3} {
		if _, err := db.Event(t.Context(), accepted[i].EventID); err != nil {
			t.Errorf("event %d: %v", i, err)
		}
	}
	if _, err := db.Accept(t.Context(), []host.NewEvent{marked("new")}); err != nil {
		t.Errorf("accept: %v", err)
	}
	if claimed, err := db.Claim(t.Context(), 10); err != nil || len(claimed) != 5 {
		t.Errorf("claimed %d, %v, want all", len(claimed), err)
	}
}

// TestDamagedEventSetAside damages a page of the event table: executions on it
// must not block others.
func TestDamagedEventSetAside(t *testing.T) {
	t.Parallel()
	db, dir := openTemp(t, sqlite.Options{})
	bindActions(t, db, 1)
	large := registration()
	large.Body = make([]byte, 17<<20)
	events := []host.NewEvent{large, marked("damaged")}
	for range 100 {
		events = append(events, marked("others"))
	}
	if _, err := db.Accept(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	damage(t, filepath.Join(dir, sqlite.FileName), "tenant of damaged")
	db = reopen(t, dir)
	claimed, err := db.Claim(t.Context(), 200)
	if err != nil || len(claimed) == 0 {
		t.Fatalf("claimed %d, %v, want those on other pages", len(claimed), err)
	}
	var wg sync.WaitGroup
	wg.Add(len(claimed))
	for _, x := range claimed {
		recordAll(t, db, x, func(err error) {
			defer wg.Done()
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if again, err := db.Claim(t.Context(), 200); err != nil || len(again) != 0 {
		t.Errorf("claimed %d more, %v, want none", len(again), err)
	}
}

// marked returns an event whose tenant and body can be found in the file, and
// whose body fills a page.
func marked(name string) host.NewEvent {
	e := registration()
	e.Tenant = "tenant of " + name
	e.Body = append([]byte("body of "+name), bytes.Repeat([]byte("."), 3000)...)
	return e
}

// damage overwrites the head of the table leaf that holds mark.
func damage(t *testing.T, path, mark string) {
	t.Helper()
	const pageSize, tableLeaf = 4096, 0x0d
	content := read(t, path)
	for page := pageSize; page < len(content); page += pageSize {
		if content[page] == tableLeaf && bytes.Contains(content[page:page+pageSize], []byte(mark)) {
			copy(content[page:], bytes.Repeat([]byte{0xee}, 16))
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%q is not in the file", mark)
}
