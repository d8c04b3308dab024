package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/usherhost/usher/host"
)

// Decided queues a decision with its event, execution and results for the next group
// commit, and returns when it is queued. done, which may be nil, is called once, from
// the writer's goroutine, and must not block: with nil after the commit. A disk that
// fails does not lose it: it is kept and tried again.
//
// The execution was accepted and ended with that commit; the event has the time at
// which it was received. The record must not be changed before done is called.
func (db *DB) Decided(ctx context.Context, r *host.DecisionRecord, done func(error)) error {
	d := &decided{DecisionRecord: r, done: done, results: make([][]byte, len(r.Results)), fields: db.writer.fields.Load()}
	d.values = d.fields.valuesOf(r.Event.Body)
	var err error
	if d.body, err = json.Marshal(&r.Decision); err != nil {
		return fmt.Errorf("encode decision: %w", err)
	}
	d.bytes = len(d.body) + len(r.Event.Body)
	for i := range r.Results {
		if d.results[i], err = json.Marshal(&r.Results[i]); err != nil {
			return fmt.Errorf("encode result: %w", err)
		}
		d.bytes += len(d.results[i])
		if i < len(r.Tapes) {
			d.bytes += len(r.Tapes[i])
		}
	}
	return db.send(ctx, d)
}

// decided is the operation behind Decided.
type decided struct {
	*host.DecisionRecord
	body    []byte   // of the decision
	results [][]byte // encoded
	bytes   int      // of all that a guest decides
	fields  *fieldSet
	values  []fieldValue // of fields
	done    func(error)
}

func (d *decided) apply(tx *transaction) error {
	p, isCurrent, err := tx.planOfSteps(d.Event.Trigger, d.Execution.Plan)
	if err != nil {
		return err
	}
	seq := tx.nextSeq()
	if !isCurrent {
		if err := tx.recordSpan(p.number, seq); err != nil {
			return err
		}
	}
	if err := d.insert(tx, seq, p); err != nil {
		return err
	}
	for i := range d.Results {
		if err := d.insertResult(tx, seq, i); err != nil {
			return err
		}
	}
	_, err = tx.exec(`INSERT INTO decision (execution, verdict, body) VALUES (?, ?, ?)`, seq, string(d.Decision.Verdict), d.body)
	return err
}

func (d *decided) insert(tx *transaction, seq int64, p *plan) error {
	e := &d.Event
	received := micros(e.ReceivedAt)
	if received == 0 {
		received = micros(tx.now)
	}
	if _, err := tx.exec(`
		INSERT INTO event (seq, id, tenant, trigger, user_id, key, fingerprint, traceparent, received_at)
		VALUES (?, ?, ?, ?, ?, NULL, NULL, ?, ?)`,
		seq, e.ID, e.Tenant, string(e.Trigger), e.UserID, orNull(e.Traceparent), received); err != nil {
		return err
	}
	if _, err := tx.exec(`INSERT INTO payload (event, body) VALUES (?, ?)`, seq, notNull(e.Body)); err != nil {
		return err
	}
	if err := tx.insertFieldValues(seq, d.fields, d.values, e.Body); err != nil {
		return err
	}
	x := newExecution(tx, p, seq, seq)
	x.status, x.progress, x.endedAt, x.nextAt = d.Execution.Status, packProgress(d.Execution.Progress), micros(tx.now), 0
	return x.insert(tx)
}

func (d *decided) insertResult(tx *transaction, execution int64, i int) error {
	r := record{Outcome: host.Outcome{Result: &d.Results[i]}, body: d.results[i], words: errorWords(&d.Results[i])}
	if i < len(d.Tapes) {
		r.Tape = d.Tapes[i]
	}
	if i < len(d.TapesUntil) {
		r.TapeUntil = d.TapesUntil[i]
	}
	return r.insert(tx, execution)
}

func (d *decided) settle(err error) {
	if d.done != nil {
		d.done(err)
	}
}

// planOfSteps returns the stored plan with these steps, and whether it is the one in
// force. Flows share the slice that [DB.Bound] returned, by which it is known.
func (tx *transaction) planOfSteps(trigger host.Trigger, steps []host.Step) (p *plan, isCurrent bool, err error) {
	current, err := tx.plan(trigger)
	if err != nil {
		return nil, false, err
	}
	if len(steps) == 0 {
		if len(current.steps) == 0 {
			return current, true, nil
		}
	} else if p = tx.writer.decided[&steps[0]]; p != nil {
		return p, p.number == current.number, nil
	}
	if p, err = tx.storePlan(steps); err != nil {
		return nil, false, err
	}
	if len(steps) > 0 {
		if tx.writer.decided == nil || len(tx.writer.decided) >= maxCachedPlans {
			tx.writer.decided = map[*host.Step]*plan{}
		}
		tx.writer.decided[&steps[0]] = p
	}
	return p, p.number == current.number, nil
}

// decisionOf reads the decision of an execution, nil when it has none.
func (db *DB) decisionOf(ctx context.Context, seq int64) (*host.Decision, error) {
	rows, err := db.readers.QueryContext(ctx, `SELECT body FROM decision WHERE execution = ?`, seq)
	if err != nil {
		return nil, hostError(err)
	}
	found, err := scanAll(rows, func(row interface{ Scan(...any) error }) (body []byte, err error) {
		return body, row.Scan(&body)
	})
	if err != nil || len(found) == 0 {
		return nil, hostError(err)
	}
	var d host.Decision
	if err := json.Unmarshal(found[0], &d); err != nil {
		return nil, corrupt("a stored decision can't be read", err)
	}
	return &d, nil
}
