// Package jslang_test runs the language itself in actions: its forms and built-ins
// answer as in Node.
package jslang_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

var (
	node   = flag.String("node", "", "write testdata/node22.txt with what this program of Node 22 answers")
	update = flag.Bool("update", false, "write testdata/differences.txt, with the reasons that it has")
)

const (
	leastCases      = 7_600 // of the language and its built-ins
	casesARun       = 500
	nodeFile        = "testdata/node22.txt"
	differencesFile = "testdata/differences.txt"
	caseAction      = "testdata/cases/action.js"
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// answers are how cases ended, in their order.
type answers struct {
	Total   int
	Answers [][2]string // name, and value or error
}

// TestTheLanguageAnswersAsInNode runs all cases in an action, some in each run,
// and compares their answers with those of Node 22. What differs is what
// testdata/differences.txt lists, each with its reason.
func TestTheLanguageAnswersAsInNode(t *testing.T) {
	if *node != "" {
		writeNode(t)
	}
	want := readLines(t, nodeFile)
	if len(want) < leastCases {
		t.Fatalf("%d cases; there have to be %d", len(want), leastCases)
	}
	module := build(t, caseAction)
	got := make([]string, len(want))
	t.Run("runs", func(t *testing.T) {
		for from := 0; from < len(want); from += casesARun {
			t.Run(fmt.Sprint(from), func(t *testing.T) {
				t.Parallel()
				a := runCases(t, module, from)
				if a.Total != len(want) {
					t.Errorf("there are %d cases, and %d answers of Node: run the test with -node", a.Total, len(want))
				}
				for i, line := range a.lines() {
					got[from+i] = line
				}
			})
		}
	})
	if !t.Failed() {
		compare(t, differencesFile, got, want)
	}
}

func build(t *testing.T, file string) []byte {
	t.Helper()
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	built, err := jstest.Shared(t).Builder.Build(t.Context(), bundle.Source{Name: filepath.Base(file), Code: code, Dir: filepath.Dir(file)})
	if err != nil {
		t.Fatal(err)
	}
	return built.Module
}

func runCases(t *testing.T, module []byte, from int) answers {
	t.Helper()
	run := jstest.Run{Event: eventOf(t, map[string]any{"from": from, "to": from + casesARun})}
	run.Settings.Limits = host.Limits{TimeoutMillis: 120_000}
	result, _, err := jstest.Shared(t).Run(t.Context(), module, run)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range result.Logs { // the others are of promises whose rejection a case leaves alone
		if strings.HasPrefix(line.Message, `{"total":`) {
			return parse(t, line.Message)
		}
	}
	t.Fatalf("limit %q, error %+v, %d lines", result.Limit, result.Error, len(result.Logs))
	return answers{}
}

// eventOf returns the event of a user with the metadata.
func eventOf(t *testing.T, metadata map[string]any) string {
	t.Helper()
	event, err := json.Marshal(map[string]any{"user": map[string]any{"user_id": "auth0|1", "user_metadata": metadata}})
	if err != nil {
		t.Fatal(err)
	}
	return string(event)
}

func parse(t *testing.T, line string) answers {
	t.Helper()
	var a answers
	if err := json.Unmarshal([]byte(line), &a); err != nil {
		t.Fatalf("%v: %.300s", err, line)
	}
	return a
}

// lines returns the answers as the file of Node's answers has them.
func (a answers) lines() []string {
	lines := make([]string, 0, len(a.Answers))
	escape := strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)
	for _, pair := range a.Answers {
		lines = append(lines, escape.Replace(pair[0])+"\t"+escape.Replace(pair[1]))
	}
	return lines
}

// compare holds the file of differences to what is different.
func compare(t *testing.T, file string, got, want []string) {
	t.Helper()
	var differ []string
	for i := range want {
		if got[i] == want[i] {
			continue
		}
		name, here, _ := strings.Cut(got[i], "\t")
		wanted, there, _ := strings.Cut(want[i], "\t")
		if name != wanted {
			t.Fatalf("case %d is %s, and Node answered %s: run the test with -node", i, name, wanted)
		}
		differ = append(differ, fmt.Sprintf("%s\t%s → %s", name, there, here))
	}
	judge(t, file, differ)
	t.Logf("%d cases, %d as in Node", len(want), len(want)-len(differ))
}

// judge fails on a difference that the file does not list, and on one that it
// lists and that is gone. The file has groups: a reason after "# ", and its lines.
func judge(t *testing.T, file string, differ []string) {
	t.Helper()
	reasons, order := map[string]string{}, []string{}
	reason := ""
	for _, line := range readLines(t, file) {
		if after, ok := strings.CutPrefix(line, "# "); ok {
			reason = after
			order = append(order, reason)
			continue
		}
		reasons[line] = reason
	}
	if *update {
		writeDifferences(t, file, order, reasons, differ)
		return
	}
	for _, line := range differ {
		if reasons[line] == "" {
			t.Errorf("%s does not list with a reason: %s", file, line)
		}
		delete(reasons, line)
	}
	for line := range reasons {
		t.Errorf("%s lists what does not differ any more: %s", file, line)
	}
}

func writeDifferences(t *testing.T, file string, order []string, reasons map[string]string, differ []string) {
	t.Helper()
	if i := slices.IndexFunc(differ, func(line string) bool { return reasons[line] == "" }); i >= 0 && !slices.Contains(order, "") {
		order = append(order, "") // a test fails until there is a reason
	}
	var page strings.Builder
	for _, reason := range order {
		group := slices.DeleteFunc(slices.Clone(differ), func(line string) bool { return reasons[line] != reason })
		if len(group) > 0 {
			fmt.Fprintf(&page, "# %s\n%s\n", reason, strings.Join(group, "\n"))
		}
	}
	if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readLines(t *testing.T, file string) []string {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(page) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(page), "\n"), "\n")
}

// writeNode asks Node 22 for all answers.
func writeNode(t *testing.T) {
	t.Helper()
	action, err := filepath.Abs(caseAction)
	if err != nil {
		t.Fatal(err)
	}
	event := eventOf(t, map[string]any{"from": 0, "to": 1_000_000})
	cmd := exec.CommandContext(t.Context(), *node, "--no-warnings", "-e", // a rejection that nothing handles is a case's own
		`process.on("unhandledRejection", () => {}); require(process.argv[1]).onExecutePostUserRegistration(JSON.parse(process.argv[2]))`, action, event)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := parse(t, strings.TrimSpace(string(out))).lines()
	if err := os.WriteFile(nodeFile, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
