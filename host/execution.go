package host

import (
	"reflect"
	"slices"
	"time"
)

// Status is the state of an execution.
type Status string

// The states. The last four are final.
const (
	StatusPending   Status = "pending"   // accepted, no action has run
	StatusRunning   Status = "running"   // at least one action has run, the next is due
	StatusRetrying  Status = "retrying"  // an action failed and runs again at NextAt
	StatusCompleted Status = "completed" // every action succeeded, but for those that were deleted meanwhile
	StatusPartial   Status = "partial"   // it ran to its end, and at least one action is a dead letter
	StatusFailed    Status = "failed"    // an action with on_failure "stop" is a dead letter
	StatusCanceled  Status = "canceled"  // an operator stopped it, or deleted its actions
)

// Statuses returns every status, in the order in which an execution may have them.
func Statuses() []Status {
	return []Status{StatusPending, StatusRunning, StatusRetrying, StatusCompleted, StatusPartial, StatusFailed, StatusCanceled}
}

// Final reports whether the execution has ended.
func (s Status) Final() bool {
	return s == StatusCompleted || s == StatusPartial || s == StatusFailed || s == StatusCanceled
}

// FinalStatus returns the status of an execution none of whose steps is left to run. Steps
// that were canceled do not count, unless there are no others.
func FinalStatus(progress []StepState) Status {
	switch {
	case slices.Contains(progress, StepDead):
		return StatusPartial
	case slices.Contains(progress, StepCanceled) && !slices.Contains(progress, StepSucceeded):
		return StatusCanceled
	}
	return StatusCompleted
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
	StepDead      StepState = "dead"     // it failed in its last attempt
	StepCanceled  StepState = "canceled" // its action was deleted before it had succeeded
	StepFailed    StepState = "failed"   // it failed, or did not run, in a flow that decides
	StepSkipped   StepState = "skipped"  // a flow that decides was denied before it
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
	FirstAt     time.Time   `json:"first_at,omitzero"` // while it is retrying: when the first attempt began since which MaxAge counts
	Retried     []int       `json:"-"`                 // attempts that each step had had when an operator retried it last; nil: none did
	Held        string      `json:"held,omitempty"`    // for what the next step is held back: its action's id (paused, or over a limit), or its version's (breaker)
	Epoch       int64       `json:"-"`                 // raised by every lease; an older one may no longer record
	RerunOf     string      `json:"rerun_of,omitempty"`
	Batch       string      `json:"batch,omitempty"` // of the [Batch] that made the rerun
	Traceparent string      `json:"traceparent,omitempty"`
	CreatedAt   time.Time   `json:"created_at"`
	EndedAt     time.Time   `json:"ended_at,omitzero"`
	Decision    *Decision   `json:"decision,omitempty"` // of a trigger that decides
	Event       *Event      `json:"-"`                  // with its Body, when it was leased with it
	Resumption  Resumption  `json:"-"`                  // of the attempt that is made now
}

// AttemptsBefore returns how many attempts the step had had when an operator retried it
// last: these do not count for its MaxAttempts any more.
func (e *Execution) AttemptsBefore(index int) int {
	if index < len(e.Retried) {
		return e.Retried[index]
	}
	return 0
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
	FirstAt     time.Time // of the execution, when it is retrying
	Held        string    // for what the execution is held back, see [Execution]; "": it is not
	Notices     []Notice  // to be stored in the same commit
}

// RetryOptions say how an operator's retry goes on.
type RetryOptions struct {
	SameVersion bool // with the version that the step has, not the one that is deployed now
	Now         bool // an attempt that waits for its time is made at once; without it, dead steps are retried
}

// RerunOptions say what a rerun runs.
type RerunOptions struct {
	SameVersions bool   // the versions that the first one ran, not those that are deployed and bound now
	ActionID     string // this action alone; "" for all
	Batch        string // the request that it is part of; "" for none
}

// Batch is a request that does the same to many executions, a part of them at a time,
// newest first. The next part begins at Next, as the Before of its query.
type Batch struct {
	ID       string         `json:"batch,omitempty"`
	DryRun   bool           `json:"dry_run"`
	Selected int            `json:"selected"` // executions of this part
	Done     int            `json:"done"`     // of those, to which it was done, or in a dry run would be
	Skipped  []BatchSkipped `json:"skipped"`
	Next     string         `json:"next"` // "" after the last part

	// Indexing are the fields of the query by which not all older executions are found yet.
	Indexing []SearchableField `json:"indexing,omitempty"`

	Executions []string `json:"-"` // to which it was done
}

// BatchSkipped is why a batch left executions as they are.
type BatchSkipped struct {
	Reason     string `json:"reason"`
	Executions int    `json:"executions"`
	Example    string `json:"example"` // the first of them
}

// Skip counts executions that are left as they are.
func (b *Batch) Skip(s BatchSkipped) {
	for i := range b.Skipped {
		if b.Skipped[i].Reason == s.Reason {
			b.Skipped[i].Executions += s.Executions
			return
		}
	}
	b.Skipped = append(b.Skipped, s)
}

// Add adds the next part of the batch.
func (b *Batch) Add(part Batch) {
	b.ID, b.DryRun, b.Next, b.Indexing = part.ID, part.DryRun, part.Next, part.Indexing
	b.Selected += part.Selected
	b.Done += part.Done
	b.Executions = append(b.Executions, part.Executions...)
	for _, s := range part.Skipped {
		b.Skip(s)
	}
}

// BatchQuery selects the executions of a part of a [Batch].
type BatchQuery struct {
	ExecutionQuery          // Limit: how many the part has at most; 0 is 100, in a dry run 10000
	IDs            []string // these alone, in place of the query
	DryRun         bool     // nothing is done
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
