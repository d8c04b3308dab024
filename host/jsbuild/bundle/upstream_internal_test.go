package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/usherhost/usher/host"
)

// TestAMessageOfUnknownWordsIsShownAsItIs holds for the fallback when esbuild words
// its messages in another way: see host/docs/upstream-internals.md.
func TestAMessageOfUnknownWordsIsShownAsItIs(t *testing.T) {
	t.Parallel()
	j, err := newJob(Source{Name: "action.js"})
	if err != nil {
		t.Fatal(err)
	}
	got := j.message(api.Message{
		Text:     "Cannot fathom this import",
		Location: &api.Location{File: "action.js", Line: 2, Column: 4, LineText: `let x = 1`},
		Notes:    []api.Note{{Text: "You can mark the path as external"}, {Text: "It was declared elsewhere."}},
	})
	want := host.BuildMessage{
		Text: "cannot fathom this import", File: "action.js", Line: 2, Column: 5, LineText: `let x = 1`, Hint: "it was declared elsewhere",
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestAPatternOfUnknownWordsReadsNoFileOutside holds for the fallback when esbuild
// reports a pattern without a file in other words: the pattern is not refused, but
// each file that it finds is.
func TestAPatternOfUnknownWordsReadsNoFileOutside(t *testing.T) { //nolint:paralleltest // it changes a variable of the package
	before := patternForm
	patternForm = regexp.MustCompile(`^in other words (.*)`)
	defer func() { patternForm = before }()
	top := t.TempDir()
	dir := filepath.Join(top, "project")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(top, "secret.js"), filepath.Join(dir, "package.json")} {
		if err := os.WriteFile(name, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code := `exports.onExecutePostUserRegistration = () => require("../" + process.env.NAME);`
	_, err := Make(t.Context(), Source{Name: "action.js", Code: []byte(code), Dir: dir}, Options{})
	if _, ok := errors.AsType[*host.BuildFailure](err); !ok || !strings.Contains(err.Error(), "is outside of what the action may read") {
		t.Errorf("got %v", err)
	}
}
