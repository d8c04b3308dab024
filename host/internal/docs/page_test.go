package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// pages returns every Markdown file of the repository but those that npm
// installs, with slashes.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || name != "." && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case path.Ext(name) == ".md":
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	link  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	block = regexp.MustCompile("(?ms)^```.*?^```")
)

// links returns the targets of a page's links that are no addresses, outside of
// code blocks.
func links(text string) []string {
	var targets []string
	for _, match := range link.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
		if !strings.Contains(match[1], "://") && !strings.HasPrefix(match[1], "mailto:") {
			targets = append(targets, match[1])
		}
	}
	return targets
}

// resolve returns the file that a link on a page leads to, and the anchor in it.
func resolve(page, target string) (file, anchor string) {
	file, anchor, _ = strings.Cut(target, "#")
	if file == "" {
		return page, anchor
	}
	return path.Join(path.Dir(page), file), anchor
}

// anchors returns the anchors of a page's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(block.ReplaceAllString(text, "")) {
		if heading := strings.TrimLeft(line, "#"); heading != line && strings.HasPrefix(heading, " ") {
			found[slug(strings.TrimSpace(heading))] = true
		}
	}
	return found
}

func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// copied matches the pages that are read elsewhere than where they lie: the
// beginning of proto/abi/README.md, and the templates of `usher init`.
var copied = regexp.MustCompile(`^(proto/internal/abidoc|sdk/templates)/`)

func TestLinksLeadToFilesAndHeadingsThatExist(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		if copied.MatchString(page) {
			continue
		}
		for _, target := range links(read(t, page)) {
			file, anchor := resolve(page, target)
			if info, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s links to %s, which does not exist", page, target)
			} else if anchor != "" && !info.IsDir() && !anchors(read(t, file))[anchor] {
				t.Errorf("%s links to %s, but %s has no such heading", page, target, file)
			}
		}
	}
}

// index is the page that lists all others.
const index = "host/docs/README.md"

// indexedElsewhere matches the pages that other pages list: samples, templates
// and what explains test data.
var indexedElsewhere = regexp.MustCompile(`(^|/)(testdata|templates|internal|dist)/|^plugins/.+/`)

func TestTheIndexListsEveryPage(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{index: true}
	for _, page := range []string{index, rationale} {
		for _, target := range links(read(t, page)) {
			file, _ := resolve(page, target)
			listed[file] = true
		}
	}
	for _, page := range pages(t) {
		if !listed[page] && !indexedElsewhere.MatchString(page) {
			t.Errorf("%s does not link to %s", index, page)
		}
	}
}
