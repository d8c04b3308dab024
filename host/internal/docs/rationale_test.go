package docs_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the index of the rationale and the numbers of replaced words")

// rationale has the index of all rationales, and the questions about the whole.
const rationale = "host/RATIONALE.md"

type question struct {
	page, heading, body string
}

// questions returns what the rationales ask, page by page: the whole first, then
// the packages by name.
func questions(t *testing.T) []question {
	t.Helper()
	var found []question
	for _, page := range pages(t) {
		if path.Base(page) != "RATIONALE.md" {
			continue
		}
		for _, section := range strings.Split(read(t, page), "\n## ")[1:] {
			heading, body, _ := strings.Cut(section, "\n")
			found = append(found, question{page, heading, body})
		}
	}
	slices.SortStableFunc(found, func(a, b question) int {
		return cmp.Compare(strings.TrimPrefix(a.page, rationale), strings.TrimPrefix(b.page, rationale))
	})
	return found
}

func TestEachChoiceHasAQuestionAnAlternativeAndACost(t *testing.T) {
	t.Parallel()
	asked := map[string]string{}
	for _, q := range questions(t) {
		if !strings.HasSuffix(q.heading, "?") {
			t.Errorf("%s: %q is not a question", q.page, q.heading)
		}
		if page, again := asked[q.heading]; again {
			t.Errorf("%s and %s both ask %q", page, q.page, q.heading)
		}
		asked[q.heading] = q.page
		_, rest, turnedDown := strings.Cut(q.body, "\n\n*Turned down:* ")
		if !turnedDown || !strings.Contains(rest, "\n\n*Costs:* ") {
			t.Errorf("%s: %q needs a paragraph that begins with *Turned down:*, and then one with *Costs:*", q.page, q.heading)
		}
	}
	if len(asked) < 200 {
		t.Errorf("only %d questions were found", len(asked))
	}
}

// maxWidth is the longest line of prose, in characters.
const maxWidth = 100

func TestProseIsWrapped(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		if path.Base(page) != "RATIONALE.md" && path.Dir(page) != "host/docs" {
			continue
		}
		n := 0
		for line := range strings.Lines(read(t, page)) {
			n++
			table := strings.HasPrefix(line, "|")
			if width := utf8.RuneCountInString(strings.TrimRight(line, "\n")); width > maxWidth && !table && !strings.HasPrefix(line, "- [") {
				t.Errorf("%s:%d has %d characters, more than %d", page, n, width, maxWidth)
			}
		}
	}
}

func TestTheRationaleBeginsWithAnIndex(t *testing.T) {
	t.Parallel()
	const begin, end = "<!-- index: go test ./host/internal/docs -update -->\n", "<!-- end of index -->"
	text := read(t, rationale)
	before, rest, ok := strings.Cut(text, begin)
	old, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no index between %q and %q", rationale, begin, end)
	}
	index := questionIndex(t)
	switch {
	case old == index:
	case *update:
		if err := os.WriteFile(filepath.Join(root, rationale), []byte(before+begin+index+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the index of %s is not that of the questions: run go test ./host/internal/docs -update", rationale)
	}
}

func questionIndex(t *testing.T) string {
	t.Helper()
	var index strings.Builder
	page := ""
	for _, q := range questions(t) {
		target, err := filepath.Rel(path.Dir(rationale), q.page)
		if err != nil {
			t.Fatal(err)
		}
		target = filepath.ToSlash(target)
		if q.page == rationale {
			target = ""
		}
		if q.page != page {
			page = q.page
			index.WriteString("\n")
			if page == rationale {
				index.WriteString("The whole:\n")
			} else {
				fmt.Fprintf(&index, "[%s](%s):\n", path.Dir(page), target)
			}
			index.WriteString("\n")
		}
		fmt.Fprintf(&index, "- [%s](%s#%s)\n", q.heading, target, slug(q.heading))
	}
	return index.String() + "\n"
}
