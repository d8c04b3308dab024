package nodesame_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tried are versions of axios, each with the folder of npm packages that has it.
var tried = map[string]string{
	"axios":      "../jsmatrix/testdata/node_modules",
	"axios-1.6":  "../../jsbuild/runtime/node_modules",
	"axios-0.27": "../../jsbuild/runtime/node_modules",
}

func TestAxiosDoesWhatItDoesInNode(t *testing.T) {
	// One at a time: cases have timeouts, which a busy machine would meet.
	code, err := os.ReadFile("testdata/axios.js")
	if err != nil {
		t.Fatal(err)
	}
	for version, packages := range tried {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			packages, err := filepath.Abs(packages)
			if err != nil {
				t.Fatal(err)
			}
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
