package jsmatrix_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// tableFile is the document with the table, between two marks.
const (
	tableFile  = "../../jsbuild/PACKAGES.md"
	tableStart = "<!-- the table is written by: task jsmatrix:update -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// engineBytes is what every module has of the engine's code.
const engineBytes = 592 << 10

func byPackage(a, b *row) int {
	return cmp.Or(strings.Compare(strings.TrimPrefix(a.display, "@"), strings.TrimPrefix(b.display, "@")), strings.Compare(a.version, b.version), strings.Compare(a.name, b.name))
}

// claim is the part of a row that must be up to date.
func (r *row) claim() string {
	return fmt.Sprintf("| %s | %s | %s | %s | %s |", r.display, r.version, r.tried, r.tries[0].says(), r.tries[1].says())
}

// says is the verdict with its reason.
func (y *try) says() string {
	why := y.row.reason
	if why == "" {
		why = y.remark
	}
	switch y.verdict {
	case works:
		return works
	case differs:
		return "differs from Node: " + strings.ReplaceAll(why, "|", `\|`)
	default:
		return y.verdict + ": " + strings.ReplaceAll(why, "|", `\|`)
	}
}

func (r *row) line() string {
	y := r.tries[1]
	if y.moduleBytes == 0 {
		y = r.tries[0]
	}
	if y.moduleBytes == 0 {
		return r.claim() + " | | | |\n"
	}
	from := y.from
	if y.because != "" {
		from += " (" + y.because + ")"
	}
	return fmt.Sprintf("%s %.1f | %s | %.1f | %d |\n", r.claim(), float64(max(0, y.moduleBytes-engineBytes))/(1<<20), from, float64(y.fuel)/1e6, len(y.Requests))
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

const tableHead = "| package | version | tried | require | import | snapshot, MiB | starts from | fuel, million | requests |\n|---|---|---|---|---|---|---|---|---|\n"

// writeTable writes the rows that were tried, beside the others of the table
// that are still there, and how many do what they do in Node.
func writeTable(t *testing.T, tried []*row) {
	t.Helper()
	before, table, after := document(t)
	lines := map[string]string{}
	for line := range strings.Lines(table) {
		if key := keyOf(line); key != "" {
			lines[key] = line
		}
	}
	for _, r := range tried {
		lines[keyOf(r.line())] = r.line()
	}
	var b strings.Builder
	forms, same := 0, 0
	b.WriteString(tableHead)
	rows := chosenRows(t)
	slices.SortFunc(rows, byPackage)
	for _, r := range rows {
		line := lines[keyOf(r.claim())]
		if line == "" {
			t.Errorf("%s was never tried", r.name)
		}
		b.WriteString(line)
		for _, cell := range cells(line)[3:5] {
			forms++
			if cell == works {
				same++
			}
		}
	}
	fmt.Fprintf(&b, "\n%d packages, each in two forms: %d of %d do what they do in Node (%.1f %%).\n", len(rows), same, forms, 100*float64(same)/float64(forms))
	if err := os.WriteFile(tableFile, []byte(before+tableStart+b.String()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cells are those of a line of the table; as many as there are columns at least.
func cells(line string) []string {
	list := strings.Split(strings.Trim(line, "| \n"), " | ")
	for len(list) < 9 {
		list = append(list, "")
	}
	return list
}

// keyOf is what names a row in the table: package, version and what is tried.
func keyOf(line string) string {
	if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| package |") {
		return ""
	}
	return strings.Join(cells(line)[:3], " | ")
}

// compareTable holds the document to what came out: packages, versions and
// verdicts. Sizes and fuel may move.
func compareTable(t *testing.T, rows []*row) {
	t.Helper()
	_, table, _ := document(t)
	for _, r := range rows {
		if !strings.Contains(table, "\n"+r.claim()) {
			t.Errorf("%s does not say, of %s: %s", tableFile, r.name, r.claim())
		}
	}
	if t.Failed() {
		t.Log("when that is right: task jsmatrix:update")
	}
}
