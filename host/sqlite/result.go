package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/usherhost/usher/host"
)

// Record queues an outcome for the next group commit and returns when it is
// queued. done, which may be nil, is called once, from the writer's goroutine,
// and must not block: with nil after the commit, with Fenced when the
// execution is leased by another worker by now. A disk that fails does not lose it: it
// is kept and tried again.
//
// A final status ends the execution. Held gives it back, to be claimed by ClaimHeld.
// Retrying, or a NextAt that is set, gives it back, to be claimed when it is due. Any
// other status leaves it leased.
//
// The outcome must not be changed before done is called.
func (db *DB) Record(ctx context.Context, o host.Outcome, done func(error)) error {
	r := &record{Outcome: o, done: done}
	if o.Result != nil {
		body, err := json.Marshal(o.Result)
		if err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		r.body, r.words = body, errorWords(o.Result)
	}
	return db.send(ctx, r)
}

// record is the operation behind Record.
type record struct {
	host.Outcome
	body  []byte
	words string // to search by; empty when there are none
	seq   int64  // of the execution; set by apply
	end   int64  // when it was applied
	done  func(error)
}

func (r *record) apply(tx *transaction) error {
	l := tx.leaseOf(r.ExecutionID)
	if l == (lease{}) || l.epoch != r.Epoch {
		return &host.Error{
			Code: host.Fenced, Text: "execution " + r.ExecutionID + " is leased by another worker or already finished",
			Hint: "discard the result; the worker with the lease goes on",
		}
	}
	if r.Result != nil {
		if err := r.insert(tx, l.seq); err != nil {
			return err
		}
	}
	if err := tx.acquit(l.seq, r.releases()); err != nil {
		return err
	}
	r.seq, r.end = l.seq, micros(tx.now)
	tx.setState(l.seq, r)
	for i := range r.Notices {
		tx.addNotice(&r.Notices[i])
	}
	if r.releases() {
		tx.setLease(r.ExecutionID, lease{})
	}
	return nil
}

func (r *record) insert(tx *transaction, execution int64) error {
	if r.words != "" {
		if err := tx.insertErrorWords(execution, r.words); err != nil {
			return err
		}
	}
	tx.writer.resultSeq++
	seq := tx.writer.resultSeq
	if _, err := tx.exec(`
		INSERT INTO result (seq, execution, step, attempt, action_id, body)
		VALUES (?, ?, ?, ?, ?, ?)`,
		seq, execution, int64(r.Result.Step), int64(r.Result.Attempt), r.Result.ActionID, r.body); err != nil {
		return err
	}
	if r.Tape == nil {
		return nil
	}
	var until driverValue
	if !r.TapeUntil.IsZero() {
		until = micros(r.TapeUntil)
	}
	_, err := tx.exec(`INSERT INTO tape (result, body, until) VALUES (?, ?, ?)`, seq, r.Tape, until)
	return err
}

// releases reports whether the lease ends with this.
func (r *record) releases() bool {
	return r.Status.Final() || r.Status == host.StatusRetrying || r.Held != "" || !r.NextAt.IsZero()
}

// update writes the state. One that stays leased touches no index.
func (r *record) update(tx *transaction) error {
	if !r.releases() {
		_, err := tx.exec(`
			UPDATE execution SET status = ?, progress = ?, attempt = ?
			WHERE seq = ?`,
			string(r.Status), packProgress(r.Progress), int64(r.Attempt), r.seq)
		return err
	}
	var ended, first driverValue
	if !r.FirstAt.IsZero() {
		first = micros(r.FirstAt)
	}
	if r.Held != "" {
		return r.hold(tx, first)
	}
	next := r.end
	if !r.NextAt.IsZero() {
		next = micros(r.NextAt)
	}
	if r.Status.Final() {
		ended, next = r.end, 0
	}
	_, err := tx.exec(`
		UPDATE execution SET status = ?, progress = ?, attempt = ?, next_at = ?, first_at = ?, leased = 0, ended_at = ?
		WHERE seq = ?`,
		string(r.Status), packProgress(r.Progress), int64(r.Attempt), next, first, ended, r.seq)
	switch {
	case err != nil:
	case ended != nil:
		tx.unended.all--
	case r.Status == host.StatusRetrying:
		tx.unended.retrying++
	}
	return err
}

// hold writes the state of an execution that is held back from now on.
func (r *record) hold(tx *transaction, first driverValue) error {
	next := r.end
	if !r.NextAt.IsZero() {
		next = micros(r.NextAt)
	}
	tx.countHeld(r.Held, 1)
	_, err := tx.exec(`
		UPDATE execution SET status = ?, progress = ?, attempt = ?, next_at = ?, first_at = ?, leased = 2, held = ?
		WHERE seq = ?`,
		string(r.Status), packProgress(r.Progress), int64(r.Attempt), next, first, r.Held, r.seq)
	return err
}

func (r *record) settle(err error) {
	if r.done != nil {
		r.done(err)
	}
}

// Results returns the results of an execution, in order of step and attempt;
// attempts that an operator's retry added come after the earlier ones.
func (db *DB) Results(ctx context.Context, executionID string) ([]host.Result, error) {
	if _, err := db.Execution(ctx, executionID); err != nil {
		return nil, err
	}
	found, err := db.results(ctx, `
		SELECT seq, body FROM result
		WHERE execution = `+executionSeq+`
		ORDER BY step, seq`, executionID, eventID(executionID))
	out := make([]host.Result, len(found))
	for i := range found {
		out[i] = found[i].Result
	}
	return out, err
}

func (db *DB) results(ctx context.Context, query string, args ...any) ([]host.SeqResult, error) {
	rows, err := db.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	out := []host.SeqResult{}
	for rows.Next() {
		var r host.SeqResult
		var body []byte
		if err := rows.Scan(&r.Seq, &body); err != nil {
			return nil, hostError(err)
		}
		if err := json.Unmarshal(body, &r.Result); err != nil {
			return nil, corrupt("a stored result can't be read", err)
		}
		out = append(out, r)
	}
	return out, hostError(rows.Err())
}

// LastSeq returns the number of the result that was recorded last, 0 when
// there is none.
func (db *DB) LastSeq(ctx context.Context) (int64, error) {
	var seq int64
	err := db.readers.QueryRowContext(ctx, `SELECT `+lastResult).Scan(&seq)
	return seq, hostError(err)
}

// lastResult is the highest seq that a result ever had.
const lastResult = `MAX((SELECT COALESCE(MAX(seq), 0) FROM result),
	COALESCE((SELECT CAST(value AS INTEGER) FROM meta WHERE name = '` + markResults + `'), 0))`

// maxTapes and maxTapesBytes bound what Tapes returns: the latest ones.
const (
	maxTapes      = 32
	maxTapesBytes = 32 << 20
)

// Tapes returns the sealed tapes of a step in the order in which its attempts were
// recorded: the last 32 of them, and less when they have more than 32 MiB.
func (db *DB) Tapes(ctx context.Context, executionID string, step int) ([]host.SealedTape, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT r.attempt, t.body
		FROM result r JOIN tape t ON t.result = r.seq
		WHERE r.execution = `+executionSeq+` AND r.step = ?
		ORDER BY r.seq DESC
		LIMIT ?`, executionID, eventID(executionID), step, maxTapes)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	var tapes []host.SealedTape
	for room := maxTapesBytes; rows.Next(); {
		var t host.SealedTape
		if err := rows.Scan(&t.Attempt, &t.Body); err != nil {
			return nil, hostError(err)
		}
		if room -= len(t.Body); room < 0 {
			break
		}
		tapes = append(tapes, t)
	}
	slices.Reverse(tapes)
	return tapes, hostError(rows.Err())
}

// Tape returns the sealed tape of one attempt, of the latest when a retry
// numbered two alike, as it did once. NotFound when the event was its only input, or it was not
// recorded.
func (db *DB) Tape(ctx context.Context, executionID string, step, attempt int) ([]byte, error) {
	var body []byte
	err := db.readers.QueryRowContext(ctx, `
		SELECT t.body
		FROM result r JOIN tape t ON t.result = r.seq
		WHERE r.execution = `+executionSeq+` AND r.step = ? AND r.attempt = ?
		ORDER BY r.seq DESC
		LIMIT 1`, executionID, eventID(executionID), step, attempt).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound(fmt.Sprintf("execution %s has no tape of step %d, attempt %d", executionID, step, attempt))
	}
	return body, hostError(err)
}
