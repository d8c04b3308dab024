// Package jsmatrix_test tries npm packages in actions: each with a real call,
// asked for by require and by import, against a receiver that has to see what
// Node sends.
package jsmatrix_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/usherhost/usher/host/internal/jstest"
)

var (
	all    = flag.Bool("all", false, "try every package of testdata/all/package.json, not only those of testdata/package.json")
	again  = flag.Bool("node", false, "run the actions in Node instead, and write what they do there")
	update = flag.Bool("update", false, "write the table of packages (with -all)")
)

func TestMain(m *testing.M) { os.Exit(jstest.Main(m)) }

// TestPackagesDoWhatTheyDoInNode runs the actions in testdata/actions in each
// form and compares their requests and logs with those in Node, then the table
// that the documents show with what came out.
func TestPackagesDoWhatTheyDoInNode(t *testing.T) {
	readGolden(t)
	rows := chosenRows(t)
	t.Run("rows", func(t *testing.T) {
		for _, r := range rows {
			for _, y := range r.tries {
				t.Run(y.name(), func(t *testing.T) {
					t.Parallel()
					if *again {
						y.want, y.verdict = runNode(t, y), works
						return
					}
					y.run(t)
				})
			}
		}
	})
	rows = slices.DeleteFunc(rows, func(r *row) bool { return r.tries[0].verdict == "" || r.tries[1].verdict == "" }) // -run may have chosen some
	slices.SortFunc(rows, byPackage)
	if *again {
		writeGolden(t, rows)
		return
	}
	for _, r := range rows {
		for _, y := range r.tries {
			t.Log(y)
		}
	}
	if t.Failed() {
		return
	}
	if *update {
		writeTable(t, rows)
		return
	}
	compareTable(t, rows)
}

// chosenRows are the rows whose packages are installed: the few of CI, or all.
func chosenRows(t *testing.T) []*row {
	t.Helper()
	files, err := filepath.Glob("testdata/actions/*.js")
	if err != nil {
		t.Fatal(err)
	}
	installed := dependencies(t, *all)
	var rows []*row
	for _, file := range files {
		missing := func(name string) bool { return installed[name] == "" }
		if s := readSource(t, file); !slices.ContainsFunc(s.packages(), missing) {
			rows = append(rows, newRow(t, file))
		} else if *all {
			t.Errorf("%s needs a package that testdata/all/package.json does not have: one of %s", file, s.packages())
		}
	}
	if len(rows) == 0 {
		t.Fatal("no actions to try")
	}
	return rows
}

// TestTheFewPackagesOfCIAreAmongAllInTheSameVersions compares the two
// package.json.
func TestTheFewPackagesOfCIAreAmongAllInTheSameVersions(t *testing.T) {
	t.Parallel()
	every := dependencies(t, true)
	for name, version := range dependencies(t, false) {
		if every[name] != version {
			t.Errorf("%s is %s in testdata/package.json and %q in testdata/all/package.json", name, version, every[name])
		}
	}
}

// folderOf is the folder whose node_modules has the packages.
func folderOf(every bool) string {
	if every {
		return "testdata/all"
	}
	return "testdata"
}

func dependencies(t *testing.T, every bool) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folderOf(every), "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	return manifest.Dependencies
}
