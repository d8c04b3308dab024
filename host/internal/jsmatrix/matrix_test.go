// Package jsmatrix_test tries npm packages in actions: each with a real call,
// against a receiver that has to see what Node sends.
package jsmatrix_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

var (
	update = flag.Bool("update", false, "run Node again, and write the table of packages")

	goldenMu sync.Mutex
	golden   = map[string]outcome{} // what actions do in Node, by the package's folder; guarded by goldenMu while it is written
)

const goldenFile = "testdata/node.json"

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// TestPackagesDoWhatTheyDoInNode runs every action in testdata/actions and
// compares its requests and logs with those in Node, then the table that the
// documents show with what came out.
func TestPackagesDoWhatTheyDoInNode(t *testing.T) {
	files, err := filepath.Glob("testdata/actions/*.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no actions to try", err)
	}
	if text, err := os.ReadFile(goldenFile); err == nil {
		if err := json.Unmarshal(text, &golden); err != nil {
			t.Fatal(err)
		}
	}
	rows := make([]*row, len(files))
	t.Run("rows", func(t *testing.T) {
		for i, file := range files {
			rows[i] = newRow(t, file)
			t.Run(rows[i].folder, func(t *testing.T) {
				t.Parallel()
				rows[i].try(t, file)
			})
		}
	})
	slices.SortFunc(rows, byPackage)
	untried := false
	for _, r := range rows {
		t.Log(r)
		untried = untried || r.verdict == ""
	}
	if t.Failed() || untried { // -run may have chosen some
		return
	}
	if *update {
		writeGolden(t)
		writeTable(t, rows)
		return
	}
	compareTable(t, rows)
}

func writeGolden(t *testing.T) {
	t.Helper()
	text, err := json.MarshalIndent(golden, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
