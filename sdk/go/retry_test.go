package usher_test

import (
	"errors"
	"fmt"
	"testing"

	usher "github.com/usherhost/usher/sdk/go"
	"github.com/usherhost/usher/sdk/go/ushertest"
)

func TestAnErrorThatIsNonRetryableSaysSo(t *testing.T) {
	t.Parallel()
	gone := errors.New("the list is gone")
	for _, tt := range []struct {
		name  string
		err   error
		final bool
	}{
		{name: "itself", err: usher.NonRetryable(gone), final: true},
		{name: "in one that wraps it", err: fmt.Errorf("add Ada: %w", usher.NonRetryable(gone)), final: true},
		{name: "another one", err: gone},
		{name: "none", err: usher.NonRetryable(nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := ushertest.Run(&ushertest.Host{}, ada, func(*event) (any, error) { return nil, tt.err })
			if r.Final != tt.final || tt.err != nil && r.Error != tt.err.Error() {
				t.Errorf("final %v with %q", r.Final, r.Error)
			}
		})
	}
	if !errors.Is(usher.NonRetryable(gone), gone) {
		t.Error("the error is lost")
	}
}
