package nodesame_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tried has the npm packages of several versions of axios.
const tried = "../jsmatrix/testdata/node_modules"

func TestAxiosDoesWhatItDoesInNode(t *testing.T) {
	// One at a time: cases have timeouts, which a busy machine would meet.
	code, err := os.ReadFile("testdata/axios.js")
	if err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Abs(tried)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"axios", "axios-1.6", "axios-0.27"} {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "axios.js")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(code), "AXIOS", version)), 0o600); err != nil {
				t.Fatal(err)
			}
			r := (&action{path: file}).run(t, file, events["by phone"])
			module := build(t, file)
			if wrong := compare(r.node(t), r.usher(t, module), nil, nil); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}
