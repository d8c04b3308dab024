package host

import (
	"context"
	"strings"
	"time"
)

// Checks runs recorded executions against another version of their action. Nothing
// leaves the host: every answer comes from a tape. Package check implements it.
type Checks interface {
	// Check reports how the version that q names differs from the deployed one, and
	// records that it passed if it did. It calls progress, from any goroutine, with how
	// many of the selected runs are done.
	Check(ctx context.Context, action string, q CheckQuery, progress func(done, of int)) (CheckReport, error)
}

// CheckQuery says what is checked against which runs. One of Version, Draft and Module is
// set; without any, the draft is checked if there is one that is not deployed, and
// otherwise the newest version.
type CheckQuery struct {
	Version  string    `json:"version,omitempty"` // number or id
	Draft    bool      `json:"draft,omitempty"`
	Module   []byte    `json:"-"`
	Manifest *Manifest `json:"-"` // of Module

	Last     int         `json:"last,omitempty"`     // how many runs, the newest: 1 to MaxChecked; 0 is DefaultChecked
	Since    time.Time   `json:"since,omitzero"`     // only executions accepted at that time or later
	Failures bool        `json:"failures,omitempty"` // only runs that failed
	Faults   bool        `json:"faults,omitempty"`   // runs the new version with failing calls instead, see [CheckFault]
	Allow    []Allowance `json:"allow,omitempty"`
}

// The bounds of a check.
const (
	DefaultChecked = 1000
	MaxChecked     = 10_000
	MaxAllowances  = 1000
)

// Allowance is a kind of difference that was reviewed and is expected. In Difference, the
// key of a [CheckGroup], "*" stands for any characters.
type Allowance struct {
	Difference string `json:"difference" yaml:"difference"`
	Reason     string `json:"reason" yaml:"reason"`
}

// Matches reports whether a is about the difference with that key.
func (a Allowance) Matches(key string) bool {
	parts := strings.Split(a.Difference, "*")
	if len(parts) == 1 {
		return a.Difference == key
	}
	rest, ok := strings.CutPrefix(key, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return strings.HasSuffix(rest, last)
}

// CheckReport is what a check found.
type CheckReport struct {
	Action string    `json:"action"`
	Old    CheckSide `json:"old"` // the versions that the runs were recorded with
	New    CheckSide `json:"new"`

	Compared int            `json:"compared"` // runs
	Same     int            `json:"same"`     // of those, without any difference
	Skipped  []CheckSkipped `json:"skipped"`  // runs that can't be compared, by reason

	// Control are the differences of recorded runs from their own tapes, with the version
	// that they ran: faults of the host, not of the new version.
	Control  []CheckGroup `json:"control"`
	Groups   []CheckGroup `json:"differences"`
	Faults   []CheckFault `json:"faults,omitempty"`   // with CheckQuery.Faults
	Injected int          `json:"injected,omitempty"` // failing calls, with CheckQuery.Faults

	Fuel   CheckCost `json:"fuel"`    // instructions of the guest
	Micros CheckCost `json:"time_us"` // from a run's start to the last answer that it waited for, with the times of the tape

	Unused []string `json:"unused_allowances"` // those that no difference matched
	Passed bool     `json:"passed"`            // every difference is allowed, and the control found none
	Gate   string   `json:"gate,omitempty"`    // why a check without differences does not count for require_check
}

// CheckSide is one of the two versions that are compared.
type CheckSide struct {
	Version int    `json:"version,omitempty"` // 0: it is no version yet, or there are several
	Digest  string `json:"digest,omitempty"`
	Name    string `json:"name"` // "version 3", "the draft", "versions 1 to 3"
}

// CheckGroup is one kind of difference, with the first run that has it as its example.
type CheckGroup struct {
	Class   string       `json:"class"` // missing, new, changed, reordered, fault, result, logs
	Key     string       `json:"key"`   // names the kind, for an [Allowance]
	Runs    int          `json:"runs"`  // that have it
	Places  int          `json:"places"`
	Example CheckExample `json:"example"`
	Allowed string       `json:"allowed,omitempty"` // the reason of the allowance
}

// CheckExample is one difference, without secrets.
type CheckExample struct {
	ExecutionID string `json:"execution_id"`
	Step        int    `json:"step"`
	Attempt     int    `json:"attempt"`
	Old         string `json:"old,omitempty"`
	New         string `json:"new,omitempty"`
}

// CheckSkipped are runs that can't be compared.
type CheckSkipped struct {
	Reason  string `json:"reason"`
	Runs    int    `json:"runs"`
	Example string `json:"example"` // an execution
}

// CheckCost is what all compared runs cost together with either version.
type CheckCost struct {
	Old  int64   `json:"old"`
	New  int64   `json:"new"`
	Most float64 `json:"most"` // the greatest new/old of one run
}

// Change returns new/old - 1, 0 when there is no old.
func (c CheckCost) Change() float64 {
	if c.Old == 0 {
		return 0
	}
	return float64(c.New)/float64(c.Old) - 1
}

// CheckFault is one way in which an action behaves badly when a call of it fails.
type CheckFault struct {
	Kind    string       `json:"kind"`   // "loses data", "sends twice", "never ends"
	Key     string       `json:"key"`    // names the kind, for an [Allowance]
	Fault   string       `json:"fault"`  // that was injected: "429", "timeout"
	Target  string       `json:"target"` // the call that failed
	Detail  string       `json:"detail"`
	Runs    int          `json:"runs"`
	Example CheckExample `json:"example"`
	Allowed string       `json:"allowed,omitempty"`
}
