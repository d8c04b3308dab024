package sqlite

import (
	"encoding/json"
	"strings"

	"github.com/usherhost/usher/host"
)

// executionRow is a row of the table execution, with the columns of its event that
// identify the user.
type executionRow struct {
	seq, event, plan                     int64
	id, rerunOf                          string // id is empty in the table for an event's first execution
	status                               host.Status
	progress                             string // one letter for each step of the plan, see packProgress
	attempt, nextAt, leased, epoch       int64
	createdAt, endedAt                   int64
	held                                 string // for what it is held back; "": it is not
	eventID, tenant, userID, traceparent string
	trigger                              host.Trigger
	receivedAt                           int64
	batch                                string // that made the rerun
	retried                              string // JSON: attempts of each step before it was retried last; empty: none was
	firstAt                              int64  // of the attempts of the step that is retrying
}

// newExecution returns the row of an execution that is due now, or completed
// at once when the plan is empty.
func newExecution(tx *transaction, plan *plan, seq, event int64) executionRow {
	x := executionRow{
		seq: seq, event: event, plan: plan.number, status: host.StatusPending, progress: plan.blank,
		createdAt: micros(tx.now), nextAt: micros(tx.now),
	}
	if len(plan.steps) == 0 {
		x.status, x.endedAt, x.nextAt = host.StatusCompleted, x.createdAt, 0
	}
	return x
}

func (x *executionRow) insert(tx *transaction) error {
	var id, ended driverValue // and the columns of a retry stay NULL
	if x.rerunOf != "" {
		id = x.id
	}
	if x.endedAt != 0 {
		ended = x.endedAt
	}
	_, err := tx.exec(`
		INSERT INTO execution (seq, id, event, plan, replay_of, batch, status, progress, attempt, next_at, leased, epoch, created_at, ended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		x.seq, id, x.event, x.plan, orNull(x.rerunOf), orNull(x.batch), string(x.status), x.progress, x.attempt, x.nextAt,
		x.leased, x.epoch, x.createdAt, ended)
	if err == nil && x.endedAt == 0 {
		tx.unended.all++
	}
	return err
}

// execution returns the row as the domain's type. event may be nil.
func (x *executionRow) execution(event *host.Event, plan []host.Step) host.Execution {
	out := host.Execution{
		ID: x.id, EventID: x.eventID, Tenant: x.tenant, Trigger: x.trigger, UserID: x.userID,
		Status: x.status, Plan: plan, Progress: unpackProgress(x.progress), Attempt: int(x.attempt),
		NextAt: fromMicros(x.nextAt), Epoch: x.epoch, RerunOf: x.rerunOf, Held: x.held, Traceparent: x.traceparent,
		CreatedAt: fromMicros(x.createdAt), EndedAt: fromMicros(x.endedAt), Event: event,
	}
	out.Batch, out.Retried = x.batch, x.attemptsBefore()
	if x.status == host.StatusRetrying {
		out.FirstAt = fromMicros(x.firstAt)
	}
	if event != nil {
		out.EventID, out.Traceparent = event.ID, event.Traceparent
	}
	return out
}

// attemptsBefore reads the column retried.
func (x *executionRow) attemptsBefore() (had []int) {
	if x.retried != "" {
		_ = json.Unmarshal([]byte(x.retried), &had) // what can't be read counts from 1 again
	}
	return had
}

// metadata returns the event of the row without its Body.
func (x *executionRow) metadata() *host.Event {
	return &host.Event{
		ID: x.eventID, Tenant: x.tenant, Trigger: x.trigger, UserID: x.userID,
		Traceparent: x.traceparent, ReceivedAt: fromMicros(x.receivedAt),
	}
}

// packProgress returns the column progress: p pending, s succeeded, d dead, c canceled,
// f failed, k skipped.
func packProgress(states []host.StepState) string {
	packed := make([]byte, len(states))
	for i, state := range states {
		switch state {
		case host.StepSucceeded:
			packed[i] = 's'
		case host.StepDead:
			packed[i] = 'd'
		case host.StepCanceled:
			packed[i] = 'c'
		case host.StepFailed:
			packed[i] = 'f'
		case host.StepSkipped:
			packed[i] = 'k'
		default:
			packed[i] = 'p'
		}
	}
	return string(packed)
}

func unpackProgress(packed string) []host.StepState {
	states := make([]host.StepState, len(packed))
	for i := range packed {
		switch packed[i] {
		case 's':
			states[i] = host.StepSucceeded
		case 'd':
			states[i] = host.StepDead
		case 'c':
			states[i] = host.StepCanceled
		case 'f':
			states[i] = host.StepFailed
		case 'k':
			states[i] = host.StepSkipped
		default:
			states[i] = host.StepPending
		}
	}
	return states
}

// column is a column of a query, and the field that gets its value.
type column struct {
	sql   string
	field any // *int64, *string, *host.Status or *host.Trigger
}

// columns is the one list of what is read of an execution.
func (x *executionRow) columns() []column {
	return []column{
		{"x.seq", &x.seq},
		{"x.event", &x.event},
		{"x.plan", &x.plan},
		{"COALESCE(x.id, '')", &x.id},
		{"COALESCE(x.replay_of, '')", &x.rerunOf},
		{"x.status", &x.status},
		{"x.progress", &x.progress},
		{"x.attempt", &x.attempt},
		{"x.next_at", &x.nextAt},
		{"x.leased", &x.leased},
		{"x.epoch", &x.epoch},
		{"x.created_at", &x.createdAt},
		{"COALESCE(x.ended_at, 0)", &x.endedAt},
		{"COALESCE(x.held, '')", &x.held},
		{"e.id", &x.eventID},
		{"e.tenant", &x.tenant},
		{"e.user_id", &x.userID},
		{"COALESCE(e.traceparent, '')", &x.traceparent},
		{"e.trigger", &x.trigger},
		{"e.received_at", &x.receivedAt},
		{"COALESCE(x.batch, '')", &x.batch},
		{"COALESCE(x.retried, '')", &x.retried},
		{"COALESCE(x.first_at, 0)", &x.firstAt},
	}
}

var executionColumns = selectColumns((&executionRow{}).columns())

var selectExecution = executionColumns + `
	FROM execution x JOIN event e ON e.seq = x.event`

// selectColumns returns the beginning of a query for the columns.
func selectColumns(columns []column) string {
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].sql
	}
	return "SELECT " + strings.Join(names, ", ")
}

// scanExecution reads a row of executionColumns from database/sql.
func scanExecution(row interface{ Scan(...any) error }) (executionRow, error) {
	var x executionRow
	columns := x.columns()
	fields := make([]any, len(columns))
	for i := range columns {
		fields[i] = columns[i].field
	}
	err := row.Scan(fields...)
	x.fillID()
	return x, err
}

// readExecution reads a row of executionColumns from the writer's connection.
func readExecution(row []driverValue) executionRow {
	var x executionRow
	for i, c := range x.columns() {
		switch field := c.field.(type) {
		case *int64:
			*field = integer(row[i])
		case *string:
			*field = text(row[i])
		case *host.Status:
			*field = host.Status(text(row[i]))
		case *host.Trigger:
			*field = host.Trigger(text(row[i]))
		}
	}
	x.fillID()
	return x
}

// fillID fills in the id of an event's first execution, which the table leaves out.
func (x *executionRow) fillID() {
	if x.id == "" {
		x.id = executionID(x.eventID)
	}
}
