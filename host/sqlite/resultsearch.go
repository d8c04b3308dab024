package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// RecordedResults returns the results that q selects, in the order in which they were
// recorded. NotFound when q.ExecutionID names no execution; Invalid when q.Where names a
// field that is not searchable.
func (db *DB) RecordedResults(ctx context.Context, q host.ResultQuery) ([]host.SeqResult, error) {
	s, err := db.resultSelection(ctx, q)
	if err != nil {
		return nil, err
	}
	return db.results(ctx, `
		SELECT r.seq, r.body FROM result r`+s.where()+`
		ORDER BY r.seq
		LIMIT ?`, append(s.args, limit(q.Limit))...)
}

// ResultsBack returns the number after which the last n of the results begin that q
// selects, q.Limit aside; errors as of [DB.RecordedResults].
func (db *DB) ResultsBack(ctx context.Context, q host.ResultQuery, n int) (after int64, err error) {
	if n <= 0 {
		return db.LastSeq(ctx)
	}
	s, err := db.resultSelection(ctx, q)
	if err != nil {
		return 0, err
	}
	err = db.readers.QueryRowContext(ctx, `
		SELECT MIN(seq) - 1 FROM (
			SELECT r.seq FROM result r`+s.where()+`
			ORDER BY r.seq DESC
			LIMIT ?)
		HAVING COUNT(*) > 0`, append(s.args, n)...).Scan(&after)
	if errors.Is(err, sql.ErrNoRows) {
		return q.After, nil
	}
	return max(after, q.After), hostError(err)
}

// resultSelection is what q says of a result r.
func (db *DB) resultSelection(ctx context.Context, q host.ResultQuery) (s selection, err error) {
	if err := db.betweenTimes(ctx, &s, q); err != nil {
		return s, err
	}
	if q.ActionID != "" {
		s.and("r.action_id = ?", q.ActionID)
	}
	if q.ExecutionID != "" {
		seq, err := db.seqOf(ctx, q.ExecutionID)
		if err != nil {
			return s, err
		}
		s.and("r.execution = ?", seq)
	}
	if q.UserID != "" {
		s.and(`r.execution IN (`+executionsOfEvents+`)`, q.UserID, q.UserID)
	}
	if q.Trigger != "" {
		s.and(`(SELECT e.trigger FROM execution x JOIN event e ON e.seq = x.event WHERE x.seq = r.execution) = ?`, string(q.Trigger))
	}
	if err := db.resultsWhere(ctx, &s, q.Where); err != nil {
		return s, err
	}
	const failed = `CAST(r.body AS TEXT) ->> '$.succeeded' = 0`
	if q.Failed {
		s.and(failed)
	}
	if q.Level != "" {
		levels := host.LevelsFrom(q.Level)
		args := make([]any, len(levels))
		for i, level := range levels {
			args[i] = level
		}
		s.and(`(`+failed+` OR EXISTS (
			SELECT 1 FROM json_each(CAST(r.body AS TEXT), '$.logs') l
			WHERE l.value ->> '$.level' IN (?`+strings.Repeat(", ?", len(levels)-1)+`)))`, args...)
	}
	return s, nil
}

const executionsOfEvents = `
	SELECT e.seq FROM event e WHERE e.user_id = ?
	UNION ALL
	SELECT x.seq FROM event e JOIN execution x ON x.event = e.seq AND x.id IS NOT NULL WHERE e.user_id = ?`

// resultsWhere adds conditions on fields: a rare value names its executions, a frequent
// one is looked up for each result.
func (db *DB) resultsWhere(ctx context.Context, s *selection, where []host.FieldValue) error {
	fields, err := db.fieldConditions(where)
	if err != nil {
		return err
	}
	rarest, rows, err := db.rarest(ctx, fields)
	if err != nil {
		return err
	}
	for i, c := range fields {
		if i == rarest && rows < maxCounted {
			values := c.where()
			s.and("r.execution IN (SELECT v.execution FROM field_value v"+values.where()+")", values.args...)
		} else {
			s.add(c.of("r.execution"))
		}
	}
	return nil
}

// betweenTimes bounds the numbers of results: they were recorded in the order of time.
func (db *DB) betweenTimes(ctx context.Context, s *selection, q host.ResultQuery) error {
	after := q.After
	if !q.Since.IsZero() {
		first, err := db.firstRecorded(ctx, q.Since)
		if err != nil {
			return err
		}
		after = max(after, first-1)
	}
	s.and("r.seq > ?", after)
	if !q.Until.IsZero() {
		end, err := db.firstRecorded(ctx, q.Until)
		if err != nil {
			return err
		}
		s.and("r.seq < ?", end)
	}
	return nil
}

// firstRecorded returns the number from which on results were recorded at t or later.
func (db *DB) firstRecorded(ctx context.Context, t time.Time) (int64, error) {
	last, err := db.LastSeq(ctx)
	if err != nil {
		return 0, err
	}
	low, high := int64(0), last+1
	for low < high {
		middle := (low + high) / 2
		var seq int64
		var text string
		err := db.readers.QueryRowContext(ctx, `
			SELECT seq, CAST(body AS TEXT) ->> '$.ended_at' FROM result
			WHERE seq >= ?
			ORDER BY seq
			LIMIT 1`, middle).Scan(&seq, &text)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, hostError(err)
		}
		ended, bad := time.Parse(time.RFC3339Nano, text)
		if err == nil && seq < high && bad == nil && ended.Before(t) {
			low = seq + 1
		} else {
			high = middle
		}
	}
	return low, nil
}
