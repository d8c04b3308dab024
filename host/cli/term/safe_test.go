package term

import (
	"bytes"
	"testing"
)

func TestColorsOfOurOwnPass(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	page := New(nil, &out, &out)
	page.color = true
	page.Note("%s %s", page.Red("a\x1b[5mb\n\xff[31mc\xff]0;d"), "\x1b[31m")
	if got, want := out.String(), "\x1b[31ma\\u001b[5mb\\n\x1b[31mc\\xff]0;d\x1b[0m \\u001b[31m\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
