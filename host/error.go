package host

import (
	"errors"
	"time"
)

// Code classifies an Error: a transport answers with the HTTP status of the
// code, the CLI ends with its exit code.
type Code string

// The codes. Package web maps each to its status.
const (
	Invalid          Code = "invalid"            // the request is malformed; 400
	Unauthorized     Code = "unauthorized"       // no key, or an unknown one; 401
	Forbidden        Code = "forbidden"          // the key lacks the scope; 403
	NotFound         Code = "not_found"          // not found; 404
	MethodNotAllowed Code = "method_not_allowed" // not a method of this path; 405
	Conflict         Code = "conflict"           // conflict with the current state; 409
	Stale            Code = "stale"              // changed since the caller read it; 412
	TooLarge         Code = "too_large"          // a size limit; 413
	Unsupported      Code = "unsupported"        // an unsupported media type or feature; 415
	KeyReused        Code = "key_reused"         // an idempotency key was used before with another body; 422
	Refused          Code = "refused"            // well formed, but not possible, e.g. an unsuitable module; 422
	Overloaded       Code = "overloaded"         // try again after RetryAfter; 429
	Internal         Code = "internal"           // an error of the host; 500
	Unavailable      Code = "unavailable"        // closing, or the disk is full; 503
	Fenced           Code = "fenced"             // the execution is leased by another worker, or has finished; 409
	Corrupt          Code = "corrupt"            // the database file is damaged; 500
)

// Field is one thing wrong with a document: a JSON pointer (RFC 6901) and what
// is wrong there.
type Field struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// Error is an error for the caller of the API or the CLI, from any package.
// Text says what is wrong, Hint and Fix what to do next; Err is the cause, for
// the log.
type Error struct {
	Code       Code
	Text       string
	Hint       string // names no command: that is a Fix
	Fix        *Fix
	Fields     []Field
	RetryAfter time.Duration
	Err        error
}

// Error returns the text, with the cause behind it.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Text
	}
	return e.Text + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the outermost [Error] in err's chain, Internal
// when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
