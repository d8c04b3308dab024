package web_test

import (
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/web"
)

func TestHintJoinsPlainWordsAndAFix(t *testing.T) {
	t.Parallel()
	fix := host.FixBind.With("greet")
	for _, tt := range []struct {
		hint string
		fix  *host.Fix
		want string
	}{
		{"", nil, ""},
		{"wait", nil, "wait"},
		{"", fix, "bind it: usher bind greet"},
		{"wait", fix, "wait; bind it: usher bind greet"},
		{"wait\n", fix, "wait\nbind it: usher bind greet"},
		{"wait", &host.Fix{Verb: "of_a_newer_version", Args: []string{"x"}}, "wait"},
	} {
		if got := web.Hint(tt.hint, tt.fix); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestWordResultLeavesTheOriginal(t *testing.T) {
	t.Parallel()
	r := host.Result{
		Error: &host.ResultError{Hint: "look", Fix: host.FixDoctor.With()},
		Calls: []host.CallNote{{Function: "http_send", Fix: host.FixAllowOrigin.With("greet", "https://a.example")}},
	}
	worded := web.WordResult(r, web.Words)
	if worded.Error.Fix != nil || worded.Error.Hint != "look; the host's operator can find the cause: usher doctor" {
		t.Errorf("error %+v", worded.Error)
	}
	if n := worded.Calls[0]; n.Fix != nil || n.Hint != "allow the origin: usher bindings set greet --allow https://a.example" {
		t.Errorf("call %+v", n)
	}
	if r.Error.Fix == nil || r.Calls[0].Fix == nil {
		t.Error("the result itself was changed")
	}
}
