// Package usher is the library for actions that are written in Go: it reads
// the event, gives secrets, sends HTTP requests, caches, logs, decides, and answers.
//
// An action is a function and the export that names its trigger:
//
//	//go:wasmexport onExecutePostUserRegistration
//	func onExecutePostUserRegistration() int32 { return usher.Handle(notify) }
//
//	func notify(e *usher.PostUserRegistrationEvent) (any, error) { … }
//
//	func main() {}
//
// An action that decides whether a user may register exports
// onExecutePreUserRegistration, takes a [PreUserRegistrationEvent] and calls [Deny],
// [ValidationError], [SetUserMetadata], [SetAppMetadata] or [SetUserID].
//
// Build it with
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags='-s -w' -o action.wasm .
//
// Every run has a fresh instance, so package variables do not outlive it. The
// package compiles for every platform, but works only in a guest or under
// package ushertest, which is for unit tests.
package usher

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/usherhost/usher/sdk/go/internal/abi"
)

// ErrNotSet says that a secret or a config value has no value.
var ErrNotSet = errors.New("is not set")

// Execution identifies the run. The same execution may run an action
// again after a failure: Attempt counts from 1.
type Execution struct {
	ID        string `json:"id"`
	Action    string `json:"action"`
	Version   int    `json:"version"`
	BindingID string `json:"binding_id"`
	Attempt   int    `json:"attempt"`
}

var execution Execution

// CurrentExecution returns the run that [Handle] is in.
func CurrentExecution() Execution { return execution }

// Handle runs f with the event and returns what the export must return: 0 when
// f succeeded, 1 when it returned an error or panicked. f's value, unless nil,
// becomes the action's output as JSON; its error is what the operator reads.
// E is [PostUserRegistrationEvent], [PreUserRegistrationEvent] or a type of the author's own.
func Handle[E any](f func(*E) (any, error)) int32 {
	output, err := run(f)
	if err != nil {
		if final := (*nonRetryable)(nil); errors.As(err, &final) {
			abi.RetryStop() // of an action that decides, it has no effect
		}
		abi.SetError(err.Error())
		return 1
	}
	if output != nil {
		abi.SetOutput(output)
	}
	return 0
}

func run[E any](f func(*E) (any, error)) (output []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	input := struct {
		Event     *E        `json:"event"`
		Execution Execution `json:"execution"`
	}{Event: new(E)}
	if err := json.Unmarshal(abi.Input(), &input); err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	execution = input.Execution
	value, err := f(input.Event)
	if err != nil || value == nil {
		return nil, err
	}
	return json.Marshal(value)
}

// NonRetryable returns err as one after which the action is not tried again, as no attempt
// would help. Errors that wrap it are such errors, too.
func NonRetryable(err error) error {
	if err == nil {
		return nil
	}
	return &nonRetryable{err}
}

type nonRetryable struct{ err error }

func (e *nonRetryable) Error() string { return e.err.Error() }
func (e *nonRetryable) Unwrap() error { return e.err }

// Secret returns the secret called name. Its error wraps [ErrNotSet].
func Secret(name string) (string, error) {
	if value, ok := abi.Secret(name); ok {
		return string(value), nil
	}
	return "", fmt.Errorf("secret %s %w", name, ErrNotSet)
}

// Config returns the setting called name, which is not secret. Its error wraps
// [ErrNotSet].
func Config(name string) (string, error) {
	if value, ok := abi.Config(name); ok {
		return string(value), nil
	}
	return "", fmt.Errorf("config %s %w", name, ErrNotSet)
}

// Level is how much a log line matters.
type Level int32

// The levels.
const (
	LevelTrace Level = iota
	LevelDebug
	LevelInfo
	LevelWarn
	LevelError
)

// Log writes one line to the run's log.
func Log(level Level, message string) { abi.Log(int32(level), message) }

// Debugf writes a line for debugging.
func Debugf(format string, args ...any) { Log(LevelDebug, fmt.Sprintf(format, args...)) }

// Logf writes a line about what was done.
func Logf(format string, args ...any) { Log(LevelInfo, fmt.Sprintf(format, args...)) }

// Warnf writes a line about something odd that the action got over.
func Warnf(format string, args ...any) { Log(LevelWarn, fmt.Sprintf(format, args...)) }

// Errorf writes a line about a failure. It does not end the run: return an
// error for that.
func Errorf(format string, args ...any) { Log(LevelError, fmt.Sprintf(format, args...)) }

// Sleep waits for d, rounded down to milliseconds, on the run's own clock.
func Sleep(d time.Duration) { abi.Sleep(d.Milliseconds()) }
