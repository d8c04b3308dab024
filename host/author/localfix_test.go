package author

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestALocalFixNamesTheFlagAndTheLineOfTheFile(t *testing.T) {
	t.Parallel()
	local := localFixes{folder: true}.words(*host.FixAllowOrigin.With("a", "https://a.example"))
	if want := "add --allow https://a.example, or https://a.example under settings.egress.allow in action.yaml"; local != want {
		t.Errorf("got %s, want %s", local, want)
	}
}
