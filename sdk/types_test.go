package sdk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestTheLibraryForJavaScriptHasTheGeneratedTypes(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("../proto/types/*.d.ts")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no types found: %v", err)
	}
	for _, source := range sources {
		want, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("js", "types", filepath.Base(source)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("js/types has another %s than proto/types (%v): run task generate", filepath.Base(source), err)
		}
	}
}
