package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	engine "modernc.org/sqlite"
)

// maxFullCheck is the size up to which Open reads the whole file: a fraction
// of a second. A bigger one shows its damage when the damaged page is asked
// for.
const maxFullCheck = 16 << 20

// Check looks at the database file at path, which must be absolute, without
// changing it, and returns a Corrupt error when it is damaged. Small files are
// read whole, of bigger ones only the head. A missing file is no error.
func Check(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return hostError(err)
	}
	if err := checkHeader(path); err != nil {
		return err
	}
	connector, err := engine.NewConnector(readOnly(path))
	if err != nil {
		return hostError(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	problem, err := quickCheck(ctx, db, info.Size())
	if err == nil && problem != "ok" {
		err = errors.New(problem)
	}
	if err != nil {
		return damaged(path, err)
	}
	return nil
}

func checkHeader(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return unavailable("the database file "+path+" can't be read", "correct its permissions", err)
	}
	defer func() { _ = file.Close() }()
	header := make([]byte, 100)
	if _, err := io.ReadFull(file, header); err != nil {
		return damaged(path, fmt.Errorf("read header: %w", err))
	}
	if !bytes.HasPrefix(header, []byte("SQLite format 3\x00")) {
		return damaged(path, errors.New("the header is not that of an SQLite database"))
	}
	return nil
}

func quickCheck(ctx context.Context, db *sql.DB, size int64) (string, error) {
	query := "PRAGMA quick_check(1)"
	if size > maxFullCheck {
		query = "SELECT CASE WHEN COUNT(*) >= 0 THEN 'ok' END FROM sqlite_schema"
	}
	var answer string
	err := db.QueryRowContext(ctx, query).Scan(&answer)
	return answer, err
}

func damaged(path string, err error) error {
	if isTransient(err) || errors.Is(err, context.Canceled) {
		return hostError(err)
	}
	e := corrupt("the database file "+path+" is damaged; it was not changed", err)
	e.Hint = "stop the host, keep a copy of the data directory, and " + howToRestore(path)
	return e
}

// What Prove reads whole.
const (
	maxProofBytes = 1 << 30
	maxProofTime  = 5 * time.Second
)

// ErrOlderTables is returned for a database without damage, as far as it was read, whose
// tables the next start brings up to date; only then can it be written.
var ErrOlderTables = errors.New("the tables are those of an earlier usher")

// Prove returns nil when the database file at path, which must be absolute and
// be there, would take an event and its result. It does what [Check] does,
// reads every table's beginning, of files up to 1 GiB for 5 seconds the rest
// too, and then stores an event and a result and undoes that: nothing that is
// stored changes. It may be called beside a running host.
func Prove(ctx context.Context, path string) error {
	if err := Check(ctx, path); err != nil {
		return err
	}
	connector, err := engine.NewConnector(readOnly(path))
	if err != nil {
		return hostError(err)
	}
	db := sql.OpenDB(connector)
	// Open until the end: it keeps the writer, when that is the last to close
	// the file, from moving the write-ahead log of a host that was killed.
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if err := readAll(ctx, db, path); err != nil {
		return damaged(path, err)
	}
	if older, err := olderTables(ctx, db); older || err != nil {
		return errors.Join(err, ErrOlderTables)
	}
	if err := proveWrite(ctx, path); err != nil {
		return damaged(path, err)
	}
	return nil
}

// readAll reads the beginning of every table, and as much else as time allows.
func readAll(ctx context.Context, db *sql.DB, path string) error {
	rows, err := db.QueryContext(ctx, `
		SELECT name FROM sqlite_schema
		WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'`)
	if err != nil {
		return err
	}
	names, err := scanAll(rows, func(row interface{ Scan(...any) error }) (name string, err error) {
		return name, row.Scan(&name)
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		var one int
		quoted := `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		err := db.QueryRowContext(ctx, `SELECT 1 FROM `+quoted+` NOT INDEXED LIMIT 1`).Scan(&one)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read table %s: %w", name, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxProofBytes {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, maxProofTime)
	defer cancel()
	var answer string
	err = db.QueryRowContext(limited, "PRAGMA quick_check(1)").Scan(&answer)
	if limited.Err() != nil {
		return ctx.Err() // no damage was found in that time
	}
	if err == nil && answer != "ok" {
		err = errors.New(answer)
	}
	return err
}

// olderTables reports whether a start would change the tables.
func olderTables(ctx context.Context, db *sql.DB) (bool, error) {
	var present int64
	if err := db.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&present); err != nil {
		return false, hostError(err)
	}
	newest := int64(0)
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return false, err
	}
	for _, file := range files {
		number, _, _ := strings.Cut(strings.TrimPrefix(file, "migrations/"), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return false, err
		}
		newest = max(newest, n)
	}
	return present != newest, nil
}

// proveWrite stores an event and a result in a transaction that it rolls back.
func proveWrite(ctx context.Context, path string) error {
	connector, err := engine.NewConnector(dsn(path, "foreign_keys(1)"))
	if err != nil {
		return err
	}
	session, err := newSession(ctx, connector)
	if err != nil {
		return err
	}
	tx := &transaction{session: session, writer: newWriter(session, Options{}), now: time.Now().UTC()}
	err = tx.prove()
	return errors.Join(err, session.close())
}

func (tx *transaction) prove() error {
	if _, err := tx.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := tx.writer.numbers()
	if err == nil {
		err = tx.rehearse()
	}
	if err == nil {
		_, err = tx.exec(`INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)`, probedAt, micros(tx.now))
	}
	_, undone := tx.exec("ROLLBACK")
	if err == nil {
		err = undone
	}
	return err
}
