package sqlite

import (
	"context"
	"slices"
	"time"
)

const (
	expiredInOne = 50 // executions that one commit deletes, so that accepts do not wait long for it
	restFactor   = 4  // how many times as long as such a commit the next one is waited with
)

// markResults is the name in meta of the highest number of a result that was
// deleted: numbers are cursors, and are not given out again.
const markResults = "results_deleted"

// Expire deletes the executions that ended before a time, with their results,
// logs and tapes, and returns how many. Those with a dead step stay until they
// were retried, or canceled. An event whose executions are all deleted loses its
// user and its body; its key stays, so that a repeat is still recognized.
//
// It works in small commits with rests between them, so that others do not wait
// for it. When it fails or ctx ends, those counted are deleted. The file does
// not shrink: free pages are used again.
func (db *DB) Expire(ctx context.Context, before time.Time) (int, error) {
	spans, err := db.timeSpans(ctx, time.Time{}, before) // none ends before it was accepted
	if err != nil {
		return 0, err
	}
	deleted := 0
	for _, accepted := range slices.Backward(spans) { // the oldest first
		n, err := db.expireIn(ctx, accepted, before)
		deleted += n
		if err != nil {
			return deleted, err
		}
	}
	return deleted, nil
}

// expireIn is Expire for the executions of a span.
func (db *DB) expireIn(ctx context.Context, in span, before time.Time) (deleted int, err error) {
	for {
		found, err := db.expired(ctx, in, before)
		if err != nil || len(found) == 0 {
			return deleted, err
		}
		in.first = found[len(found)-1] + 1
		began := time.Now()
		n, err := db.expire(ctx, found, before)
		deleted += n
		if err != nil {
			return deleted, err
		}
		select {
		case <-time.After(restFactor * time.Since(began)):
		case <-ctx.Done():
			return deleted, ctx.Err()
		}
	}
}

const isExpired = `ended_at < ? AND (instr(progress, 'd') = 0 OR status = 'canceled')`

// expired returns the next executions of a span that may be deleted.
func (db *DB) expired(ctx context.Context, in span, before time.Time) ([]int64, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT seq FROM execution
		WHERE seq BETWEEN ? AND ? AND `+isExpired+`
		ORDER BY seq
		LIMIT ?`, in.first, in.last, ceilMicros(before), expiredInOne)
	if err != nil {
		return nil, hostError(err)
	}
	found, err := scanAll(rows, func(row interface{ Scan(...any) error }) (seq int64, err error) {
		return seq, row.Scan(&seq)
	})
	return found, hostError(err)
}

// expire deletes those that may still be deleted, in one commit.
func (db *DB) expire(ctx context.Context, found []int64, before time.Time) (deleted int, err error) {
	err = db.change(ctx, func(tx *transaction) error {
		deleted = 0
		if _, err := tx.exec(`
			INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)`, markResults, tx.writer.resultSeq); err != nil {
			return err
		}
		for _, seq := range found {
			gone, err := tx.expire(seq, ceilMicros(before))
			if err != nil {
				return err
			}
			if gone {
				deleted++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}

// expire deletes one execution, unless it was retried meanwhile.
func (tx *transaction) expire(seq, before int64) (gone bool, err error) {
	var event int64
	if gone, err = tx.queryOne(func(row []driverValue) error {
		event = integer(row[0])
		return nil
	}, `SELECT event FROM execution WHERE seq = ? AND `+isExpired, seq, before); err != nil || !gone {
		return false, err
	}
	return true, tx.deleteExecution(seq, event)
}

// deleteExecution deletes an execution with all that is known of it, and forgets its event
// when it was the last one.
func (tx *transaction) deleteExecution(seq, event int64) error {
	if seq != event {
		if err := tx.deleteFieldValues(seq, event); err != nil {
			return err
		}
	}
	for _, query := range []string{
		`DELETE FROM tape WHERE result IN (SELECT seq FROM result WHERE execution = ?)`,
		`DELETE FROM failure WHERE rowid BETWEEN ?1 * 65536 AND ?1 * 65536 + 65535`,
		`DELETE FROM result WHERE execution = ?`,
		`DELETE FROM decision WHERE execution = ?`,
		`DELETE FROM execution WHERE seq = ?`,
	} {
		if _, err := tx.exec(query, seq); err != nil {
			return err
		}
	}
	return tx.forgetEvent(event)
}

// forgetEvent deletes the user, the body and the searchable values of an event without executions. The row
// stays: its key recognizes a repeat.
func (tx *transaction) forgetEvent(event int64) error {
	n, err := tx.exec(`
		UPDATE event SET user_id = '', traceparent = NULL
		WHERE seq = ?1
			AND NOT EXISTS (SELECT 1 FROM execution x WHERE x.seq = ?1)
			AND NOT EXISTS (SELECT 1 FROM execution x WHERE x.event = ?1 AND x.id IS NOT NULL)`, event)
	if err != nil || n == 0 {
		return err
	}
	if err := tx.deleteFieldValues(event, event); err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM payload WHERE event = ?`, event)
	return err
}
