package registry

import (
	"testing"

	"github.com/usherhost/usher/host"
)

func TestOneWorkerHasAnActionWhoeverAsksForItsBuild(t *testing.T) {
	t.Parallel()
	var b builds
	by := func(author, actionID string) {
		b.add(host.WithActor(t.Context(), host.Actor{Kind: "key", ID: author}), actionID)
	}
	next := func() waiting {
		w, ok := b.next(t.Context())
		if !ok {
			t.Fatal("there is nothing to build")
		}
		return w
	}
	b.add(t.Context(), "act_a") // left by an earlier run
	by("one", "act_a")
	a := next()
	if a.actionID != "act_a" || a.key() != "one" || len(b.queue) != 0 {
		t.Errorf("first is %+v, and then %+v", a, b.queue)
	}
	by("two", "act_a") // changed meanwhile
	by("other", "act_b")
	if w := next(); w.actionID != "act_b" {
		t.Errorf("a second worker has %+v, which the first has", w)
	}
	b.built(a)
	if w := next(); w.actionID != "act_a" || w.key() != "two" {
		t.Errorf("after the first worker comes %+v", w)
	}
}
