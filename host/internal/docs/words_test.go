package docs_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The words of the project are in host/docs/glossary.md. These are the ones that
// they replaced, with what to write instead. A pattern matches the words of names
// too: "StepLent" is read as "Step Lent".
var replaced = []struct {
	pattern string
	instead string
}{
	{`lends?|lent|lending|loans?|borrowers?`, "lease, leased, dispatch"},
	{`wish(es|ed)?|fulfil(s|led|ling)?`, "pending deploy"},
	{`thaw(s|ed)?|froze|freezes`, "snapshot, restore"},
	{`kept instances?|instances? (is|are|was) kept`, "pooled instance"},
	{`sheets?`, "image, mapping"},
	{`spoil(s|t|ed|ing)?|unspoilt`, "taint, tainted, non-deterministic"},
	{`workshops?`, "snapshotter, session"},
	{`floors?`, "layer; minimum"},
	{`doors?`, "transport, API"},
	{`keepers?`, "sole importer"},
	{`apart`, "in a subprocess; separate"},
	{`mend(s|ed|ing)?`, "fix, patch"},
	{`strangers?|whoever|somebody|nobody`, "untrusted caller, caller, operator; the passive"},
	{`advices?`, "hint"},
	{`tell(s|ing)?|told`, "report, describe, show, record"},
	{`bears?|bore|borne`, "carry; allow"},
	{`small letters`, "lower case"},
	{`a text|texts`, "string, message, document"},
	{`for good`, "permanently"},
	{`such thing`, "not found"},
	{`anew`, "again, new"},
	{`what (came|comes|became) of`, "outcome, result, state"},
	{`other hands`, "leased by another worker"},
	{`dearest`, "most expensive"},
	{`dice`, "random"},
	{`trials?`, "test run"},
}

// exceptions are matches that are right where they stand: a line that matches one
// may have a replaced word.
var exceptions = []struct {
	pattern string
	reason  string
}{
	{`"fulfilled"|'fulfilled'`, "the state of a promise"},
	{`\bfulfilled\b.*\brejected\b`, "the arguments of a promise's then"},
	{`\btold == JS_EXCEPTION|JSValue told\b|char untold\[\]|const texts = \{ basename|Object\.entries\(texts\)`, "names and a message in the sources of the engine, which is not made again for a word"},
	{`(?i)math\.floor|\bfloor\(|\bexpm1 floor fround\b|f(64|32)\.floor`, "the function"},
	{`(?i)apart from|(ms|seconds?|minutes?|hours?|bytes) apart`, "except for; a distance"},
	{`\bfd_tell\b`, "a function of WASI"},
	{`@googleapis/sheets`, "the name of a package"},
	{`INSERT INTO wish |, next_at, lent, epoch,`, "the tables as versions 1 to 7 of the database have them"},
	{`RENAME COLUMN lent TO |ALTER TABLE wish RENAME `, "the names that a migration replaces"},
}

// unread are files whose words are not ours, or can't change. The first folders
// hold what a build makes or downloads: they are in .gitignore, but a source
// archive has no list of what git ignores.
var unread = regexp.MustCompile(`(^|/)(node_modules|dist|build|\.git|\.task|bin|usher-data)/` +
	`|\.pb\.go$|^proto/baseline|^LICENSE$|package-lock\.json$|go\.sum$` +
	`|^host/sqlite/migrations/0000[1-7]` + // applied migrations never change
	`|^host/internal/docs/words_test\.go$` +
	`|^host/(auth0|internal/jsmatrix|internal/nodesame)/testdata/`) // recorded from other programs

// kinds are the endings of files that have our words.
var kinds = []string{".go", ".sql", ".yml", ".yaml", ".md", ".txtar", ".js", ".ts", ".mjs", ".c", ".h", ".proto", ".wat", ".json"}

// left is the file of the replaced words that are still there: how many a folder
// has. The numbers only go down: write them with go test ./host/internal/docs -update.
const left = "testdata/words_left.txt"

func TestReplacedWordsStayOut(t *testing.T) {
	t.Parallel()
	found := findReplaced(t)
	if *update {
		writeLeft(t, found)
		return
	}
	allowed := readLeft(t)
	for _, folder := range slices.Sorted(maps.Keys(found)) {
		if lines := found[folder]; len(lines) > allowed[folder] {
			t.Errorf("%s has %d words that were replaced, and may have %d:\n%s", folder, len(lines), allowed[folder], strings.Join(lines, "\n"))
		}
	}
}

// findReplaced returns a line for each replaced word, by folder.
func findReplaced(t *testing.T) map[string][]string {
	t.Helper()
	words := make([]*regexp.Regexp, len(replaced))
	patterns := make([]string, len(replaced))
	for i, r := range replaced {
		words[i] = regexp.MustCompile(`(?i)\b(` + r.pattern + `)\b`)
		patterns[i] = r.pattern
	}
	// Few lines match, and one look for all the words is faster than one for each.
	anyWord := regexp.MustCompile(`(?i)\b(` + strings.Join(patterns, "|") + `)\b`)
	var right []*regexp.Regexp
	for _, e := range exceptions {
		right = append(right, regexp.MustCompile(e.pattern))
	}
	found := map[string][]string{}
	for _, name := range textFiles(t) {
		n := 0
		for line := range strings.Lines(read(t, name)) {
			n++
			plain := separate(line)
			if !anyWord.MatchString(plain) {
				continue
			}
			if slices.ContainsFunc(right, func(e *regexp.Regexp) bool { return e.MatchString(line) }) {
				continue
			}
			for i, word := range words {
				if match := word.FindString(plain); match != "" {
					found[path.Dir(name)] = append(found[path.Dir(name)], fmt.Sprintf("%s:%d: %q: write: %s", name, n, match, replaced[i].instead))
				}
			}
		}
	}
	return found
}

func readLeft(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile(left)
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var folder string
		var n int
		if _, err := fmt.Sscan(line, &folder, &n); err != nil {
			t.Fatalf("%s: %q: %v", left, line, err)
		}
		allowed[folder] = n
	}
	return allowed
}

func writeLeft(t *testing.T, found map[string][]string) {
	t.Helper()
	var text strings.Builder
	for _, folder := range slices.Sorted(maps.Keys(found)) {
		fmt.Fprintf(&text, "%s %d\n", folder, len(found[folder]))
	}
	if err := os.WriteFile(left, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

var humps = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// separate parts the words of names: "leaseUntil_now" becomes "lease Until now".
func separate(line string) string {
	return strings.ReplaceAll(humps.ReplaceAllString(line, "$1 $2"), "_", " ")
}

func textFiles(t *testing.T) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(filepath.FromSlash(root)), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if unread.MatchString(name + "/") {
				return fs.SkipDir
			}
		case slices.Contains(kinds, path.Ext(name)) && !unread.MatchString(name):
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
