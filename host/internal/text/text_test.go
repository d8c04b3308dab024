package text_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host/internal/text"
)

func TestShellQuoteMakesOneWord(t *testing.T) {
	t.Parallel()
	for _, word := range []string{
		"", "notify-slack", "https://hooks.slack.com:443/a_b@c", "two words", "it's", "a;b", "a&b|c", "<in >out", "(x)", "*?", "#no", "~me",
		"$HOME", "`id`", `back\slash`, `"quoted"`, "!event", "line\nbreak", "ümläut", "a=b", "%1",
	} {
		quoted := text.ShellQuote(word)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf '[%s]' "+quoted).Output()
		if err != nil || string(out) != "["+word+"]" {
			t.Errorf("%s is %q for a shell, want %q (%v)", quoted, out, word, err)
		}
	}
	for _, plain := range []string{"notify-slack", "./a/b.js", "--allow", "https://a.example"} {
		if got := text.ShellQuote(plain); got != plain {
			t.Errorf("%q is quoted as %s", plain, got)
		}
	}
}

func TestCutMarksWhatItCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 100)
	once := text.Cut(long, 51)
	for _, tt := range []struct{ got, want string }{
		{text.Cut("short", 5), "short"},
		{once, strings.Repeat("ä", 25) + "… (cut: it had 200 bytes)"},
		{text.Cut([]byte(long), 51), once},
		{text.Cut(once, 10), strings.Repeat("ä", 5) + "… (cut: it had 200 bytes)"},
		{text.Cut("äöü", 1), "… (cut: it had 6 bytes)"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"listen", "log_level", "log_format", "lsiten"}
	for _, tt := range []struct {
		word   string
		within int
		want   []string
	}{
		{"listen", 1, []string{"listen", "lsiten"}},
		{"LISTNE", 1, []string{"listen"}},
		{"log_leevl", 2, []string{"log_level"}},
		{"other", 2, nil},
	} {
		if got := text.Nearest(tt.word, names, tt.within); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.word, got, tt.want)
		}
	}
	if got, want := text.DidYouMean("a", "b"), `did you mean "a" or "b"?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := text.DidYouMean(); got != "" {
		t.Errorf("asks %q for no name", got)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": 0, "": 0, "-1": 0, "soon": 0, "99999999999999999999": 0,
		"Fri, 02 Jan 2026 03:04:15 GMT": 10 * time.Second, "Fri, 02 Jan 2026 03:04:00 GMT": 0,
	} {
		if got := text.ParseRetryAfter(value, now); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "1", time.Second: "1", 1100 * time.Millisecond: "2", time.Minute: "60"} {
		if got := text.RetryAfter(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

func TestBackoffDoublesUpToItsLimit(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 3: 8 * time.Second, 4: 10 * time.Second, 1000: 10 * time.Second} {
		if got := text.Backoff(2*time.Second, 10*time.Second, attempt); got != want {
			t.Errorf("attempt %d: got %v, want %v", attempt, got, want)
		}
	}
	if got := text.Backoff(1<<62, 1<<63-1, 5); got != 1<<63-1 {
		t.Errorf("got %v, want the limit", got)
	}
	if got := text.Backoff(0, time.Second, 5); got != 0 {
		t.Errorf("got %v without a first wait", got)
	}
}
