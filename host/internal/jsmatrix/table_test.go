package jsmatrix_test

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"
)

// tableFile is the document with the table, between two marks.
const (
	tableFile  = "../../jsbuild/PACKAGES.md"
	tableStart = "<!-- the table is written by: go test ./host/internal/jsmatrix -update -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// engineBytes is what every module has of the engine's code.
const engineBytes = 592 << 10

func byPackage(a, b *row) int {
	return cmp.Or(strings.Compare(strings.TrimPrefix(a.name, "@"), strings.TrimPrefix(b.name, "@")), strings.Compare(a.version, b.version))
}

// claim is the part of a row that must be up to date.
func (r *row) claim() string {
	return fmt.Sprintf("| %s | %s | %s | %s |", r.name, r.version, r.tried, r.says())
}

// says is the verdict with its reason.
func (r *row) says() string {
	switch r.verdict {
	case works:
		return works
	case differs:
		return "differs from Node"
	default:
		return r.verdict + ": " + strings.ReplaceAll(r.remark, "|", `\|`)
	}
}

func (r *row) line() string {
	if r.moduleBytes == 0 {
		return r.claim() + " | | | |\n"
	}
	from := r.from
	if r.reason != "" {
		from += " (" + r.reason + ")"
	}
	return fmt.Sprintf("%s %.1f | %s | %.1f | %d |\n", r.claim(), float64(max(0, r.moduleBytes-engineBytes))/(1<<20), from, float64(r.fuel)/1e6, len(r.Requests))
}

// document returns the document's parts: before, within and after the table.
func document(t *testing.T) (before, table, after string) {
	t.Helper()
	text, err := os.ReadFile(tableFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableStart)
	table, after, end := strings.Cut(rest, tableEnd)
	if !ok || !end {
		t.Fatalf("%s has not the marks of the table", tableFile)
	}
	return before, table, after
}

func writeTable(t *testing.T, rows []*row) {
	t.Helper()
	before, _, after := document(t)
	var table strings.Builder
	table.WriteString("| package | version | tried | | snapshot, MiB | starts from | fuel, million | requests |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		table.WriteString(r.line())
	}
	if err := os.WriteFile(tableFile, []byte(before+tableStart+table.String()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compareTable holds the document to what came out: packages, versions and
// verdicts. Sizes and fuel may move.
func compareTable(t *testing.T, rows []*row) {
	t.Helper()
	_, table, _ := document(t)
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines)-2 != len(rows) {
		t.Errorf("%s has %d packages, and %d were tried", tableFile, len(lines)-2, len(rows))
	}
	for _, r := range rows {
		if !strings.Contains(table, "\n"+r.claim()) {
			t.Errorf("%s does not say, of %s: %s", tableFile, r.folder, r.claim())
		}
	}
	if t.Failed() {
		t.Log("when that is right: go test ./host/internal/jsmatrix -update")
	}
}
