package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/durable"
	engine "modernc.org/sqlite"
)

// Backup copies the database of the data directory dir, as it is at one moment,
// to a new file that only its maker may read, and returns its size in bytes. It
// is for any process, also while a host runs on the directory, which goes on
// meanwhile. NotFound when there is no database, Conflict when the file is
// there.
func Backup(ctx context.Context, dir, file string) (int64, error) {
	from, err := filepath.Abs(filepath.Join(dir, FileName))
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return 0, &host.Error{Code: host.NotFound, Text: "there is no database in " + dir, Fix: host.FixChooseData.With(), Err: err}
	}
	if _, err := os.Lstat(file); err == nil {
		return 0, &host.Error{Code: host.Conflict, Text: "there is a file " + filepath.Base(file) + " already", Hint: "name another: a backup overwrites nothing"}
	}
	part, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	defer func() { _ = os.Remove(part.Name()) }() // fails once it has its name
	err = copyInto(ctx, from, part.Name())
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return 0, err
	}
	return placed(ctx, part.Name(), file)
}

func copyInto(ctx context.Context, from, to string) error {
	connector, err := engine.NewConnector(dsn(from))
	if err != nil {
		return hostError(err)
	}
	db := sql.OpenDB(connector)
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, to)
	return hostError(errors.Join(err, db.Close()))
}

// placed checks the copy and gives it its name.
func placed(ctx context.Context, part, file string) (int64, error) {
	if err := Check(ctx, part); err != nil {
		return 0, err
	}
	info, err := os.Stat(part)
	if err == nil {
		err = os.Rename(part, file)
	}
	if err == nil {
		err = durable.SyncDir(filepath.Dir(file))
	}
	if err != nil {
		return 0, fmt.Errorf("back up: %w", err)
	}
	return info.Size(), nil
}
