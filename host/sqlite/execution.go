package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// executionSeq finds an execution by its id: a rerun by its own, any other by
// its event's. It takes the id twice, see seqArgs.
const executionSeq = `COALESCE(
	(SELECT seq FROM execution WHERE id = ? AND id IS NOT NULL),
	(SELECT seq FROM event WHERE id = ?))`

// eventID returns the id of the event whose first execution has this id.
func eventID(executionID string) string {
	return host.EventPrefix + strings.TrimPrefix(executionID, host.ExecutionPrefix)
}

func noExecution(id string) *host.Error { return notFound("there is no execution " + id) }

// Execution returns an execution with its Plan. NotFound when there is none.
func (db *DB) Execution(ctx context.Context, id string) (host.Execution, error) {
	if !strings.HasPrefix(id, host.ExecutionPrefix) {
		return host.Execution{}, noExecution(id)
	}
	x, err := scanExecution(db.readers.QueryRowContext(ctx, selectExecution+`
		WHERE x.seq = `+executionSeq, id, eventID(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return host.Execution{}, noExecution(id)
	}
	if err != nil {
		return host.Execution{}, hostError(err)
	}
	return db.filled(ctx, &x)
}

func (db *DB) filled(ctx context.Context, x *executionRow) (host.Execution, error) {
	steps, err := db.stepsOf(ctx, x.plan)
	if err != nil {
		return host.Execution{}, hostError(err)
	}
	out := x.execution(nil, steps)
	if x.trigger.Decides() {
		if out.Decision, err = db.decisionOf(ctx, x.seq); err != nil {
			return host.Execution{}, err
		}
	}
	return out, nil
}

// Executions returns what q selects, newest first, with their Plans. All
// conditions must hold. Because each execution is numbered in the order in
// which they are committed, pages by Before neither repeat nor miss one,
// everyOne is accepted meanwhile.
//
// A word of q.Text is matched whole, without regard to case and accents; one
// that ends in * stands for all that begin so, and one with punctuation in it
// for its parts in that order. The first 4096 characters of a message count.
//
// NotFound when q.Before names no execution; Invalid when q.Text has no word,
// or more than 32.
func (db *DB) Executions(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error) {
	s, err := db.newSearch(ctx, q, everyOne)
	if err != nil {
		return nil, err
	}
	return db.executions(ctx, s, limit(q.Limit))
}

func (db *DB) executions(ctx context.Context, s *search, n int) ([]host.Execution, error) {
	found, err := s.find(ctx, db, n)
	if err != nil {
		return nil, err
	}
	out := make([]host.Execution, len(found))
	for i := range found {
		if out[i], err = db.filled(ctx, &found[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func limit(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 500)
}

// NextDue returns when the earliest unfinished execution without a lease is due, and
// false when there is none.
func (db *DB) NextDue(ctx context.Context) (time.Time, bool, error) {
	var at int64
	err := db.readers.QueryRowContext(ctx, `
		SELECT next_at FROM execution
		WHERE ended_at IS NULL AND leased = 0 AND seq NOT IN (SELECT execution FROM suspect)
		ORDER BY next_at
		LIMIT 1`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, hostError(fmt.Errorf("read next due: %w", err))
	}
	return fromMicros(at), true, nil
}

// find returns the row of an execution.
func (tx *transaction) find(id string) (executionRow, error) {
	var x executionRow
	if !strings.HasPrefix(id, host.ExecutionPrefix) {
		return x, noExecution(id)
	}
	found, err := tx.queryOne(func(row []driverValue) error {
		x = readExecution(row)
		return nil
	}, selectExecution+`
		WHERE x.seq = `+executionSeq, id, eventID(id))
	if err == nil && !found {
		err = noExecution(id)
	}
	return x, err
}
