package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"

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
