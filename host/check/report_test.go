package check_test

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestAnAllowanceMatchesWholeKeysAndStars(t *testing.T) {
	t.Parallel()
	const key = "changed POST https://api.example.com/users/{}: header x-trace added"
	for pattern, want := range map[string]bool{
		key: true,
		"changed POST https://api.example.com/users/{}: header x-trace": false,
		"*":                              true,
		"changed * header x-trace added": true,
		"changed *: header x-* added":    true,
		"changed * header y-* added":     false,
		"new *":                          false,
		"*added":                         true,
		"*added*":                        true,
		"changed POST*POST*":             false,
		"":                               false,
		"changed POST https://api.example.com/users/{}*": true,
	} {
		if got := (host.Allowance{Difference: pattern}).Matches(key); got != want {
			t.Errorf("%q matches %q: %t, want %t", pattern, key, got, want)
		}
	}
}
