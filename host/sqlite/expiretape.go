package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ExpireTapes deletes the tapes that were to be stored until now at most, and, unless
// before is zero, those of runs that had ended before it; it returns how many. Results and
// logs stay. It works as Expire does.
//
// Results are numbered in the order in which they were recorded, which is about that in
// which their runs ended: one that was recorded late may go with its neighbours.
func (db *DB) ExpireTapes(ctx context.Context, now, before time.Time) (int, error) {
	deleted, err := db.expireTapes(ctx, `SELECT result FROM tape WHERE until <= ? LIMIT ?`, micros(now))
	if err != nil || before.IsZero() {
		return deleted, err
	}
	last, err := db.lastEndedBefore(ctx, before)
	if err != nil {
		return deleted, err
	}
	n, err := db.expireTapes(ctx, `SELECT result FROM tape WHERE result <= ? LIMIT ?`, last)
	return deleted + n, err
}

// expireTapes deletes the tapes that a query selects by its first argument, a part of them
// at a time.
func (db *DB) expireTapes(ctx context.Context, selected string, arg int64) (deleted int, err error) {
	for {
		began, n := time.Now(), int64(0)
		if err := db.change(ctx, func(tx *transaction) (err error) {
			n, err = tx.exec(`DELETE FROM tape WHERE result IN (`+selected+`)`, arg, int64(expiredInOne))
			return err
		}); err != nil {
			return deleted, err
		}
		if deleted += int(n); n < expiredInOne {
			return deleted, nil
		}
		select {
		case <-time.After(restFactor * time.Since(began)):
		case <-ctx.Done():
			return deleted, ctx.Err()
		}
	}
}

// lastEndedBefore returns the number of the last result with a tape whose run had ended
// before a time, 0 when there is none. It looks at some of them only.
func (db *DB) lastEndedBefore(ctx context.Context, before time.Time) (int64, error) {
	var first, last sql.NullInt64
	if err := db.readers.QueryRowContext(ctx, `SELECT MIN(result), MAX(result) FROM tape`).Scan(&first, &last); err != nil {
		return 0, hostError(err)
	}
	low, high := first.Int64-1, last.Int64 // what is searched is in (low, high], or low
	for low < high {
		middle := low + (high-low+1)/2
		ended, at, err := db.endOf(ctx, middle, low)
		if err != nil {
			return 0, err
		}
		if at <= low || ended.Before(before) {
			low = middle
		} else {
			high = at - 1
		}
	}
	return low, nil
}

// endOf returns when the last run ended whose result has a tape and a number up to seq, and
// the number; one above low, or 0.
func (db *DB) endOf(ctx context.Context, seq, low int64) (ended time.Time, at int64, err error) {
	var text string
	err = db.readers.QueryRowContext(ctx, `
		SELECT r.seq, CAST(r.body AS TEXT) ->> '$.ended_at'
		FROM tape t JOIN result r ON r.seq = t.result
		WHERE t.result <= ? AND t.result > ?
		ORDER BY t.result DESC
		LIMIT 1`, seq, low).Scan(&at, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return ended, 0, nil
	}
	if err != nil {
		return ended, 0, hostError(err)
	}
	if ended, err = time.Parse(time.RFC3339Nano, text); err != nil {
		return ended, 0, corrupt("a stored result can't be read", err)
	}
	return ended, at, nil
}
