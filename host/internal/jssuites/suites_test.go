// Package jssuites_test runs suites of cases about packages in actions, as their
// own tests would: the same file runs in Node, where every case must pass.
package jssuites_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

var update = flag.Bool("update", false, "write testdata/failing.json, with the reasons that it has")

// leastCases is how many cases there are at least, over all suites.
const leastCases = 250

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// outcome is how a case ended: Failed is "" when it passed.
type outcome struct {
	Name, Failed string
}

// TestSuitesOfPackagesPassAsInNode runs every suite in Node and in an action.
// The cases that fail in an action are those of testdata/failing.json, each with
// its reason.
func TestSuitesOfPackagesPassAsInNode(t *testing.T) {
	files, err := filepath.Glob("testdata/suites/*.mjs")
	if err != nil || len(files) == 0 {
		t.Fatal("no suites", err)
	}
	known := readFailing(t)
	results := make([][]outcome, len(files))
	t.Run("suites", func(t *testing.T) {
		for i, file := range files {
			name := suiteOf(file)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				results[i] = compare(t, name, inNode(t, file), inAction(t, file), known[name])
			})
		}
	})
	if t.Failed() && !*update {
		return
	}
	judge(t, files, results, known)
}

// judge counts the cases, and holds testdata/failing.json to what failed.
func judge(t *testing.T, files []string, results [][]outcome, known map[string]map[string]string) {
	t.Helper()
	cases, passed, whole := 0, 0, true
	failing := map[string]map[string]string{}
	for i, file := range files {
		name := suiteOf(file)
		whole = whole && results[i] != nil
		good := 0
		for _, o := range results[i] {
			if o.Failed == "" {
				good++
				continue
			}
			if failing[name] == nil {
				failing[name] = map[string]string{}
			}
			if failing[name][o.Name] = known[name][o.Name]; failing[name][o.Name] == "" {
				failing[name][o.Name] = "? " + o.Failed
			}
		}
		t.Logf("%-12s %d of %d", name, good, len(results[i]))
		cases, passed = cases+len(results[i]), passed+good
	}
	if !whole { // -run chose some
		return
	}
	t.Logf("%d of the %d cases that pass in Node pass in actions", passed, cases)
	if cases < leastCases {
		t.Errorf("%d cases, want at least %d", cases, leastCases)
	}
	if *update {
		writeFailing(t, failing)
	}
}

// compare returns what the cases did in an action. A case that is not known to
// fail must pass, and one that is known to must fail.
func compare(t *testing.T, suite string, node, here []outcome, known map[string]string) []outcome {
	t.Helper()
	for _, o := range node {
		if o.Failed != "" {
			t.Errorf("%s: %q fails in Node: %s", suite, o.Name, o.Failed)
		}
	}
	if names(node) != names(here) {
		t.Errorf("%s: other cases ran in the action than in Node:\n%s\nin Node:\n%s", suite, names(here), names(node))
	}
	for _, o := range here {
		switch reason := known[o.Name]; {
		case o.Failed != "" && reason == "":
			t.Errorf("%s: %q fails: %s", suite, o.Name, o.Failed)
		case o.Failed == "" && reason != "":
			t.Errorf("%s: %q passes, and testdata/failing.json says that it fails: %s", suite, o.Name, reason)
		}
	}
	return here
}

func names(list []outcome) string {
	var b strings.Builder
	for _, o := range list {
		b.WriteString(o.Name + "\n")
	}
	return b.String()
}

func suiteOf(file string) string { return strings.TrimSuffix(filepath.Base(file), ".mjs") }

// packages is the folder of the packages, those that CI installs for the table of
// packages.
const packages = "../jsmatrix/testdata"

// source is an action: the harness and a suite.
func source(t *testing.T, file string) []byte {
	t.Helper()
	harness, err := os.ReadFile("testdata/harness.mjs")
	if err != nil {
		t.Fatal(err)
	}
	suite, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(harness, []byte("\n"), suite)
}

// limits are those of a suite, which is as much as many actions.
var limits = host.Limits{HTTPRequests: 1000, Fuel: 100_000_000_000, TimeoutMillis: 120_000, LogBytes: 1 << 20}

func inAction(t *testing.T, file string) []outcome {
	t.Helper()
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: "action.mjs", Code: source(t, file), Dir: packages})
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := kit.Run(t.Context(), built.Module, jstest.Run{Secrets: map[string]string{"URL": serve(t), "CLOSED": closed(t)}, Settings: host.Settings{Limits: limits}})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range result.Logs {
		if line, ok := strings.CutPrefix(l.Message, "outcomes: "); ok {
			return parse(t, line)
		}
	}
	t.Fatalf("the suite did not end: limit %q, error %+v, logs %+v", result.Limit, result.Error, result.Logs)
	return nil
}

func parse(t *testing.T, line string) []outcome {
	t.Helper()
	var list []outcome
	if err := json.Unmarshal([]byte(line), &list); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return list
}

const failingFile = "testdata/failing.json"

// readFailing returns the reasons of the cases that fail, by suite and name.
func readFailing(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(failingFile)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]string{}
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	return known
}

func writeFailing(t *testing.T, failing map[string]map[string]string) {
	t.Helper()
	text, err := json.MarshalIndent(failing, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(failingFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
