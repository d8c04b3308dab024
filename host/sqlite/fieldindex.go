package sqlite

import (
	"context"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

const (
	indexedInOne = 250  // executions whose values one commit adds
	deletedInOne = 1000 // values that one commit deletes
)

// IndexFields adds the values of executions that were accepted before a field became
// searchable, the newest first, and deletes the values of fields that are not searchable
// any more. It works in small commits with rests between them, so that others do not
// wait for it, and goes on where it was when it is called again. report, which may be
// nil, is called after each commit with the fields that are not indexed yet. One call
// at a time.
func (db *DB) IndexFields(ctx context.Context, report func([]host.SearchableField)) error {
	for {
		fields, err := db.searchableFields(ctx)
		if err != nil {
			return err
		}
		began := time.Now()
		more, err := db.indexSome(ctx, fields)
		if err != nil || !more {
			return err
		}
		if report != nil {
			report(unfinished(fields))
		}
		select {
		case <-time.After(time.Since(began)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func unfinished(fields []searchableField) []host.SearchableField {
	var out []host.SearchableField
	for _, f := range fields {
		if f.dropped == 0 && f.below > 0 {
			out = append(out, f.shown())
		}
	}
	return out
}

// indexSome does one commit's work, and reports false when there was none.
func (db *DB) indexSome(ctx context.Context, fields []searchableField) (more bool, err error) {
	var last int64 // below which executions are read
	var pending []searchableField
	for _, f := range fields {
		switch {
		case f.dropped == 1:
			return true, db.deleteField(ctx, f.number)
		case f.below > 0:
			pending, last = append(pending, f), max(last, f.below)
		}
	}
	if len(pending) == 0 {
		return false, nil
	}
	first := max(last-indexedInOne, 0)
	found, err := db.unindexed(ctx, pending, first, last)
	if host.CodeOf(err) == host.Corrupt && err != nil { // one damaged event hides only itself
		first = last - 1
		if found, err = db.unindexed(ctx, pending, first, last); host.CodeOf(err) == host.Corrupt && err != nil {
			found, err = nil, nil
		}
	}
	if err != nil {
		return false, err
	}
	return true, db.addFieldValues(ctx, pending, found, first)
}

// unindexedValue is a row that field_value lacks, with the event that has the value.
type unindexedValue struct {
	fieldValue
	execution, event int64
}

// unindexed returns what the executions from first on and below last have at fields.
func (db *DB) unindexed(ctx context.Context, fields []searchableField, first, last int64) ([]unindexedValue, error) {
	set := newFieldSet(fields)
	rows, err := db.readers.QueryContext(ctx, `
		SELECT p.event, p.event, p.body FROM payload p WHERE p.event >= ?1 AND p.event < ?2
		UNION ALL
		SELECT x.seq, x.event, p.body FROM execution x JOIN payload p ON p.event = x.event
		WHERE x.seq >= ?1 AND x.seq < ?2 AND x.id IS NOT NULL`, first, last)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	var found []unindexedValue
	for rows.Next() {
		var seq, event int64
		var body []byte
		if err := rows.Scan(&seq, &event, &body); err != nil {
			return nil, hostError(err)
		}
		for _, v := range set.valuesOf(body) {
			at := slices.Index(set.numbers, v.field)
			if seq < fields[at].below {
				found = append(found, unindexedValue{v, seq, event})
			}
		}
	}
	return found, hostError(rows.Err())
}

// addFieldValues stores what was found in the executions from first on. What was deleted
// since it was read is left out.
func (db *DB) addFieldValues(ctx context.Context, fields []searchableField, found []unindexedValue, first int64) error {
	return db.change(ctx, func(tx *transaction) error {
		for _, v := range found {
			if _, err := tx.exec(`
				INSERT OR IGNORE INTO field_value (field, value, execution)
				SELECT ?1, ?2, ?3
				WHERE EXISTS (SELECT 1 FROM searchable_field WHERE number = ?1 AND dropped = 0)
					AND EXISTS (SELECT 1 FROM payload WHERE event = ?4)
					AND (?3 = ?4 OR EXISTS (SELECT 1 FROM execution WHERE seq = ?3))`,
				v.field, v.value, v.execution, v.event); err != nil {
				return err
			}
		}
		below := first
		if first <= 1 { // the first number is 1
			below = 0
		}
		for _, f := range fields {
			if _, err := tx.exec(`
				UPDATE searchable_field SET below = ? WHERE number = ? AND below > ?`, below, f.number, first); err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteField deletes some values of a field that is not searchable any more, and with
// the last ones the field.
func (db *DB) deleteField(ctx context.Context, number int64) error {
	return db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`
			DELETE FROM field_value WHERE (field, value, execution) IN (
				SELECT field, value, execution FROM field_value WHERE field = ? LIMIT ?)`, number, int64(deletedInOne))
		if err == nil && n < deletedInOne {
			_, err = tx.exec(`DELETE FROM searchable_field WHERE number = ? AND dropped = 1`, number)
		}
		return err
	})
}
