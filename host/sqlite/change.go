package sqlite

import (
	"context"
	"encoding/json"

	"github.com/usherhost/usher/host"
)

// RecordChange adds an entry to the audit log. Its Seq is not looked at; a
// zero At is now.
func (db *DB) RecordChange(ctx context.Context, c host.Change) error {
	return db.change(ctx, func(tx *transaction) error {
		_, err := tx.exec(`
			INSERT INTO change (at, actor_kind, actor_id, actor_name, verb, object, name, before, after)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			orNow(tx, micros(c.At)), c.Actor.Kind, c.Actor.ID, c.Actor.Name, c.Verb, c.Object, c.Name,
			blob(c.Before), blob(c.After))
		return err
	})
}

// blob returns a JSON document for its column, NULL when there is none.
func blob(document json.RawMessage) driverValue {
	if len(document) == 0 {
		return nil
	}
	return []byte(document)
}

const selectChange = `
	SELECT seq, at, actor_kind, actor_id, actor_name, verb, object, name, before, after
	FROM change`

// Changes returns what q selects of the audit log, newest first.
func (db *DB) Changes(ctx context.Context, q host.ChangeQuery) ([]host.Change, error) {
	s := selection{}
	if q.Before > 0 {
		s.and("seq < ?", q.Before)
	}
	if q.Object != "" {
		s.and("object = ?", q.Object)
	}
	if q.Actor != "" {
		s.and("actor_id = ?", q.Actor)
	}
	if !q.Since.IsZero() {
		s.and("at >= ?", ceilMicros(q.Since))
	}
	if !q.Until.IsZero() {
		s.and("at < ?", ceilMicros(q.Until))
	}
	rows, err := db.readers.QueryContext(ctx, selectChange+s.where()+`
		ORDER BY seq DESC
		LIMIT ?`, append(s.args, limit(q.Limit))...)
	if err != nil {
		return nil, hostError(err)
	}
	changes, err := scanAll(rows, scanChange)
	return changes, hostError(err)
}

func scanChange(row interface{ Scan(...any) error }) (host.Change, error) {
	var c host.Change
	var at int64
	var before, after []byte
	err := row.Scan(&c.Seq, &at, &c.Actor.Kind, &c.Actor.ID, &c.Actor.Name, &c.Verb, &c.Object, &c.Name, &before, &after)
	c.At, c.Before, c.After = fromMicros(at), before, after
	return c, err
}
