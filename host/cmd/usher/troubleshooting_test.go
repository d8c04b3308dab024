package main

import (
	"database/sql"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// troubleshooting is the page whose quotes a script makes.
const troubleshooting = "../../docs/troubleshooting.md"

// quotes returns the lines that each section of the page quotes, by its heading.
func quotes() (map[string][]string, error) {
	text, err := os.ReadFile(troubleshooting)
	if err != nil {
		return nil, err
	}
	found := map[string][]string{}
	block := regexp.MustCompile("(?ms)^```text\n(.*?)^```")
	for _, section := range strings.Split(string(text), "\n### ")[1:] {
		heading, body, _ := strings.Cut(section, "\n")
		for _, quote := range block.FindAllStringSubmatch(body, -1) {
			found[heading] = append(found[heading], strings.Split(strings.TrimSpace(quote[1]), "\n")...)
		}
	}
	return found, nil
}

// checkPage is `page FILE HEADING`: FILE, or stdout or stderr, has the lines that the
// section of the troubleshooting page quotes. "…" in a quote stands for anything.
func checkPage(ts *testscript.TestScript, neg bool, args []string) {
	found, err := quotes()
	ts.Check(err)
	got := ts.ReadFile(args[0])
	if len(found[args[1]]) == 0 {
		ts.Fatalf("%s quotes nothing under %q; this was printed:\n%s", troubleshooting, args[1], got)
	}
	for _, line := range found[args[1]] {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(line)), "…", ".*")
		if !regexp.MustCompile("(?m)" + pattern).MatchString(got) {
			ts.Fatalf("%s quotes %q, which is not in:\n%s", troubleshooting, line, got)
		}
	}
}

// makeNewer is `newer FILE`: the database is one of a newer version.
func makeNewer(ts *testscript.TestScript, neg bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	ts.Check(errors.Join(err, db.Close()))
}

func TestEveryQuoteOfThePageIsMadeByTheScript(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("testdata/troubleshooting.txtar")
	if err != nil {
		t.Fatal(err)
	}
	found, err := quotes()
	if err != nil || len(found) == 0 {
		t.Fatalf("the page quotes %d errors, %v", len(found), err)
	}
	for heading := range found {
		if !regexp.MustCompile(`(?m)^page \S+ '` + regexp.QuoteMeta(heading) + `'$`).Match(script) {
			t.Errorf("testdata/troubleshooting.txtar does not make what the page quotes under %q", heading)
		}
	}
}
