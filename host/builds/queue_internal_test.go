package builds

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestOneWorkerHasAnActionForAllItsAuthors(t *testing.T) {
	t.Parallel()
	var q queue
	by := func(author, actionID string) {
		q.add(host.WithActor(t.Context(), host.Actor{Kind: "key", ID: author}), actionID)
	}
	next := func() waiting {
		w, ok := q.next(t.Context())
		if !ok {
			t.Fatal("there is nothing to build")
		}
		return w
	}
	q.add(t.Context(), "act_a") // left by an earlier run
	by("one", "act_a")
	a := next()
	if a.actionID != "act_a" || a.key() != "one" || len(q.line) != 0 {
		t.Errorf("first is %+v, and then %+v", a, q.line)
	}
	by("two", "act_a") // changed meanwhile
	by("other", "act_b")
	if w := next(); w.actionID != "act_b" {
		t.Errorf("a second worker has %+v, which the first has", w)
	}
	q.done(a)
	if w := next(); w.actionID != "act_a" || w.key() != "two" {
		t.Errorf("after the first worker comes %+v", w)
	}
}
