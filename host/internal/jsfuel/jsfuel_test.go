// Package jsfuel_test runs packages that compute in JavaScript, which the bundler leads
// to faster code: what they print has to be what they print in Node, where they run as
// they are, and within the fuel that a run has.
package jsfuel_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
)

var update = flag.Bool("update", false, "run Node again, and write the table of fuel")

const (
	actions    = "testdata/actions"
	goldenFile = "testdata/node.json"

	tableFile  = "../../jsbuild/PACKAGES.md"
	tableStart = "<!-- the table is written by: go test ./host/internal/jsfuel -update -->\n"
	tableEnd   = "<!-- end of the table of fuel -->\n"
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// mostFuel is what one action may use. What they do together would take hundreds of
// times as much if the packages ran as they are.
const mostFuel = 60_000_000_000

// fromBytecode are the actions whose top-level code runs in each run: what they read
// when they are loaded has to be new.
var fromBytecode = map[string]bool{"sjcl": true}

// row is one action, and what it came to.
type row struct {
	folder, tried string
	fuel          int64
}

// TestPackagesComputeAsInNode runs every action of testdata/actions. Their inputs look
// random and are the same here and in Node.
func TestPackagesComputeAsInNode(t *testing.T) {
	golden := map[string][]string{}
	if text, err := os.ReadFile(goldenFile); err == nil && !*update {
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(actions, "*.js"))
	if err != nil || len(files) == 0 {
		t.Fatal("no actions to try", err)
	}
	var mu sync.Mutex // guards rows and golden
	var rows []row
	t.Run("actions", func(t *testing.T) {
		for _, file := range files {
			name := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".js"), "+", "/")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if *update {
					lines := inNode(t, file)
					mu.Lock()
					golden[name] = lines
					mu.Unlock()
				}
				mu.Lock()
				want := golden[name]
				mu.Unlock()
				if want == nil {
					t.Fatalf("%s does not have what %s prints in Node: run the test with -update", goldenFile, file)
				}
				r := try(t, name, file, want)
				mu.Lock()
				rows = append(rows, r)
				mu.Unlock()
			})
		}
	})
	if *update && !t.Failed() {
		writeGolden(t, golden)
		writeTable(t, rows)
	}
}

// try runs an action, and compares what it prints.
func try(t *testing.T, name, file string, want []string) row {
	t.Helper()
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kit := jstest.Shared(t)
	built, err := kit.Builder.Build(t.Context(), bundle.Source{Name: filepath.Base(file), Code: code, Dir: filepath.Dir(file)})
	if err != nil {
		t.Fatalf("%v: 'task jsfuel:setup' installs the packages", err)
	}
	if built.FromBytecode && !fromBytecode[name] {
		t.Errorf("it starts from bytecode: %s", built.Reason)
	}
	run := jstest.Run{}
	run.Settings.Limits = host.Limits{Fuel: mostFuel, MemoryBytes: 128 << 20, TimeoutMillis: 300_000}
	result, _, err := kit.Run(t.Context(), built.Module, run)
	if err != nil {
		t.Fatal(err)
	}
	if !result.Succeeded {
		t.Fatalf("it failed after %d units of fuel: %+v", result.Stats.Fuel, result.Error)
	}
	var got []string
	for _, line := range result.Logs {
		got = append(got, line.Message)
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d of %d:\n%.300s\nin Node, of %d:\n%.300s", i, len(got), at(got, i), len(want), at(want, i))
		}
	}
	tried, _, _ := strings.Cut(strings.TrimPrefix(string(code), "// "), "\n")
	return row{name, tried, result.Stats.Fuel}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(none)"
}

// inNode returns what the same file prints in Node.
func inNode(t *testing.T, file string) []string {
	t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "--no-warnings", "../jsmatrix/testdata/run.mjs", path, "{}", "{}")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s in Node: %v\n%s", file, err, complaint.String())
	}
	var printed struct {
		Logs  []string
		Error string
	}
	if err := json.Unmarshal(text, &printed); err != nil {
		t.Fatal(err)
	}
	if printed.Error != "" {
		t.Fatalf("%s fails in Node: %v", file, printed.Error)
	}
	return printed.Logs
}

func writeGolden(t *testing.T, golden map[string][]string) {
	t.Helper()
	text, err := json.MarshalIndent(golden, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// writeTable writes the table of the document.
func writeTable(t *testing.T, rows []row) {
	t.Helper()
	text, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableStart)
	_, after, end := strings.Cut(rest, tableEnd)
	if !ok || !end {
		t.Fatalf("%s has not the marks of the table", tableFile)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return strings.Compare(strings.TrimPrefix(a.folder, "@"), strings.TrimPrefix(b.folder, "@"))
	})
	var table strings.Builder
	table.WriteString("| package | version | tried | fuel, million |\n|---|---|---|---|\n")
	for _, r := range rows {
		var m struct{ Name, Version string }
		manifest, err := os.ReadFile(filepath.Join("testdata", "node_modules", r.folder, "package.json"))
		if err != nil || json.Unmarshal(manifest, &m) != nil {
			t.Fatal(r.folder, err)
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %.0f |\n", m.Name, m.Version, r.tried, float64(r.fuel)/1e6)
	}
	if err := os.WriteFile(tableFile, []byte(before+tableStart+table.String()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
