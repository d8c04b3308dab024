package term

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/dist"
)

// The exit codes. They are part of the interface: scripts rely on them.
const (
	ExitOK          = 0
	ExitFailure     = 1
	ExitUsage       = 2
	ExitNotFound    = 3
	exitKey         = 4
	ExitRefused     = 5
	exitUnreachable = 6
	ExitAction      = 7
	ExitUnseen      = 8
	ExitDiffers     = 9
	ExitNotEnded    = 10
)

// exitCodes is the table of `usher help exit-codes`.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{ExitOK, "done"},
	{ExitFailure, "failed for a reason without its own code"},
	{ExitUsage, "the command line or the configuration is wrong"},
	{ExitNotFound, "not found: an action, a binding, an event, an execution, a key or a file"},
	{exitKey, "no API key, an unknown one, or one without the scope"},
	{ExitRefused, "valid, but refused: a conflict, an unsuitable module, a limit"},
	{exitUnreachable, "the server does not answer, or is stopping"},
	{ExitAction, "the action failed ('usher run', 'usher executions show --exit-code')"},
	{ExitUnseen, "the event is accepted, but the key may not read the result ('usher events send --wait')"},
	{ExitDiffers, "the host differs from the files ('usher diff --exit-code'), or a version from the recorded runs ('usher check')"},
	{ExitNotEnded, "the execution has not ended: the wait is over ('--wait'), or it was not waited for ('usher executions show --exit-code')"},
}

// NewExitCodes returns the help page of the exit codes.
func NewExitCodes() *cobra.Command {
	var text strings.Builder
	text.WriteString("Every command ends with one of these codes:\n\n")
	for _, c := range exitCodes {
		fmt.Fprintf(&text, "  %d  %s\n", c.code, c.meaning)
	}
	text.WriteString("\nErrors go to stderr: a line that begins with 'usher:' has the error,\n" +
		"a line that begins with 'usher: hint:' the next step. With --json they are one\n" +
		"JSON object, with the exit code in it.")
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: text.String()}
}

// UsageError is a wrong command line or file.
type UsageError struct {
	Err  error
	Hint string
}

func (e UsageError) Error() string { return e.Err.Error() }
func (e UsageError) Unwrap() error { return e.Err }

// SilentExit ends the process with a code when everything has been printed.
type SilentExit int

func (e SilentExit) Error() string { return "exit " + strconv.Itoa(int(e)) }

// ExitCode returns the code that err ends the process with.
func ExitCode(err error) int {
	if silent, ok := errors.AsType[SilentExit](err); ok {
		return int(silent)
	}
	if _, ok := errors.AsType[UsageError](err); ok {
		return ExitUsage
	}
	if unreachable(err) {
		return exitUnreachable
	}
	if errors.Is(err, dist.ErrNoEngine) {
		return ExitFailure // no server is to blame
	}
	if e, ok := errors.AsType[*host.Error](err); ok {
		return exitCodeOf(e.Code)
	}
	return ExitFailure
}

func exitCodeOf(code host.Code) int {
	switch code {
	case host.NotFound:
		return ExitNotFound
	case host.Unauthorized, host.Forbidden:
		return exitKey
	case host.Conflict, host.Stale, host.Refused, host.KeyReused, host.Overloaded, host.TooLarge, host.Unsupported, host.Fenced:
		return ExitRefused
	case host.Invalid:
		return ExitUsage
	case host.Unavailable:
		return exitUnreachable
	default:
		return ExitFailure
	}
}
