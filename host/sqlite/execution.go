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
// whatever is accepted meanwhile.
//
// A word of q.Text is matched whole, without regard to case and accents; one
// that ends in * stands for all that begin so, and one with punctuation in it
// for its parts in that order. The first 4096 characters of a message count.
//
// NotFound when q.Before names no execution; Invalid when q.Text has no word,
// or more than 32.
func (db *DB) Executions(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error) {
	s, err := db.newSearch(ctx, q, false)
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

// RetryExecution makes the dead steps of an execution pending again and the
// execution due now. Conflict when it has none, or is running.
func (db *DB) RetryExecution(ctx context.Context, id string) (host.Execution, error) {
	var d dispatch
	err := db.changeThen(ctx, func(tx *transaction) error {
		d.begin(tx.writer.dispatcher)
		x, err := tx.find(id)
		if err == nil {
			err = tx.revive(&x)
		}
		if err != nil {
			return err
		}
		_, err = d.offer(tx, &x)
		return err
	}, d.end)
	if err != nil {
		return host.Execution{}, err
	}
	return db.Execution(ctx, id)
}

// revivable reports whether revive would not be refused.
func (x *executionRow) revivable() bool { return strings.Contains(x.progress, "d") && x.leased == 0 }

func (tx *transaction) revive(x *executionRow) error {
	if !strings.Contains(x.progress, "d") {
		return &host.Error{
			Code: host.Conflict, Text: "execution " + x.id + " has no dead step",
			Hint: "only actions that used up their attempts can be retried; to run all again, rerun it",
		}
	}
	if x.leased == 1 {
		return &host.Error{
			Code: host.Conflict, Text: "execution " + x.id + " is running", Hint: "retry it when it has ended",
		}
	}
	switch {
	case x.endedAt != 0:
		tx.unended.all++
	case x.status == host.StatusRetrying:
		tx.unended.retrying--
	}
	x.status, x.progress, x.attempt = host.StatusPending, strings.ReplaceAll(x.progress, "d", "p"), 0
	if strings.Contains(x.progress, "s") {
		x.status = host.StatusRunning
	}
	x.nextAt, x.endedAt = micros(tx.now), 0
	_, err := tx.exec(`
		UPDATE execution SET status = ?, progress = ?, attempt = 0, next_at = ?, ended_at = NULL
		WHERE seq = ?`, string(x.status), x.progress, x.nextAt, x.seq)
	return err
}

// CancelExecution ends an execution that is not final; results under its lease are
// refused from now on. Conflict when it has ended.
func (db *DB) CancelExecution(ctx context.Context, id string) (host.Execution, error) {
	err := db.change(ctx, func(tx *transaction) error {
		x, err := tx.find(id)
		if err != nil {
			return err
		}
		if x.status.Final() {
			return &host.Error{Code: host.Conflict, Text: "execution " + id + " has ended: " + string(x.status)}
		}
		if _, err := tx.exec(`
			UPDATE execution SET status = ?, leased = 0, next_at = 0, epoch = epoch + 1, ended_at = ?
			WHERE seq = ?`, string(host.StatusCanceled), micros(tx.now), x.seq); err != nil {
			return err
		}
		tx.unended.all--
		if x.status == host.StatusRetrying && x.leased == 0 {
			tx.unended.retrying--
		}
		tx.setLease(x.id, lease{})
		return tx.acquit(x.seq, true)
	})
	if err != nil {
		return host.Execution{}, err
	}
	return db.Execution(ctx, id)
}

// RerunExecution starts a new execution of the same event: with the plan that
// is deployed now, or with samePlan the one that the first had.
func (db *DB) RerunExecution(ctx context.Context, id string, samePlan bool) (host.Accepted, error) {
	var d dispatch
	accepted := host.Accepted{ExecutionID: host.NewID(host.ExecutionPrefix)}
	err := db.changeThen(ctx, func(tx *transaction) error {
		d.begin(tx.writer.dispatcher)
		x, err := tx.rerun(id, accepted.ExecutionID, samePlan)
		if err != nil {
			return err
		}
		accepted.EventID = x.eventID
		_, err = d.offer(tx, &x)
		return err
	}, d.end)
	if err != nil {
		return host.Accepted{}, err
	}
	return accepted, nil
}

func (tx *transaction) rerun(id, newID string, samePlan bool) (executionRow, error) {
	first, err := tx.find(id)
	if err == nil && first.trigger.Decides() {
		err = &host.Error{
			Code: host.Conflict, Text: "execution " + id + " has decided, and its sender has the answer: it is not run again",
			Hint: "save its event, and run the action on it",
			Fix:  host.FixRun.With(),
		}
	}
	if err != nil {
		return first, err
	}
	var p *plan
	if samePlan {
		p, err = tx.planOf(first.plan)
	} else {
		p, err = tx.plan(first.trigger)
	}
	if err != nil {
		return first, err
	}
	x := newExecution(tx, p, tx.nextSeq(), first.event)
	x.id, x.rerunOf, x.eventID = newID, first.id, first.eventID
	x.tenant, x.trigger, x.userID = first.tenant, first.trigger, first.userID
	x.traceparent, x.receivedAt = first.traceparent, first.receivedAt
	if samePlan {
		if err := tx.recordRepeat(p.number, x.seq); err != nil {
			return x, err
		}
	}
	if err := tx.copyFieldValues(x.seq, x.event); err != nil {
		return x, err
	}
	return x, x.insert(tx)
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
