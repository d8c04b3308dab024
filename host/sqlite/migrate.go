package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/usherhost/usher/host"
	engine "modernc.org/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date. A database that a newer usher has
// made is refused unchanged.
func migrate(ctx context.Context, path string) error {
	connector, err := engine.NewConnector(dsn(path, "journal_mode(WAL)", "synchronous(FULL)"))
	if err != nil {
		return fault(err)
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
		return fault(err)
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
		return fault(err)
	}
	return nil
}
