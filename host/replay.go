package host

import (
	"context"
	"encoding/json"
	"io"
)

// Replays plays recorded runs back from their tapes: nothing leaves the host, and nothing
// is stored. Package replay implements it.
type Replays interface {
	// Replay plays one attempt back and compares it with what was recorded.
	Replay(ctx context.Context, executionID string, q ReplayQuery) (ReplayReport, error)

	// TapePage returns calls of an attempt from the one numbered first on, limit at most.
	TapePage(ctx context.Context, executionID string, q ReplayQuery, first, limit int) (TapePage, error)

	// ExportTape writes the file that `usher replay FILE` reads, without secrets, and
	// without the personal data that the paths in mask lead to.
	ExportTape(ctx context.Context, w io.Writer, executionID string, q ReplayQuery, mask []string) error
}

// ReplayQuery says which attempt is replayed, and with which code and answers.
type ReplayQuery struct {
	Action  string // id or name; "": the step that failed, or else the only one that ran
	Attempt int    // 0: the last one that was recorded

	Version string // number or id of the version to run; "": the one that ran
	Module  []byte // to run in its place; nil: there is none

	// Answers are given in place of the tape's, by the number of their call, as they
	// would be on a tape.
	Answers map[int]json.RawMessage
}

// ReplayReport is what a replay came to. It has no secrets.
type ReplayReport struct {
	ExecutionID string     `json:"execution_id"`
	Step        int        `json:"step"`
	Action      string     `json:"action"`
	Attempt     int        `json:"attempt"`
	EventID     string     `json:"event_id"`
	Code        ReplayCode `json:"code"`
	Given       []int      `json:"given,omitempty"` // the calls with an answer of the caller's; all others are answered from the tape

	// Same says that nothing differed: calls, logs, output and error, and for the code
	// that ran then, fuel; with answers of the caller's, up to the first of them.
	Same       bool              `json:"same"`
	Calls      int               `json:"calls"` // that the replay made
	Divergence *ReplayDivergence `json:"divergence,omitempty"`

	// Unanswered is the call at which the replay ended because the tape has no answer.
	Unanswered *ReplayCall `json:"unanswered,omitempty"`

	RecordedFuel int64  `json:"recorded_fuel"`
	Result       Result `json:"result"` // of the replay
}

// ReplayCode is the code that was replayed.
type ReplayCode struct {
	Version int    `json:"version,omitempty"` // 0: a module that is no version
	Digest  string `json:"digest"`
	Ran     bool   `json:"ran"` // it is what ran when the tape was recorded
}

// ReplayCall names one host call.
type ReplayCall struct {
	Ordinal  int    `json:"ordinal"`
	Function string `json:"function"`
	Target   string `json:"target,omitempty"` // method and URL, or a name
}

// ReplayDivergence is the first difference between a replay and what was recorded. Of a
// call, the side that is nil did not make it.
type ReplayDivergence struct {
	Part     string         `json:"part"` // call, answer, random, clock, fault, error, output, logs, commands, fuel
	Recorded *ReplayCall    `json:"recorded,omitempty"`
	Replayed *ReplayCall    `json:"replayed,omitempty"`
	Changes  []ReplayChange `json:"changes"`
	More     int            `json:"more,omitempty"` // changes that are not listed
}

// ReplayChange is a value that differs. Where a side has none, it is "".
type ReplayChange struct {
	Path     string `json:"path"` // method, url, headers.NAME, body.PATH, logs.0.message, …
	Recorded string `json:"recorded"`
	Replayed string `json:"replayed"`
}
