package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/usherhost/usher/host"
)

// Events returns the events that q selects, newest first, without their Bodies. An event
// whose executions are deleted is not among them.
//
// NotFound when q.Before names no event; Invalid when q.Where names a field that is not
// searchable.
func (db *DB) Events(ctx context.Context, q host.EventQuery) ([]host.Event, error) {
	s, err := db.newEventSearch(ctx, q)
	if err != nil {
		return nil, err
	}
	found := []host.Event{}
	for _, in := range s.spans {
		more, err := s.eventsIn(ctx, db, in, limit(q.Limit)-len(found))
		if err != nil {
			return nil, hostError(err)
		}
		if found = append(found, more...); len(found) == limit(q.Limit) {
			break
		}
	}
	return found, nil
}

const (
	allEvents    = `event e`
	valuedEvents = `field_value v CROSS JOIN event e ON e.seq = v.execution`
)

const selectEvents = `
	SELECT e.id, e.tenant, e.trigger, e.user_id, COALESCE(e.traceparent, ''), e.received_at
	FROM `

func (db *DB) newEventSearch(ctx context.Context, q host.EventQuery) (*search, error) {
	s := &search{from: allEvents, spans: []span{{first: 0, last: maxSeq}}}
	if q.Trigger != "" {
		s.conditions.and("+e.trigger = ?", string(q.Trigger))
	}
	if q.UserID != "" {
		s.conditions.and("e.user_id = ?", q.UserID)
	}
	// The row of an event stays when the rest of it is deleted.
	s.conditions.and("EXISTS (SELECT 1 FROM payload p WHERE p.event = e.seq)")
	fields, err := db.fieldConditions(q.Where)
	rarest := -1
	if err == nil && q.UserID == "" {
		rarest, _, err = db.rarest(ctx, fields)
	}
	if err != nil {
		return nil, err
	}
	for i, c := range fields {
		if i == rarest {
			s.from = valuedEvents
			s.driver.add(c.where())
		} else {
			s.conditions.add(c.of("e.seq"))
		}
	}
	if q.Before != "" {
		seq, err := db.eventSeq(ctx, q.Before)
		if err != nil {
			return nil, err
		}
		s.below(seq)
	}
	if !q.Since.IsZero() || !q.Until.IsZero() {
		spans, err := db.timeSpans(ctx, q.Since, q.Until)
		if err != nil {
			return nil, err
		}
		s.spans = overlap(s.spans, spans)
	}
	return s, nil
}

// eventsIn returns up to n events of a span.
func (s *search) eventsIn(ctx context.Context, db *DB, in span, n int) ([]host.Event, error) {
	where, key := selection{}, "e.seq"
	if s.from == valuedEvents {
		key = "v.execution"
	}
	where.and(key+" BETWEEN ? AND ?", in.first, in.last)
	where.add(s.driver)
	where.add(s.conditions)
	rows, err := db.readers.QueryContext(ctx, selectEvents+s.from+where.where()+`
		ORDER BY `+key+` DESC
		LIMIT ?`, append(where.args, n)...)
	if err != nil {
		return nil, err
	}
	return scanAll(rows, func(row interface{ Scan(...any) error }) (e host.Event, err error) {
		var received int64
		err = row.Scan(&e.ID, &e.Tenant, &e.Trigger, &e.UserID, &e.Traceparent, &received)
		e.ReceivedAt = fromMicros(received)
		return e, err
	})
}

func (db *DB) eventSeq(ctx context.Context, id string) (seq int64, err error) {
	err = db.readers.QueryRowContext(ctx, `SELECT seq FROM event WHERE id = ?`, id).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, notFound("there is no event " + id)
	}
	return seq, hostError(err)
}
