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

func TestALocalFixNamesTheMissingDeclarationOfASecret(t *testing.T) {
	t.Parallel()
	fix := *host.FixSetSecret.With("a", "KEY")
	const env = "put the line KEY=VALUE into .env beside the action, or add --secret KEY=VALUE"
	for want, local := range map[string]localFixes{
		env: {},
		"declare it in action.yaml (secrets: [OTHER, KEY]), and " + env: {folder: true, declared: []string{"OTHER"}},
	} {
		if got := local.words(fix); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := (localFixes{folder: true, declared: []string{"KEY"}}).words(fix); got != env {
		t.Errorf("of one that is declared: %s", got)
	}
}
