package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
	engine "modernc.org/sqlite"
)

// content is what a database file has in it.
type content int

const (
	noTables    content = iota // it is missing or empty, or has no tables yet
	ourTables                  // Usher's
	otherTables                // another program's
)

// Lost returns a Refused error when the data directory dir has what only a host
// with a database leaves there, one of the files named beside or a write-ahead
// log, but no database, or one without tables: to begin a new one would hide
// the loss, and overwrite files that a restore needs. It changes nothing.
func Lost(ctx context.Context, dir string, beside ...string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("look for the database: %w", err)
	}
	path := filepath.Join(dir, FileName)
	what, err := contents(ctx, path)
	if err != nil || what == ourTables {
		return err
	}
	if what == otherTables {
		return foreign(path)
	}
	var left []string
	for _, name := range append(beside, FileName+"-wal") {
		if info, err := os.Lstat(filepath.Join(dir, name)); err == nil && (info.Size() > 0 || !info.Mode().IsRegular()) {
			left = append(left, name)
		}
	}
	if len(left) == 0 {
		return nil
	}
	is := "missing"
	if _, err := os.Stat(path); err == nil {
		is = "empty"
	}
	return &host.Error{
		Code: host.Refused,
		Text: fmt.Sprintf("the data directory %s had a host (it has %s), and its database %s is %s", dir, strings.Join(left, ", "), FileName, is),
		Hint: "put the database back, or " + howToRestore(path) + "\n",
		Fix:  host.FixNewDatabase.With(dir),
	}
}

func foreign(path string) error {
	return &host.Error{
		Code: host.Refused, Text: "the file " + path + " is another program's database",
		Hint: "move that file away", Fix: host.FixChooseData.With(),
	}
}

// howToRestore returns the hint on how to restore a backup to path.
// A write-ahead log of another database would be applied to it.
func howToRestore(path string) string {
	return "restore a backup of it: rm -f " + path + "-wal " + path + "-shm && cp BACKUP " + path
}

// contents looks into the database file at path without changing it.
func contents(ctx context.Context, path string) (content, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return noTables, nil
	case err != nil:
		return noTables, hostError(err)
	case !info.Mode().IsRegular():
		return noTables, &host.Error{
			Code: host.Refused, Text: "the database " + path + " is not a regular file",
			Hint: "move it away, and " + howToRestore(path),
		}
	case info.Size() == 0:
		return noTables, nil
	}
	if err := checkHeader(path); err != nil {
		return noTables, err
	}
	connector, err := engine.NewConnector(readOnly(path))
	if err != nil {
		return noTables, hostError(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	var all, ours int
	if err := db.QueryRowContext(ctx, `
		SELECT COUNT(*), COUNT(*) FILTER (WHERE name IN ('event', 'execution', 'meta'))
		FROM sqlite_schema
		WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'goose_db_version'`).Scan(&all, &ours); err != nil {
		return noTables, damaged(path, err)
	}
	switch {
	case all == 0:
		return noTables, nil
	case ours < 3:
		return otherTables, nil
	}
	return ourTables, nil
}

// setAside renames the files of a database that a new one replaces: they are kept,
// with the time in their names.
func setAside(dir string, now time.Time) error {
	for _, name := range []string{FileName, FileName + "-wal", FileName + "-shm", FileName + "-journal"} {
		path := filepath.Join(dir, name)
		err := os.Rename(path, path+".before-"+now.UTC().Format("20060102T150405.000000Z"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("set the old database aside: %w", err)
		}
	}
	return nil
}
