package author

import (
	"bytes"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/sdk/templates"
)

func TestEveryTriggerHasAStarterActionThatExportsItsHandler(t *testing.T) {
	t.Parallel()
	if got := strings.Join(templates.Triggers(), ", "); got != host.TriggerNames() {
		t.Fatalf("there are templates for %s, the triggers are %s", got, host.TriggerNames())
	}
	for _, trigger := range host.Triggers() {
		for _, language := range templates.Languages() {
			files, err := templates.Files(language, string(trigger), "greet")
			if err != nil {
				t.Fatal(err)
			}
			var all []byte
			for path, content := range files {
				if !strings.Contains(path, "/") && !strings.HasPrefix(path, "usher") {
					all = append(all, content...)
				}
			}
			for _, other := range host.Triggers() {
				if exports := bytes.Contains(all, []byte(other.Entry())); exports != (other == trigger) {
					t.Errorf("the %s action for %s: exports %s: %v", language, trigger, other.Entry(), exports)
				}
			}
		}
	}
}
