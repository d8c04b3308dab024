// Package docs_test checks the documents: their claims about the code, their links
// and their indexes.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../../.."

var named = regexp.MustCompile("`((?:host|proto)[a-z0-9/]*)\\.((?:Test|Fuzz)\\w+)`")

func TestTheThreatModelNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "host/docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range named.FindAllStringSubmatch(string(text), -1) {
		found++
		if !hasTest(t, name[1], name[2]) {
			t.Errorf("package %s has no test %s", name[1], name[2])
		}
	}
	if found < 70 {
		t.Errorf("%d tests are named, fewer than there were", found)
	}
}

func TestEachBoundaryHasATest(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "host/docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, boundaries, _ := strings.Cut(string(text), "\n## Boundaries\n")
	boundaries, _, _ = strings.Cut(boundaries, "\n## ")
	for _, section := range strings.Split(boundaries, "\n### ")[1:] {
		if !named.MatchString(section) {
			title, _, _ := strings.Cut(section, "\n")
			t.Errorf("%q names no test", title)
		}
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}

func TestThePageOfUpstreamInternalsNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "host/docs/upstream-internals.md"))
	if err != nil {
		t.Fatal(err)
	}
	names := named.FindAllStringSubmatch(string(text), -1)
	for _, name := range names {
		if !hasTest(t, name[1], name[2]) {
			t.Errorf("package %s has no test %s", name[1], name[2])
		}
	}
	if len(names) < 17 {
		t.Errorf("%d tests are named, fewer than there were", len(names))
	}
}
