package host

import (
	"reflect"
	"time"
)

// Status is the state of an execution.
type Status string

// The states. The last four are final.
const (
	StatusPending   Status = "pending"   // accepted, no action has run
	StatusRunning   Status = "running"   // at least one action has run, the next is due
	StatusRetrying  Status = "retrying"  // an action failed and runs again at NextAt
	StatusCompleted Status = "completed" // every action succeeded
	StatusPartial   Status = "partial"   // it ran to its end, and at least one action is a dead letter
	StatusFailed    Status = "failed"    // an action with on_failure "stop" is a dead letter
	StatusCanceled  Status = "canceled"  // an operator stopped it
)

// Statuses returns every status, in the order in which an execution may have them.
func Statuses() []Status {
	return []Status{StatusPending, StatusRunning, StatusRetrying, StatusCompleted, StatusPartial, StatusFailed, StatusCanceled}
}

// Final reports whether the execution has ended.
func (s Status) Final() bool {
	return s == StatusCompleted || s == StatusPartial || s == StatusFailed || s == StatusCanceled
}

// Step is one place in a plan: the version that was deployed at a binding when
// the event was accepted.
type Step struct {
	BindingID string   `json:"binding_id"`
	ActionID  string   `json:"action_id"`
	Action    string   `json:"action"` // name
	VersionID string   `json:"version_id"`
	Number    int      `json:"version"`
	Digest    string   `json:"digest"`
	Secrets   []string `json:"secrets,omitempty"` // names the version declares
	Declared  Settings `json:"declared,omitzero"` // from the version's manifest
	Settings  Settings `json:"settings"`          // in effect at accept; a binding that still exists overrides Declared with its present settings
}

// StepState is the state of one step.
type StepState string

// The states of a step.
const (
	StepPending   StepState = "pending"
	StepSucceeded StepState = "succeeded"
	StepDead      StepState = "dead"    // it failed in its last attempt
	StepFailed    StepState = "failed"  // it failed, or did not run, in a flow that decides
	StepSkipped   StepState = "skipped" // a flow that decides was denied before it
)

// Execution runs the plan of one event. Its steps run strictly in
// order, one at a time.
type Execution struct {
	ID          string      `json:"id"`
	EventID     string      `json:"event_id"`
	Tenant      string      `json:"tenant"`
	Trigger     Trigger     `json:"trigger"`
	UserID      string      `json:"user_id"`
	Status      Status      `json:"status"`
	Plan        []Step      `json:"plan"`
	Progress    []StepState `json:"progress"` // one for each step of Plan
	Attempt     int         `json:"attempt"`  // attempts that the next step has had
	NextAt      time.Time   `json:"next_at,omitzero"`
	Epoch       int64       `json:"-"` // raised by every lease; an older one may no longer record
	RerunOf     string      `json:"rerun_of,omitempty"`
	Traceparent string      `json:"traceparent,omitempty"`
	CreatedAt   time.Time   `json:"created_at"`
	EndedAt     time.Time   `json:"ended_at,omitzero"`
	Decision    *Decision   `json:"decision,omitempty"` // of a trigger that decides
	Event       *Event      `json:"-"`                  // with its Body, when it was leased with it
	Resumption  Resumption  `json:"-"`                  // of the attempt that is made now
}

// Next returns the index in Plan of the step that runs next, and false when
// none is left: all are done, or a dead one stopped the execution.
func (e *Execution) Next() (int, bool) {
	for i, state := range e.Progress {
		if state == StepPending {
			return i, !e.Status.Final()
		}
	}
	return len(e.Plan), false
}

// Outcome is what an executor records: an attempt's result and the state that
// the execution is in after it. The store refuses it with Fenced when the
// execution was leased again since Epoch.
type Outcome struct {
	ExecutionID string
	Epoch       int64
	Result      *Result   // nil when only the state changes
	Tape        []byte    // sealed; nil when the event was the run's only input
	TapeUntil   time.Time // when it is deleted; zero: with its execution
	Status      Status
	Progress    []StepState
	Attempt     int
	NextAt      time.Time // when it is due again; zero for at once
}

// ExecutionQuery selects executions, newest first. Zero fields do not filter.
type ExecutionQuery struct {
	Status    Status
	Decision  Verdict // executions that decided so
	UserID    string
	EventID   string
	ActionID  string    // executions with this action in their plan's results
	VersionID string    // executions with this version in their plan's results
	Since     time.Time // accepted at that time or later
	Until     time.Time // accepted before
	Text      string    // part of an error message, in any of its attempts
	Before    string    // an execution id: only older ones
	Limit     int       // 1 to 500; 0 is 50

	Where []FieldValue // of their events, all of them: searchable fields
}

// Selects reports whether any field but Before and Limit leaves executions out.
func (q ExecutionQuery) Selects() bool {
	where := q.Where
	q.Before, q.Limit, q.Where = "", 0, nil
	return len(where) > 0 || !reflect.ValueOf(q).IsZero()
}

// Backlog counts the executions that have not ended.
type Backlog struct {
	Unended  int64     // executions that have not ended, the running ones included
	Retrying int64     // of those, waiting for a further attempt
	DueSince time.Time // when the oldest due execution that no worker leases became due; zero: none is due
}
