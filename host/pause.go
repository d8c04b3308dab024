package host

import (
	"time"
)

// Pause is an action or a trigger that runs nothing until an operator resumes it.
type Pause struct {
	Target  string    `json:"target"`             // an action's id, or a trigger
	Trigger Trigger   `json:"trigger"`            // that is paused, or of the action
	Action  string    `json:"action,omitempty"`   // the action's name; "" when the whole trigger is paused
	Reason  string    `json:"reason,omitempty"`   // what the operator gave
	Actor   Actor     `json:"paused_by"`          // who paused it
	At      time.Time `json:"paused_at,omitzero"` // when
}

// Resumed is what a resume did.
type Resumed struct {
	Target         string  `json:"target"` // an action's id, or a trigger
	Trigger        Trigger `json:"trigger"`
	Action         string  `json:"action,omitempty"` // the action's name
	Resumed        bool    `json:"resumed"`          // it was paused
	ClosedBreakers int     `json:"closed_breakers"`  // of the action's versions
}

// MaxReasonChars bounds the reason of a pause.
const MaxReasonChars = 1000

// HoldKind says what holds work back.
type HoldKind string

// The kinds.
const (
	HoldPause   HoldKind = "pause"   // an operator paused the action or the trigger
	HoldBreaker HoldKind = "breaker" // the latest attempts of a version all failed
	HoldLimit   HoldKind = "limit"   // the rate or the concurrency of the action's binding
)

// Hold is one thing that holds work back, with how much.
type Hold struct {
	Kind     HoldKind `json:"kind"`
	Trigger  Trigger  `json:"trigger"`
	ActionID string   `json:"action_id,omitempty"` // "" when the whole trigger is paused
	Action   string   `json:"action,omitempty"`    // name
	Waiting  int64    `json:"waiting"`             // executions whose next step waits for this

	Since  time.Time `json:"since,omitzero"` // when it was paused, or the breaker opened
	Reason string    `json:"reason,omitempty"`
	Actor  *Actor    `json:"paused_by,omitempty"`

	// Of a breaker.
	VersionID string       `json:"version_id,omitempty"`
	Number    int          `json:"version,omitempty"`
	State     BreakerState `json:"state,omitempty"`
	Failures  int          `json:"failures,omitempty"` // executions that failed in a row before it opened
	Error     string       `json:"error,omitempty"`    // of the latest failed attempt, on one line
	ProbeAt   time.Time    `json:"probe_at,omitzero"`  // when the next attempt is made at the earliest

	// Of a limit.
	Rate        Rate `json:"rate,omitempty"`
	Concurrency int  `json:"concurrency,omitempty"`
}

// BreakerState is the state of a version's breaker that is not closed.
type BreakerState string

// The states.
const (
	BreakerOpen    BreakerState = "open"    // nothing runs until ProbeAt
	BreakerProbing BreakerState = "probing" // one attempt runs, or is about to: it decides
)

// HeldCount is how many executions are held back in the store for a key: the id of an
// action or of a version.
type HeldCount struct {
	Key       string
	ActionID  string // of the next step of the first of them
	Action    string
	VersionID string
	Number    int
	Waiting   int64
}
