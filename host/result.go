package host

import (
	"encoding/json"
	"strings"
	"time"
)

// Fault classifies a failed run by its cause.
type Fault string

// The causes.
const (
	FaultGuest  Fault = "guest"  // the action's code: an error it set, a trap, a non-zero return
	FaultLimit  Fault = "limit"  // it went over one of its limits; Result.Limit names it
	FaultEgress Fault = "egress" // a request that it needed is against its binding's egress policy
	FaultHost   Fault = "host"   // the host: the module did not load, a secret is not set
)

// Result is one action's outcome in one attempt.
type Result struct {
	ExecutionID      string       `json:"execution_id"`
	Step             int          `json:"step"`
	Attempt          int          `json:"attempt"` // from 1
	BindingID        string       `json:"binding_id"`
	ActionID         string       `json:"action_id"`
	Action           string       `json:"action"`
	VersionID        string       `json:"version_id"`
	Number           int          `json:"version"`
	Succeeded        bool         `json:"succeeded"`
	DeadLetter       bool         `json:"dead_letter,omitempty"` // it failed and was the last attempt
	Fault            Fault        `json:"fault,omitempty"`
	Limit            string       `json:"limit,omitempty"` // the limit's name in [Limits], with FaultLimit
	Error            *ResultError `json:"error,omitempty"`
	Output           []byte       `json:"output,omitempty"` // the guest's output, without secrets
	Logs             []Log        `json:"logs,omitempty"`
	LogsCut          bool         `json:"logs_cut,omitempty"` // lines over LogBytes were cut or dropped; the last one reports how many
	Calls            []CallNote   `json:"calls,omitempty"`
	Commands         []Command    `json:"commands,omitempty"` // what it gave a flow that decides, without secrets
	Stats            Stats        `json:"stats"`
	StartedAt        time.Time    `json:"started_at"`
	EndedAt          time.Time    `json:"ended_at"`
	RetryAfterMillis int64        `json:"retry_after_ms,omitempty"` // from the last response
	NonRetryable     bool         `json:"non_retryable,omitempty"`  // the action said that no further attempt would help

	// Contacted counts the requests sent to each origin, in the form of
	// [Egress.Allow]. It is stored for the version, as [OriginUse], not with the result.
	Contacted map[string]int64 `json:"-"`

	// Given is Commands as the action gave them, for the decision; it is never stored.
	Given []Command `json:"-"`
}

// SeqResult is a result with its place in the order in which results were
// recorded, the cursor of a live tail.
type SeqResult struct {
	Seq int64 `json:"seq"`
	Result
}

// ResultError is the error of a failed run, for the action's author: its own
// message first, then the trap and the stack.
type ResultError struct {
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty"` // the error's own, such as "ECONNREFUSED"
	Hint    string `json:"hint,omitempty"`
	Fix     *Fix   `json:"fix,omitempty"` // stored as it is; in answers it is part of Hint
	Stack   string `json:"stack,omitempty"`
}

// Line returns the error on one line: "TypeError [CODE]: message".
func (e ResultError) Line() string {
	head := e.Name
	if e.Code != "" {
		head = strings.TrimLeft(head+" ["+e.Code+"]", " ")
	}
	if head == "" || e.Message == "" {
		return head + e.Message
	}
	return head + ": " + e.Message
}

// Log is one line that a guest wrote.
type Log struct {
	At      time.Time `json:"at"`
	Level   string    `json:"level"` // trace, debug, info, warn, error
	Message string    `json:"message"`
}

// CallNote describes one host call for people. It passed the redactor; the
// exact bytes are on the [Tape].
type CallNote struct {
	Ordinal    int    `json:"ordinal"`
	Function   string `json:"function"`
	Target     string `json:"target,omitempty"` // "POST https://…" or the name of a secret or cache key
	Status     int    `json:"status,omitempty"` // of an HTTP response
	Bytes      int64  `json:"bytes,omitempty"`  // of the answer
	Proxy      string `json:"proxy,omitempty"`  // that an HTTP response came through
	Body       string `json:"body,omitempty"`   // of an HTTP response with an error's status: its first 4 KiB, without secrets
	Error      string `json:"error,omitempty"`
	Hint       string `json:"hint,omitempty"` // how to allow a request that was refused
	Fix        *Fix   `json:"fix,omitempty"`  // as in [ResultError]
	TookMicros int64  `json:"took_us"`

	// FromAttempt is the earlier attempt from whose tape a request was answered; 0:
	// it was not answered so. An attempt that the host's end cut off has the number of
	// the one that was made in its place.
	FromAttempt int `json:"from_attempt,omitempty"`
}

// Stats are the resources that a run used.
type Stats struct {
	TotalMicros  int64     `json:"total_us"`     // wall clock of the whole run
	StartMicros  int64     `json:"start_us"`     // until the guest's export was entered
	HostMicros   int64     `json:"host_us"`      // spent in host functions
	MemoryBytes  int64     `json:"memory_bytes"` // linear memory at the end
	HostCalls    int64     `json:"host_calls"`
	HTTPRequests int64     `json:"http_requests"`
	Fuel         int64     `json:"fuel"` // see [Limits]
	Isolation    Isolation `json:"isolation,omitempty"`
}

// Tape is every input of a run besides its event: with the module it determines
// the run. It holds secret values: seal it before it is stored.
type Tape struct {
	Seed    []byte            `json:"seed,omitempty"`    // 32 bytes from which the guest's random numbers came; nil when it used none
	Start   time.Time         `json:"start,omitzero"`    // the guest's clock at its start; zero when it never read it. Looks at it move it by fuel, see package guest
	Secrets map[string]string `json:"secrets,omitempty"` // as in event.secrets
	Key     []byte            `json:"key,omitempty"`     // of its calls' digests; it is as secret as they are
	Calls   []Call            `json:"calls,omitempty"`

	// Untaken are the answers that had come when the run ended and that the guest had
	// not taken: what http_wait would have returned. A retry resumes from them too. In a
	// part of a tape they are also the request that is about to be sent.
	Untaken []Call `json:"untaken,omitempty"`

	Settings          *Settings `json:"settings,omitempty"`            // that the run had, over the defaults; nil on tapes that were recorded without, and when it ended before
	UserMetadataBytes int       `json:"user_metadata_bytes,omitempty"` // that earlier actions of a flow that decides had set, likewise below
	AppMetadataBytes  int       `json:"app_metadata_bytes,omitempty"`
}

// Empty reports whether the event was the only input of the run: it ran under the
// default settings, and got nothing from outside.
func (t Tape) Empty() bool {
	return t.Seed == nil && t.Start.IsZero() && len(t.Secrets) == 0 && len(t.Calls) == 0 &&
		t.UserMetadataBytes == 0 && t.AppMetadataBytes == 0 &&
		(t.Settings == nil || t.Settings.IsDefault())
}

// Call is one host call on a tape.
type Call struct {
	Ordinal    int             `json:"n"`
	Function   string          `json:"fn"`
	Request    json.RawMessage `json:"req,omitempty"`
	Answer     json.RawMessage `json:"ans,omitempty"`
	EndMicros  int64           `json:"end_us"`            // the guest's clock after the call, from Start
	HeldBytes  int64           `json:"held,omitempty"`    // of answers that had come by then and were not taken
	RequestCut *Cut            `json:"req_cut,omitempty"` // Request is not whole
	AnswerCut  *Cut            `json:"ans_cut,omitempty"` // Answer is not whole: a replay ends before this call
	Digest     []byte          `json:"digest,omitempty"`  // of the real request under the tape's key, where Request has no secrets

	// Attempt is the earlier attempt from whose tape a request was answered; 0: it was
	// not answered so. At is when the answer came in truth, if the guest's clock did not
	// show that: zero is Start and EndMicros.
	Attempt int       `json:"attempt,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Cut describes a request or an answer that is on the tape in part: in valid JSON,
// with its longest strings cut.
type Cut struct {
	Bytes  int64  `json:"bytes"`  // of all of it, in JSON
	SHA256 []byte `json:"sha256"` // likewise
}
