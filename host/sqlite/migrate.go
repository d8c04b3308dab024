package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/durable"
	engine "modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// create makes a new database with all tables where there is no file, or an
// empty one. It gets its name when it is whole and durable: had it the name
// before, a power cut could leave a part of it, or its write-ahead log alone,
// which look like a host that lost its data.
func create(ctx context.Context, path string) error {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		return nil
	}
	draft := path + ".new"
	// A journal without its database is left over.
	for _, name := range []string{draft, draft + "-wal", draft + "-shm", draft + "-journal", path + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("make the database: %w", err)
		}
	}
	// Made first, so that only its owner may read it: its log gets the same mode.
	file, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := migrate(ctx, draft); err != nil {
		return err
	}
	if info, err := os.Stat(draft + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("make the database: %s-wal is left over", draft)
	}
	if err := os.Rename(draft, path); err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return durable.SyncDir(filepath.Dir(path))
}

// migrate brings the tables up to date. A database that a newer usher has
// made is refused unchanged.
func migrate(ctx context.Context, path string) error {
	connector, err := engine.NewConnector(dsn(path, "journal_mode(WAL)", "synchronous(FULL)"))
	if err != nil {
		return hostError(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return up(ctx, provider)
}

func up(ctx context.Context, provider *goose.Provider) error {
	present, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return hostError(err)
	}
	if present > newest {
		return &host.Error{
			Code: host.Refused,
			Text: fmt.Sprintf("the database has tables of version %d, this usher knows %d at most", present, newest),
			Hint: "start it with the usher that used it last, or a newer one",
		}
	}
	if present == newest {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return hostError(err)
	}
	return nil
}
