package sqlite

import (
	"context"
	"database/sql"
	"math"
	"time"
)

// span is executions from one seq to another, both included.
type span struct{ first, last int64 }

// maxSeq is above any seq, and small enough to be shifted by 16 bits.
const maxSeq = math.MaxInt64>>16 - 1

// joined appends s to spans, of which none begins earlier, and makes one span
// of those that touch.
func joined(spans []span, s span) []span {
	n := len(spans)
	for n > 0 && s.last >= spans[n-1].first-1 {
		s.last = max(s.last, spans[n-1].last)
		n--
	}
	return append(spans[:n], s)
}

// overlap returns what is in a span of both. All are newest first and do not
// touch among themselves.
func overlap(a, b []span) []span {
	var both []span
	for len(a) > 0 && len(b) > 0 {
		if s := (span{max(a[0].first, b[0].first), min(a[0].last, b[0].last)}); s.first <= s.last {
			both = append(both, s)
		}
		if a[0].first > b[0].first {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return both
}

const selectSpan = `
	SELECT s.first, COALESCE(s.last, ?)
	FROM plan_span s`

// planSpans returns the spans of the plans that a query selects.
func (db *DB) planSpans(ctx context.Context, plans string, arg any) ([]span, error) {
	rows, err := db.readers.QueryContext(ctx, selectSpan+`
		WHERE s.plan IN (`+plans+`)
		ORDER BY s.first DESC`, int64(maxSeq), arg)
	if err != nil {
		return nil, hostError(err)
	}
	spans, err := scanSpans(rows)
	return spans, hostError(err)
}

func scanSpans(rows *sql.Rows) ([]span, error) {
	defer func() { _ = rows.Close() }()
	var spans []span
	for rows.Next() {
		var s span
		if err := rows.Scan(&s.first, &s.last); err != nil {
			return nil, err
		}
		spans = joined(spans, s)
	}
	return spans, rows.Err()
}

// timeSpans returns the spans of the executions that were accepted since a
// time and until another, zero is without end: between two steps of the clock
// their time grows with seq.
func (db *DB) timeSpans(ctx context.Context, since, until time.Time) ([]span, error) {
	runs, err := db.clockRuns(ctx)
	if err != nil {
		return nil, err
	}
	var spans []span
	for _, run := range runs {
		s, err := db.cut(ctx, run, since, until)
		if err != nil {
			return nil, err
		}
		if s.first <= s.last {
			spans = joined(spans, s)
		}
	}
	return spans, nil
}

// cut returns what of a run was accepted since a time and until another.
func (db *DB) cut(ctx context.Context, run span, since, until time.Time) (s span, err error) {
	s = run
	if !since.IsZero() {
		if s.first, err = db.firstSince(ctx, run, since); err != nil {
			return s, err
		}
	}
	if !until.IsZero() {
		s.last, err = db.firstSince(ctx, run, until)
		s.last--
	}
	return s, err
}

// clockRuns returns all executions, cut where the clock went back.
func (db *DB) clockRuns(ctx context.Context) ([]span, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT seq, MIN(newest, COALESCE(LEAD(seq) OVER (ORDER BY seq) - 1, newest))
		FROM (SELECT 0 AS seq UNION ALL SELECT seq FROM clock_step),
		     (SELECT COALESCE(MAX(seq), 0) AS newest FROM execution)
		ORDER BY seq DESC`)
	if err != nil {
		return nil, hostError(err)
	}
	runs, err := scanAll(rows, func(row interface{ Scan(...any) error }) (s span, err error) {
		return s, row.Scan(&s.first, &s.last)
	})
	return runs, hostError(err)
}

// firstSince returns the seq from which on the executions of a run were
// accepted at t or later, one after the run's last when none was.
func (db *DB) firstSince(ctx context.Context, run span, t time.Time) (seq int64, err error) {
	err = db.readers.QueryRowContext(ctx, `
		WITH RECURSIVE bisect (low, high) AS (
			SELECT ?, ?
			UNION ALL
			SELECT IIF(x.created_at < ? AND x.seq < b.high, x.seq + 1, b.low),
			       IIF(x.created_at < ? AND x.seq < b.high, b.high, (b.low + b.high) / 2)
			FROM bisect b CROSS JOIN execution x
			ON x.seq = (SELECT y.seq FROM execution y WHERE y.seq >= (b.low + b.high) / 2 ORDER BY y.seq LIMIT 1)
			WHERE b.low < b.high
		)
		SELECT MAX(low) FROM bisect`,
		run.first, run.last+1, ceilMicros(t), ceilMicros(t)).Scan(&seq)
	return seq, hostError(err)
}

// ceilMicros is the first stored time that is not before t.
func ceilMicros(t time.Time) int64 {
	us := t.UnixMicro()
	if t.Nanosecond()%1000 > 0 {
		us++
	}
	return us
}

// openSpan records that plan is in force for trigger from the next execution on.
func (tx *transaction) openSpan(trigger string, plan int64) error {
	if _, err := tx.exec(`
		UPDATE plan_span SET last = ?
		WHERE trigger = ? AND last IS NULL AND plan <> ?`, tx.writer.seq, trigger, plan); err != nil {
		return err
	}
	_, err := tx.exec(`
		INSERT OR REPLACE INTO plan_span (plan, first, last, trigger)
		SELECT ?, ?, NULL, ?
		WHERE NOT EXISTS (SELECT 1 FROM plan_span WHERE trigger = ? AND last IS NULL)`,
		plan, tx.writer.seq+1, trigger, trigger)
	return err
}

// nearSpan is how near a span must be to be made longer, instead of there being another: so
// a plan that many executions get by a retry has few of them.
const nearSpan = 1000

// recordSpan records that the execution with this seq has a plan that need not be in force.
func (tx *transaction) recordSpan(plan, seq int64) error {
	n, err := tx.exec(`
		UPDATE OR REPLACE plan_span SET first = MIN(first, ?2), last = MAX(last, ?2)
		WHERE plan = ?1 AND trigger = '' AND ?2 BETWEEN first - ?3 AND last + ?3`, plan, seq, int64(nearSpan))
	if err != nil || n > 0 {
		return err
	}
	_, err = tx.exec(`
		INSERT INTO plan_span (plan, first, last, trigger)
		VALUES (?, ?, ?, '')`, plan, seq, seq)
	return err
}

// recordClockStep records that the clock has gone back since the last commit. It runs
// before anything else of the transaction.
func (tx *transaction) recordClockStep() error {
	if micros(tx.now) >= tx.writer.clock {
		return nil
	}
	_, err := tx.exec(`INSERT OR IGNORE INTO clock_step (seq) VALUES (?)`, tx.writer.seq+1)
	return err
}
