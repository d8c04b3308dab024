package main

import (
	"os"
	"strings"
	"testing"
)

// TestTheFirstStepsOfTheReadmeAreRun holds the README's commands to the script
// that runs them.
func TestTheFirstStepsOfTheReadmeAreRun(t *testing.T) {
	t.Parallel()
	readme, script := read(t, "../../../README.md"), read(t, "testdata/byhand.txtar")
	_, section, _ := strings.Cut(readme, "\n## Quick start\n")
	section, _, _ = strings.Cut(section, "\n## ")
	steps := 0
	for line := range strings.Lines(section) {
		command, found := strings.CutPrefix(line, "bin/usher ")
		if !found || command == "serve\n" {
			continue
		}
		steps++
		_, rest, found := strings.Cut(script, "\nexec usher "+command)
		if !found {
			t.Errorf("testdata/byhand.txtar does not run, in this order: %s", line)
			continue
		}
		script = "\n" + rest
	}
	if steps == 0 {
		t.Error("the section \"Quick start\" has no commands")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
