package host_test

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestNamesThatForgeWhatPeopleSeeAreNotPrintable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"notify slack": "",
		"Ünïcødé 漢字 עברית 👩\u200d💻 می\u200cخواهم": "",
		"\ufffd":           "",
		"a\nb":             "U+000A",
		"\x1b[2J":          "U+001B",
		"\x7f":             "U+007F",
		"\u009b31m":        "U+009B",
		"abc\u202egnp.exe": "U+202E",
		"\u2066x":          "U+2066",
		"\u200ex":          "U+200E",
		"\u061cx":          "U+061C",
		"a\u2028b":         "U+2028",
		"a\u200bb":         "U+200B",
		"\ufeffa":          "U+FEFF",
		"a\U000e0041":      "U+E0041",
		"a\xffb":           "UTF-8",
	} {
		got := host.Unprintable(name)
		if want == "" && got != "" || want != "" && !hasEnd(got, want) {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func hasEnd(s, end string) bool { return len(s) >= len(end) && s[len(s)-len(end):] == end }

func TestEscapesAreJSONs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain 漢字 👩\u200d💻":     "plain 漢字 👩\u200d💻",
		"a\nb\tc\rd":            `a\nb\tc\rd`,
		"\x00\x1b[2J\x7f":       `\u0000\u001b[2J\u007f`,
		"\u0085\u202e\u2028":    `\u0085\u202e\u2028`,
		"\U000e0041":            `\udb40\udc41`,
		"\xff\ufffd":            `\xff` + "\ufffd",
		"\\n stays as it stood": `\n stays as it stood`,
	} {
		if got := host.Escape(text, ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := host.Escape("a\nb\tc\x1b", "\n\t"); got != "a\nb\tc\\u001b" {
		t.Errorf("got %q", got)
	}
}
