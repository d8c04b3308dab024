package term

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/dist"
)

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"a plain error", errors.New("disk on fire"), ExitFailure},
		{"a wrong command line", UsageError{Err: errors.New("no")}, ExitUsage},
		{"what the server finds malformed", &host.Error{Code: host.Invalid}, ExitUsage},
		{"nothing of that name", fmt.Errorf("show: %w", &host.Error{Code: host.NotFound}), ExitNotFound},
		{"an unknown key", &host.Error{Code: host.Unauthorized}, exitKey},
		{"a key without the scope", &host.Error{Code: host.Forbidden}, exitKey},
		{"a conflict", &host.Error{Code: host.Conflict}, ExitRefused},
		{"a module that does not fit", &host.Error{Code: host.Refused}, ExitRefused},
		{"a server that closes", &host.Error{Code: host.Unavailable}, exitUnreachable},
		{"no server", fmt.Errorf("list: %w", &url.Error{Op: "Get", Err: errors.New("refused")}), exitUnreachable},
		{"an interrupt", &url.Error{Op: "Get", Err: context.Canceled}, ExitFailure},
		{"a failed action", SilentExit(ExitAction), ExitAction},
		{"a binary without the JavaScript engine", fmt.Errorf("build: %w", dist.Missing(&host.Error{Code: host.Unavailable})), ExitFailure},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := ExitCode(tt.err); got != tt.want {
				t.Errorf("exit code %d, want %d", got, tt.want)
			}
		})
	}
}

func TestNearestName(t *testing.T) {
	t.Parallel()
	names := []string{"listen", "log_level", "log_format", "drain_timeout"}
	for word, want := range map[string]string{
		"listne": "listen", "LOG_LEVELL": "log_level", "logformat": "log_format", "drain": "", "zzzzzz": "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}
