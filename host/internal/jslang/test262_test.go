package jslang_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
)

const (
	pathsFile   = "testdata/test262/paths.txt"
	failingFile = "testdata/test262/failing.txt"
	testAction  = "testdata/test262/action.js"
)

// TestTest262Passes runs the tests that testdata/test262/paths.txt names, each in a run of
// its own, in sloppy and in strict code as its flags ask. TEST262 is the folder of a
// checkout; the list was made for commit be13516 of 2026. It has been picked by a hash of
// the paths from those that need no module, no other realm, no feature that Node 22 lacks.
func TestTest262Passes(t *testing.T) {
	checkout := os.Getenv("TEST262")
	if checkout == "" {
		t.Skip("TEST262 names no folder with a checkout of github.com/tc39/test262: task test262 TEST262=FOLDER runs its tests")
	}
	if _, err := os.Stat(filepath.Join(checkout, "harness", "assert.js")); err != nil {
		t.Fatalf("TEST262 is %s, which is no checkout of github.com/tc39/test262: %v", checkout, err)
	}
	paths := readLines(t, pathsFile)
	module := build(t, testAction)
	outcomes := make([]string, len(paths))
	t.Run("tests", func(t *testing.T) {
		for i, path := range paths {
			t.Run(path, func(t *testing.T) {
				t.Parallel()
				outcomes[i] = script{module, checkout, path}.run(t)
			})
		}
	})
	var failing []string
	for i, outcome := range outcomes {
		if outcome != "" {
			failing = append(failing, paths[i])
			t.Logf("%s: %s", paths[i], outcome)
		}
	}
	judge(t, failingFile, failing)
	t.Logf("%d tests, %d pass", len(paths), len(paths)-len(failing))
}

// script is a test of test262.
type script struct {
	module         []byte
	checkout, path string
}

var (
	frontMatter = regexp.MustCompile(`(?s)/\*---(.*?)---\*/`)
	negativeOf  = regexp.MustCompile(`(?s)\nnegative:.*?type:\s*(\w+)`)
	wordsOf     = regexp.MustCompile(`[\w.-]+`)
)

// list returns the words of a list in the front matter.
func list(matter, key string) []string {
	found := regexp.MustCompile(`(?m)^` + key + `:\s*(?:\[([^\]]*)\]|((?:\r?\n\s+- .*)+))`).FindStringSubmatch(matter)
	if found == nil {
		return nil
	}
	return slices.DeleteFunc(wordsOf.FindAllString(found[1]+found[2], -1), func(word string) bool { return word == "-" })
}

// run returns why the test fails, or "".
func (s script) run(t *testing.T) string {
	t.Helper()
	code := s.read(t, "test/"+s.path)
	matter := frontMatter.FindString(code)
	flags := list(matter, "flags")
	raw, async := slices.Contains(flags, "raw"), slices.Contains(flags, "async")
	var harness strings.Builder
	if !raw {
		for _, file := range append([]string{"assert.js", "sta.js"}, list(matter, "includes")...) {
			harness.WriteString(s.read(t, "harness/"+file) + "\n")
		}
	}
	negative := ""
	if found := negativeOf.FindStringSubmatch(matter); found != nil {
		negative = found[1]
	}
	metadata := map[string]any{"async": async, "negative": negative}
	for _, strict := range []bool{false, true} {
		if strict && (raw || slices.Contains(flags, "noStrict")) || !strict && slices.Contains(flags, "onlyStrict") {
			continue
		}
		metadata["script"] = map[bool]string{true: "\"use strict\";\n", false: ""}[strict] + harness.String() + code
		if outcome := s.runOnce(t, metadata); outcome != "passed" {
			return fmt.Sprintf("strict %t: %s", strict, outcome)
		}
	}
	return ""
}

func (s script) runOnce(t *testing.T, metadata map[string]any) string {
	t.Helper()
	run := jstest.Run{Event: eventOf(t, metadata)}
	run.Settings.Limits = host.Limits{TimeoutMillis: 60_000, Fuel: 1 << 40, MemoryBytes: 256 << 20}
	result, _, err := jstest.Shared(t).Run(t.Context(), s.module, run)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Logs) == 0 {
		return fmt.Sprintf("limit %q, error %+v", result.Limit, result.Error)
	}
	return result.Logs[len(result.Logs)-1].Message
}

func (s script) read(t *testing.T, path string) string {
	t.Helper()
	code, err := os.ReadFile(filepath.Join(s.checkout, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(code)
}
