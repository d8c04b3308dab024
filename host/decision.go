package host

import (
	"encoding/json"
	"time"
)

// Verdict is the answer of a flow that decides.
type Verdict string

// The verdicts.
const (
	Allow Verdict = "allow"
	Deny  Verdict = "deny"
)

// The bounds of what an action may give the host as commands.
const (
	MaxMetadataBytes        = 32 << 10 // of user metadata that all actions of a flow set, in JSON; the same of app metadata
	MaxValidationErrorChars = 100      // of the code and of the message of a validation error
	MaxUserIDChars          = 255      // of the id that an action sets
	MaxReasonBytes          = 4 << 10  // of the reason and of the message of a deny; what is longer is cut
)

// DefaultUserMessage is what the user reads when an action denies without a message
// for them, or fails and its binding denies then. It has no detail: a reason is for
// the operator.
const DefaultUserMessage = "You can't register at the moment."

// CommandType says what a [Command] asks for.
type CommandType string

// The commands of a trigger that decides.
const (
	CommandDeny            CommandType = "access.deny"
	CommandValidationError CommandType = "validation.error"
	CommandUserMetadata    CommandType = "user.set_user_metadata"
	CommandAppMetadata     CommandType = "user.set_app_metadata"
	CommandUserID          CommandType = "user.set_user_id"
)

// Command is one thing that an action asked of a flow that decides. Only the fields
// of its type are set.
type Command struct {
	Type        CommandType     `json:"type"`
	Reason      string          `json:"reason,omitempty"`       // of a deny, for the operator
	UserMessage string          `json:"user_message,omitempty"` // of a deny, for the user; "" stands for [DefaultUserMessage]
	Code        string          `json:"code,omitempty"`         // of a validation error
	Message     string          `json:"message,omitempty"`      // of a validation error, for the user
	Key         string          `json:"key,omitempty"`          // of metadata
	Value       json.RawMessage `json:"value,omitempty"`        // of metadata; null removes the key
	UserID      string          `json:"user_id,omitempty"`
}

// ValidationError is what is wrong with what the user entered.
type ValidationError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Decision is the answer of a flow: its verdict, why, and what the new user is to
// have.
type Decision struct {
	ExecutionID      string                     `json:"execution_id"`
	Verdict          Verdict                    `json:"decision"`
	Reason           string                     `json:"reason"`            // for the operator; "" with allow
	UserMessage      string                     `json:"user_message"`      // for the user; "" with allow
	ValidationErrors []ValidationError          `json:"validation_errors"` // with deny
	UserMetadata     map[string]json.RawMessage `json:"user_metadata"`     // the event's with all changes; empty with deny
	AppMetadata      map[string]json.RawMessage `json:"app_metadata"`      // the event's with all changes; empty with deny
	UserID           string                     `json:"user_id,omitempty"` // that an action set
	Degraded         bool                       `json:"degraded"`          // an action failed or did not run, so its binding's on_failure counted
	FailedActions    []string                   `json:"failed_actions,omitempty"`
	Results          []DecisionResult           `json:"results"`
}

// DecisionResult is the outcome of one action of a flow, for the caller.
type DecisionResult struct {
	Action     string         `json:"action"`
	BindingID  string         `json:"binding_id"`
	Version    int            `json:"version"`
	Status     DecisionStatus `json:"status"`
	Error      *ResultError   `json:"error,omitempty"` // without its stack
	TookMicros int64          `json:"took_us"`
}

// DecisionStatus says how an action of a flow ended.
type DecisionStatus string

// The statuses.
const (
	DecisionSucceeded DecisionStatus = "succeeded"
	DecisionFailed    DecisionStatus = "failed"
	DecisionSkipped   DecisionStatus = "skipped" // an action before it stopped the flow
	DecisionNotRun    DecisionStatus = "not_run" // the flow's time was over, or the action is paused or over its limits
)

// DecisionRecord is a flow that has decided, whole, for the store.
type DecisionRecord struct {
	Event      Event // with its ID and Body
	Execution  Execution
	Results    []Result
	Tapes      [][]byte    // sealed, one for each of Results; nil: the event was its only input
	TapesUntil []time.Time // when each of Tapes is deleted; zero: with its execution
	Decision   Decision    // as people may see it: without secrets
	Took       time.Duration
}

// Flow folds what the actions of one event do, in order, into its decision.
//
// The rules, none of which Auth0 documents:
//   - The first deny counts, a later one does not change its reason. It stands
//     whatever happens after it, also when its action fails later.
//   - A validation error stops the flow as a deny does. All of the same action count.
//   - Metadata and the user id count only when their action succeeds, and only when
//     the flow allows. The last value of a key counts; null removes the key.
//   - An action that fails, or does not run because the flow's time is over, counts
//     as its binding's on_failure says.
//
// Its zero value has run nothing. It is for one goroutine.
type Flow struct {
	denied    bool
	decision  Decision
	user, app map[string]json.RawMessage
	userID    string
}

// Add adds the result of the flow's next action and reports whether a further one
// runs.
func (f *Flow) Add(step Step, r *Result, commands []Command) bool {
	status := DecisionSucceeded
	for i := range commands {
		f.stop(&commands[i])
	}
	if r.Succeeded {
		for i := range commands {
			f.change(&commands[i])
		}
	} else {
		status = DecisionFailed
		f.failed(step, r.Error)
	}
	f.result(step, status, r.Error, r.EndedAt.Sub(r.StartedAt))
	return !f.denied
}

// Skip adds an action that did not run because the flow was denied before.
func (f *Flow) Skip(step Step) { f.result(step, DecisionSkipped, nil, 0) }

// Miss adds an action that did not run because of err.
func (f *Flow) Miss(step Step, err *ResultError) bool {
	f.failed(step, err)
	f.result(step, DecisionNotRun, err, 0)
	return !f.denied
}

// stop counts a command that ends the flow.
func (f *Flow) stop(c *Command) {
	d := &f.decision
	switch c.Type {
	case CommandDeny:
		if !f.denied || d.Reason == "" && len(d.ValidationErrors) > 0 {
			d.Reason, d.UserMessage = c.Reason, c.UserMessage
		}
	case CommandValidationError:
		d.ValidationErrors = append(d.ValidationErrors, ValidationError{Code: c.Code, Message: c.Message})
		if !f.denied {
			d.Reason, d.UserMessage = c.Code, c.Message
		}
	default:
		return
	}
	f.denied = true
}

func (f *Flow) change(c *Command) {
	switch c.Type {
	case CommandUserMetadata:
		put(&f.user, c)
	case CommandAppMetadata:
		put(&f.app, c)
	case CommandUserID:
		f.userID = c.UserID
	}
}

func put(into *map[string]json.RawMessage, c *Command) {
	if *into == nil {
		*into = map[string]json.RawMessage{}
	}
	(*into)[c.Key] = c.Value
}

// failed counts an action that failed or did not run.
func (f *Flow) failed(step Step, err *ResultError) {
	f.decision.Degraded = true
	f.decision.FailedActions = append(f.decision.FailedActions, step.Action)
	if f.denied || step.Settings.OnFailure != FailDeny {
		return
	}
	f.denied = true
	f.decision.Reason = "action " + step.Action + " failed, and its on_failure is deny"
	if err != nil {
		f.decision.Reason += ": " + err.Line()
	}
}

func (f *Flow) result(step Step, status DecisionStatus, err *ResultError, took time.Duration) {
	if err != nil {
		shown := *err
		shown.Stack, shown.Fix = "", nil
		err = &shown
	}
	f.decision.Results = append(f.decision.Results, DecisionResult{
		Action: step.Action, BindingID: step.BindingID, Version: step.Number, Status: status, Error: err, TookMicros: took.Microseconds(),
	})
}

// MetadataBytes returns how many bytes of user and of app metadata the flow's
// actions have set so far.
func (f *Flow) MetadataBytes() (user, app int) { return bytesOf(f.user), bytesOf(f.app) }

func bytesOf(metadata map[string]json.RawMessage) (n int) {
	for key, value := range metadata {
		n += len(key) + len(value)
	}
	return n
}

// Decision returns the flow's decision, on a user who comes with this metadata.
func (f *Flow) Decision(executionID string, user, app map[string]json.RawMessage) Decision {
	d := f.decision
	d.ExecutionID, d.Verdict = executionID, Allow
	d.UserMetadata, d.AppMetadata = map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if d.ValidationErrors == nil {
		d.ValidationErrors = []ValidationError{}
	}
	if d.Results == nil {
		d.Results = []DecisionResult{}
	}
	if f.denied {
		d.Verdict = Deny
		if d.UserMessage == "" {
			d.UserMessage = DefaultUserMessage
		}
		return d
	}
	d.UserID = f.userID
	merge(d.UserMetadata, user, f.user)
	merge(d.AppMetadata, app, f.app)
	return d
}

// merge puts before, changed by changes, into all.
func merge(all, before, changes map[string]json.RawMessage) {
	for key, value := range before {
		all[key] = value
	}
	for key, value := range changes {
		if string(value) == "null" {
			delete(all, key)
		} else {
			all[key] = value
		}
	}
}
