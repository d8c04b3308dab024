package author

import (
	"testing"

	"github.com/usherhost/usher/host/cli/term"
)

func TestAScriptThatCannotBeBuiltIsRefused(t *testing.T) {
	t.Parallel()
	if got := term.ExitCode(&scriptError{path: "action.js"}); got != term.ExitRefused {
		t.Errorf("exit code %d, want %d", got, term.ExitRefused)
	}
}
