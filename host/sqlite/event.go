package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/usherhost/usher/host"
)

// Accept stores events, each with an execution and the plan that is deployed
// now, and returns after the durable commit. It is all or nothing. Accepted[i]
// answers for events[i]; a repeat of a Key gets the ids that the first one got.
//
// An empty ID is filled in, an empty Key is never a repeat, a zero ReceivedAt
// is now. The events must not be changed before Accept returns. ctx counts
// until the events are queued.
//
// Errors: KeyReused with a Field that points to the event; Invalid; Overloaded
// when too many wait; Unavailable when the disk is full or fails, or the
// database closes; Corrupt when it is damaged where the events belong.
func (db *DB) Accept(ctx context.Context, events []host.NewEvent) ([]host.Accepted, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, nil
	}
	a, err := newAcceptance(events, db.writer.fields.Load())
	if err != nil {
		return nil, err
	}
	if err := db.offer(a); err != nil {
		return nil, err
	}
	if err := <-a.done; err != nil {
		return nil, notStored(err)
	}
	return a.accepted, nil
}

// notStored returns the sender's error for a database that failed.
func notStored(err error) error {
	switch host.CodeOf(err) {
	case host.Corrupt, host.Internal:
		return &host.Error{
			Code: host.CodeOf(err), RetryAfter: time.Minute, Err: err,
			Text: "the host's database failed; nothing was stored",
			Hint: "send it again later", Fix: host.FixDoctor.With(),
		}
	}
	return err
}

// acceptance is the operation behind Accept.
type acceptance struct {
	events   []host.NewEvent
	keys     [][16]byte // of those events that have a Key
	accepted []host.Accepted
	dispatch dispatch
	stored   bool // not all were repeats
	running  *running
	done     chan error
	fields   *fieldSet // for which values were found
	values   [][]fieldValue
	one      [1][16]byte // keys, when there is one event: the common case
}

func newAcceptance(events []host.NewEvent, fields *fieldSet) (*acceptance, error) {
	a := &acceptance{
		events:   events,
		accepted: make([]host.Accepted, len(events)),
		done:     make(chan error, 1),
		fields:   fields,
		values:   make([][]fieldValue, len(events)),
	}
	if a.keys = a.one[:]; len(events) > 1 {
		a.keys = make([][16]byte, len(events))
	}
	for i := range events {
		id := events[i].ID
		if id == "" {
			id = host.NewID(host.EventPrefix)
		}
		tail, ok := strings.CutPrefix(id, host.EventPrefix)
		if !ok || tail == "" {
			return nil, at(i, host.Invalid, "an event's id must begin with "+host.EventPrefix)
		}
		a.accepted[i] = host.Accepted{EventID: id, ExecutionID: host.ExecutionPrefix + tail}
		if events[i].Key != "" {
			a.keys[i] = hashKey(events[i].Key)
		}
		a.values[i] = fields.valuesOf(events[i].Body)
	}
	return a, nil
}

func hashKey(key string) [16]byte {
	sum := sha256.Sum256([]byte(key))
	return [16]byte(sum[:16])
}

// key returns the key's hash for its column.
func (a *acceptance) key(i int) driverValue {
	if a.events[i].Key == "" {
		return nil
	}
	return a.keys[i][:]
}

func at(i int, code host.Code, text string) *host.Error {
	return &host.Error{
		Code: code, Text: text,
		Fields: []host.Field{{Pointer: fmt.Sprintf("/%d", i), Detail: text}},
	}
}

func (a *acceptance) apply(tx *transaction) error {
	a.dispatch.begin(tx.writer.dispatcher)
	a.running = tx.writer.running
	if len(a.events) == 1 {
		return a.insert(tx, 0)
	}
	return tx.savepoint(func() error {
		for i := range a.events {
			if err := a.insert(tx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// insert stores one event. A repeat changes nothing.
func (a *acceptance) insert(tx *transaction, i int) error {
	e := &a.events[i]
	plan, err := tx.plan(e.Trigger)
	if err != nil {
		return err
	}
	seq := tx.nextSeq()
	inserted, err := a.insertEvent(tx, seq, i)
	if err != nil {
		return err
	}
	if !inserted {
		return a.repeat(tx, i)
	}
	if _, err := tx.exec(`INSERT INTO payload (event, body) VALUES (?, ?)`, seq, notNull(e.Body)); err != nil {
		return err
	}
	if err := tx.insertFieldValues(seq, a.fields, a.values[i], e.Body); err != nil {
		return err
	}
	a.stored = true
	return a.start(tx, seq, i, plan)
}

func (a *acceptance) insertEvent(tx *transaction, seq int64, i int) (bool, error) {
	e := &a.events[i]
	received := micros(e.ReceivedAt)
	if received == 0 {
		received = micros(tx.now)
	}
	n, err := tx.exec(`
		INSERT INTO event (seq, id, tenant, trigger, user_id, key, fingerprint, traceparent, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key) DO NOTHING`,
		seq, a.accepted[i].EventID, e.Tenant, string(e.Trigger), e.UserID,
		a.key(i), fingerprint(e), orNull(e.Traceparent), received)
	return n == 1, err
}

// start inserts the event's execution, leased when the dispatcher has room.
func (a *acceptance) start(tx *transaction, seq int64, i int, plan *plan) error {
	x := newExecution(tx, plan, seq, seq)
	x.id, x.userID, x.tenant, x.trigger = a.accepted[i].ExecutionID, a.events[i].UserID, a.events[i].Tenant, a.events[i].Trigger
	if x.status == host.StatusPending && a.dispatch.reserve() {
		x.leased, x.epoch = 1, 1
		event := a.events[i].Event
		event.ID = a.accepted[i].EventID
		a.dispatch.add(x.execution(&event, plan.steps))
		tx.setLease(x.id, lease{seq: seq, epoch: 1})
	}
	return x.insert(tx)
}

// repeat answers an event whose key was there before.
func (a *acceptance) repeat(tx *transaction, i int) error {
	var id string
	var first []byte
	found, err := tx.queryOne(func(row []driverValue) error {
		id, _ = row[0].(string)
		first, _ = row[1].([]byte)
		return nil
	}, `SELECT id, fingerprint FROM event WHERE key = ?`, a.key(i))
	if err != nil {
		return err
	}
	if !found {
		return errors.New("accept: an event with this key was there, and is gone")
	}
	e := &a.events[i]
	if e.Strict && string(first) != string(e.Fingerprint[:]) {
		err := at(i, host.KeyReused, "the idempotency key was used before with another body")
		err.Hint = "use a new key for a new event, or send the first body again"
		return err
	}
	a.accepted[i] = host.Accepted{EventID: id, ExecutionID: executionID(id), Repeat: true}
	return nil
}

// settle answers the sender before the executions start: it has waited longest.
func (a *acceptance) settle(err error) {
	if err != nil {
		a.dispatch.reset()
	} else {
		a.running.record(didAccept)
	}
	a.done <- err
	a.dispatch.end(err)
}

// executionID returns the id of an event's first execution: the same but for
// the prefix.
func executionID(eventID string) string {
	return host.ExecutionPrefix + strings.TrimPrefix(eventID, host.EventPrefix)
}

// Event returns an event with its Body. NotFound when there is none.
func (db *DB) Event(ctx context.Context, id string) (host.Event, error) {
	var e host.Event
	var trace sql.NullString
	var received int64
	err := db.readers.QueryRowContext(ctx, `
		SELECT e.id, e.tenant, e.trigger, e.user_id, e.traceparent, e.received_at, p.body
		FROM event e JOIN payload p ON p.event = e.seq
		WHERE e.id = ?`, id).
		Scan(&e.ID, &e.Tenant, &e.Trigger, &e.UserID, &trace, &received, &e.Body)
	if errors.Is(err, sql.ErrNoRows) {
		return host.Event{}, notFound("there is no event " + id)
	}
	e.Traceparent, e.ReceivedAt = trace.String, fromMicros(received)
	return e, hostError(err)
}

func fingerprint(e *host.NewEvent) driverValue {
	if e.Key == "" {
		return nil
	}
	return e.Fingerprint[:]
}

func orNull(s string) driverValue {
	if s == "" {
		return nil
	}
	return s
}

func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
