package registry_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
)

// work records how the registry reloads what runs.
type work struct {
	reloads  int
	breakers int // that are open
	failure  error
}

func (w *work) Reload(context.Context) error { w.reloads++; return w.failure }

func (w *work) CloseBreakers(string) int { n := w.breakers; w.breakers = 0; return n }

func (w *work) HeldBack(context.Context) ([]host.Hold, error) {
	return []host.Hold{{Kind: host.HoldBreaker}}, nil
}

func TestAPauseIsStoredOnceAndRecordedWithItsReason(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	w := &work{}
	r.Work = w
	a := action(t, r, "notify", false)
	ctx := host.WithActor(t.Context(), host.Actor{Kind: "key", ID: "key_1", Name: "ops"})
	before := w.reloads
	p, paused, err := r.Pause(ctx, "notify", "Slack is down")
	if err != nil || !paused || p.Target != a.ID || p.Action != "notify" || p.Reason != "Slack is down" || p.Actor.Name != "ops" {
		t.Fatalf("paused %+v, %t, %v", p, paused, err)
	}
	again, paused, err := r.Pause(ctx, a.ID, "another reason")
	if err != nil || paused || again != p {
		t.Errorf("paused again %+v, %t, %v", again, paused, err)
	}
	if _, paused, err := r.Pause(ctx, string(host.PreUserRegistration), ""); err != nil || !paused {
		t.Errorf("the trigger: %t, %v", paused, err)
	}
	if w.reloads != before+2 {
		t.Errorf("reloaded %d times", w.reloads-before)
	}
	for _, want := range []bool{true, false} {
		if done, err := r.Resume(ctx, "notify"); err != nil || done.Resumed != want || done.Action != "notify" {
			t.Errorf("resumed %+v, %v", done, err)
		}
	}
	w.breakers = 2
	if done, err := r.Resume(ctx, "notify"); err != nil || done.Resumed || done.ClosedBreakers != 2 {
		t.Errorf("resumed %+v, %v", done, err)
	}
	changes, err := db.Changes(t.Context(), host.ChangeQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, c := range changes {
		if strings.HasSuffix(c.Verb, "pause") || strings.HasSuffix(c.Verb, "resume") {
			verbs = append(verbs, c.Verb)
		}
		if c.Verb == "action.pause" && (string(c.After) != `{"reason":"Slack is down"}` || c.Actor.Name != "ops" || c.Object != a.ID) {
			t.Errorf("change is %+v", c)
		}
	}
	if want := []string{"action.resume", "action.resume", "trigger.pause", "action.pause"}; !slices.Equal(verbs, want) {
		t.Errorf("recorded %v, want %v", verbs, want)
	}
}

func TestWhatCanNotBePaused(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	for _, tt := range []struct {
		target, reason string
		code           host.Code
	}{
		{"nope", "", host.NotFound},
		{"", "", host.NotFound},
		{"act_nope", "", host.NotFound},
		{"post-login", "", host.NotFound},
		{string(host.PostUserRegistration), strings.Repeat("x", host.MaxReasonChars+1), host.Invalid},
		{string(host.PostUserRegistration), "a\x1b[31m", host.Invalid},
	} {
		if _, _, err := r.Pause(t.Context(), tt.target, tt.reason); host.CodeOf(err) != tt.code {
			t.Errorf("%q, %.10q: %v", tt.target, tt.reason, err)
		}
	}
	if _, err := r.Resume(t.Context(), "nope"); host.CodeOf(err) != host.NotFound {
		t.Errorf("resumed: %v", err)
	}
	if holds, err := r.Holds(t.Context()); err != nil || len(holds) != 0 {
		t.Errorf("held back are %v, %v", holds, err)
	}
	r.Work = &work{failure: errors.New("the disk is broken")}
	if _, _, err := r.Pause(t.Context(), string(host.PostUserRegistration), ""); err == nil {
		t.Error("a pause that may not hold yet is reported as made")
	}
}

func TestWhatIsBoundIsReloadedWithEachChangeOfIt(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	w := &work{}
	r.Work = w
	action(t, r, "notify", true)
	for name, change := range map[string]func() error{
		"bind": func() error {
			_, err := r.ReplaceBindings(t.Context(), host.PostUserRegistration, []host.BindingWrite{{Action: "notify"}})
			return err
		},
	} {
		before := w.reloads
		if err := change(); err != nil || w.reloads == before {
			t.Errorf("%s: %v, reloaded %d times", name, err, w.reloads-before)
		}
	}
	before := w.reloads
	_, err := r.UpdateBinding(t.Context(), "notify", func(b *host.Binding) error { b.Settings.Rate = "1/s"; return nil })
	if err != nil || w.reloads == before {
		t.Errorf("set: %v, reloaded %d times", err, w.reloads-before)
	}
	before = w.reloads
	if _, err := r.DeleteAction(t.Context(), "notify", true); err != nil || w.reloads == before {
		t.Errorf("deleted: %v, reloaded %d times", err, w.reloads-before)
	}
}
