package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEditsOfAxiosFitItsVersion fails when the samples' axios is one with other code.
// Then look whether the edits are needed still, and write them for it.
func TestEditsOfAxiosFitItsVersion(t *testing.T) {
	t.Parallel()
	const folder = "../../../plugins/store-user-js/node_modules/axios"
	if !exists(folder) {
		t.Skip("the samples' packages are not installed: go tool -modfile=.tools/go.mod task plugins:setup")
	}
	for file, edits := range axiosFaster {
		code, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range edits {
			if n := strings.Count(string(code), e.from); n != 1 {
				t.Errorf("%s has %d places with %q, want 1", file, n, e.from)
			}
			if strings.Count(e.from, "\n") != strings.Count(e.to, "\n") {
				t.Errorf("other lines: %q", e.to)
			}
		}
		if faster(string(code), edits) == string(code) {
			t.Errorf("%s stays as it is", file)
		}
		if other := strings.Replace(string(code), edits[0].from, "", 1); faster(other, edits) != other {
			t.Errorf("%s of another version does not stay as it is", file)
		}
	}
}
