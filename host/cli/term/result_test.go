package term

import (
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestAFailureIsShown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		error host.ResultError
		says  string
	}{
		{name: "a message alone", error: host.ResultError{Message: "no"}, says: "  no\n"},
		{name: "with a name and a code", error: host.ResultError{Name: "TypeError", Code: "ENO", Message: "no"}, says: "  TypeError [ENO]: no\n"},
		{name: "a code alone", error: host.ResultError{Code: "ENO", Message: "no"}, says: "  [ENO]: no\n"},
		{name: "a name alone", error: host.ResultError{Name: "AbortError"}, says: "  AbortError\n"},
		{
			name:  "a stack that begins with the error",
			error: host.ResultError{Name: "Error", Message: "no", Stack: "Error: no\n    at f (a.js:1:2)\n    at b.js:3:4"},
			says:  "  Error: no\n      at f (a.js:1:2)\n      at b.js:3:4\n",
		},
		{
			name:  "a stack that begins without its code",
			error: host.ResultError{Name: "Error", Code: "ENO", Message: "no", Stack: "Error: no\n    at f (a.js:1:2)"},
			says:  "  Error [ENO]: no\n      at f (a.js:1:2)\n",
		},
		{
			name:  "a stack with a cause",
			error: host.ResultError{Name: "Error", Message: "no", Stack: "Error: no\n    at f (a.js:1:2) {\n  [cause]: Error: why\n      at g (a.js:3:4)\n}"},
			says:  "  Error: no\n      at f (a.js:1:2) {\n    [cause]: Error: why\n        at g (a.js:3:4)\n  }\n",
		},
		{name: "a stack without frames", error: host.ResultError{Name: "Error", Message: "no", Stack: "Error: no"}, says: "  Error: no\n"},
		{name: "a stack of frames", error: host.ResultError{Message: "trapped", Stack: "f()\ng()"}, says: "  trapped\n    f()\n    g()\n"},
		{name: "a hint", error: host.ResultError{Message: "no", Hint: "say yes"}, says: "  no\n  hint: say yes\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			Terminal{}.verdict(&b, host.Result{Action: "greet", Fault: host.FaultGuest, Error: &tt.error})
			if _, shown, _ := strings.Cut(b.String(), "\n"); shown != tt.says {
				t.Errorf("shown %q, want %q", shown, tt.says)
			}
		})
	}
}
