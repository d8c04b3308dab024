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

// executionRow is a row of the table, with the event's columns that tell whose
// it is.
type executionRow struct {
	seq, event, plan                     int64
	id, replayOf                         string // id is empty in the table for an event's first execution
	status                               host.Status
	steps                                string
	attempt, nextAt, lent, epoch         int64
	createdAt, endedAt                   int64
	eventID, tenant, userID, traceparent string
	trigger                              host.Trigger
	receivedAt                           int64
}

// newExecution returns the row of an execution that is due now, or completed
// at once when the plan is empty.
func newExecution(tx *transaction, plan *plan, seq, event int64) executionRow {
	x := executionRow{
		seq: seq, event: event, plan: plan.number, status: host.Waiting, steps: plan.blank,
		createdAt: micros(tx.now), nextAt: micros(tx.now),
	}
	if len(plan.steps) == 0 {
		x.status, x.endedAt, x.nextAt = host.Completed, x.createdAt, 0
	}
	return x
}

func (x *executionRow) insert(tx *transaction) error {
	var id, ended driverValue
	if x.replayOf != "" {
		id = x.id
	}
	if x.endedAt != 0 {
		ended = x.endedAt
	}
	_, err := tx.exec(`
		INSERT INTO execution (seq, id, event, plan, replay_of, status, steps, attempt, next_at, lent, epoch, created_at, ended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		x.seq, id, x.event, x.plan, orNull(x.replayOf), string(x.status), x.steps, x.attempt, x.nextAt,
		x.lent, x.epoch, x.createdAt, ended)
	if err == nil && x.endedAt == 0 {
		tx.unended.all++
	}
	return err
}

// execution returns the row in words. event may be nil.
func (x *executionRow) execution(event *host.Event, plan []host.Step) host.Execution {
	out := host.Execution{
		ID: x.id, EventID: x.eventID, Tenant: x.tenant, Trigger: x.trigger, UserID: x.userID,
		Status: x.status, Plan: plan, Steps: unpackSteps(x.steps), Attempt: int(x.attempt),
		NextAt: fromMicros(x.nextAt), Epoch: x.epoch, ReplayOf: x.replayOf, Traceparent: x.traceparent,
		CreatedAt: fromMicros(x.createdAt), EndedAt: fromMicros(x.endedAt), Event: event,
	}
	if event != nil {
		out.EventID, out.Traceparent = event.ID, event.Traceparent
	}
	return out
}

// metadata returns the event of the row without its Body.
func (x *executionRow) metadata() *host.Event {
	return &host.Event{
		ID: x.eventID, Tenant: x.tenant, Trigger: x.trigger, UserID: x.userID,
		Traceparent: x.traceparent, ReceivedAt: fromMicros(x.receivedAt),
	}
}

// packSteps writes states as the steps column has them.
func packSteps(states []host.StepState) string {
	packed := make([]byte, len(states))
	for i, state := range states {
		switch state {
		case host.StepSucceeded:
			packed[i] = 's'
		case host.StepDead:
			packed[i] = 'd'
		default:
			packed[i] = 'p'
		}
	}
	return string(packed)
}

func unpackSteps(packed string) []host.StepState {
	states := make([]host.StepState, len(packed))
	for i := range packed {
		switch packed[i] {
		case 's':
			states[i] = host.StepSucceeded
		case 'd':
			states[i] = host.StepDead
		default:
			states[i] = host.StepPending
		}
	}
	return states
}

const executionColumns = `
	SELECT x.seq, x.event, x.plan, COALESCE(x.id, ''), COALESCE(x.replay_of, ''), x.status, x.steps,
	       x.attempt, x.next_at, x.lent, x.epoch, x.created_at, COALESCE(x.ended_at, 0),
	       e.id, e.tenant, e.user_id, COALESCE(e.traceparent, ''), e.trigger, e.received_at`

const selectExecution = executionColumns + `
	FROM execution x JOIN event e ON e.seq = x.event`

// fields are where Scan puts the columns of selectExecution.
func (x *executionRow) fields() []any {
	return []any{
		&x.seq, &x.event, &x.plan, &x.id, &x.replayOf, &x.status, &x.steps,
		&x.attempt, &x.nextAt, &x.lent, &x.epoch, &x.createdAt, &x.endedAt,
		&x.eventID, &x.tenant, &x.userID, &x.traceparent, &x.trigger, &x.receivedAt,
	}
}

// scanExecution reads a row of selectExecution on the writer's connection.
func scanExecution(row []driverValue) executionRow {
	x := executionRow{
		seq: integer(row[0]), event: integer(row[1]), plan: integer(row[2]), id: text(row[3]), replayOf: text(row[4]),
		status: host.Status(text(row[5])), steps: text(row[6]), attempt: integer(row[7]), nextAt: integer(row[8]),
		lent: integer(row[9]), epoch: integer(row[10]), createdAt: integer(row[11]), endedAt: integer(row[12]),
		eventID: text(row[13]), tenant: text(row[14]), userID: text(row[15]), traceparent: text(row[16]),
		trigger: host.Trigger(text(row[17])), receivedAt: integer(row[18]),
	}
	x.name()
	return x
}

// name fills in the id of an event's first execution.
func (x *executionRow) name() {
	if x.id == "" {
		x.id = executionID(x.eventID)
	}
}

// executionSeq finds an execution by its id: a replay by its own, any other by
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
	var x executionRow
	err := db.readers.QueryRowContext(ctx, selectExecution+`
		WHERE x.seq = `+executionSeq, id, eventID(id)).Scan(x.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return host.Execution{}, noExecution(id)
	}
	if err != nil {
		return host.Execution{}, fault(err)
	}
	return db.filled(ctx, &x)
}

func (db *DB) filled(ctx context.Context, x *executionRow) (host.Execution, error) {
	x.name()
	steps, err := db.stepsOf(ctx, x.plan)
	if err != nil {
		return host.Execution{}, fault(err)
	}
	return x.execution(nil, steps), nil
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

// NextDue returns when the earliest unfinished execution that nobody holds is
// due, and false when there is none.
func (db *DB) NextDue(ctx context.Context) (time.Time, bool, error) {
	var at int64
	err := db.readers.QueryRowContext(ctx, `
		SELECT next_at FROM execution
		WHERE ended_at IS NULL AND lent = 0 AND seq NOT IN (SELECT execution FROM suspect)
		ORDER BY next_at
		LIMIT 1`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fault(fmt.Errorf("read next due: %w", err))
	}
	return fromMicros(at), true, nil
}
