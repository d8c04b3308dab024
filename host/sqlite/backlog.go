package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"time"

	"github.com/usherhost/usher/host"
	engine "modernc.org/sqlite"
)

// unended counts the executions that have not ended, so that no query counts rows: read
// once at start, and then kept by the writer with each commit.
type unended struct {
	all      atomic.Int64
	retrying atomic.Int64 // of those, that wait for a further attempt, without a lease
}

// unendedChange is what a transaction changes of it.
type unendedChange struct {
	all, retrying int64
}

func (u *unended) add(c unendedChange) {
	u.all.Add(c.all)
	u.retrying.Add(c.retrying)
}

const (
	countUnended  = `SELECT COUNT(*) FROM execution INDEXED BY execution_live WHERE ended_at IS NULL`
	countRetrying = `SELECT COUNT(*) FROM execution WHERE status = 'retrying' AND leased = 0`
	oldestDue     = `
		SELECT next_at FROM execution
		WHERE ended_at IS NULL AND leased = 0
		ORDER BY next_at
		LIMIT 1`
)

// countUnended reads how many have not ended. None is leased yet.
func (w *writer) countUnended() error {
	for query, n := range map[string]*atomic.Int64{countUnended: &w.unended.all, countRetrying: &w.unended.retrying} {
		if _, err := w.session.queryOne(func(row []driver.Value) error {
			n.Store(integer(row[0]))
			return nil
		}, query); err != nil {
			return err
		}
	}
	return nil
}

// Backlog counts the executions that have not ended. It reads one index entry, however
// much that is.
func (db *DB) Backlog(ctx context.Context) (host.Backlog, error) {
	due, ok, err := db.NextDue(ctx)
	if err != nil {
		return host.Backlog{}, err
	}
	b := host.Backlog{Unended: db.writer.unended.all.Load(), Retrying: db.writer.unended.retrying.Load()}
	if ok && due.Before(time.Now()) {
		b.DueSince = due
	}
	return b, nil
}

// maxCountedDead bounds what CountDead counts.
const maxCountedDead = 10_000

// CountDead counts the executions with a dead step, but for canceled ones: those that wait
// for an operator. It counts 10,000 at most, so that it is cheap however many they are.
func (db *DB) CountDead(ctx context.Context) (int64, error) {
	var n int64
	err := db.readers.QueryRowContext(ctx, `
		SELECT COUNT(*) FROM (
			SELECT 1 FROM `+dead+`
			WHERE instr(x.progress, 'd') AND x.status <> 'canceled'
			LIMIT ?
		)`, maxCountedDead).Scan(&n)
	return n, hostError(err)
}

// ReadBacklog counts the executions that have not ended in the database file at path, which
// must be absolute; it counts, and may be called beside a running host.
func ReadBacklog(ctx context.Context, path string) (b host.Backlog, err error) {
	connector, err := engine.NewConnector(dsn(path, "query_only(1)") + "&mode=ro")
	if err != nil {
		return b, hostError(err)
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	var due int64
	if err = db.QueryRowContext(ctx, countUnended).Scan(&b.Unended); err == nil {
		err = db.QueryRowContext(ctx, countRetrying).Scan(&b.Retrying)
	}
	if err == nil {
		err = db.QueryRowContext(ctx, oldestDue).Scan(&due)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
	}
	if at := fromMicros(due); due != 0 && at.Before(time.Now()) {
		b.DueSince = at
	}
	return b, hostError(err)
}
