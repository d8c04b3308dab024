package registry_test

import (
	"slices"
	"testing"

	"github.com/usherhost/usher/host"
)

func TestWhatAnOperatorAllowsHoldsFromTheNextRunOn(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	a := action(t, r, "greet", true)
	list, err := r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{{Action: a.ID}})
	if err != nil {
		t.Fatal(err)
	}
	step := host.Step{
		BindingID: list[0].ID, Declared: host.Settings{Egress: host.Egress{Allow: []string{"declared.example"}}},
		Settings: host.Settings{Egress: host.Egress{Allow: []string{"accepted.example"}}},
	}
	expect := func(when string, want ...string) {
		t.Helper()
		if got := r.Settings(t.Context(), step).Egress.Allow; !slices.Equal(got, want) {
			t.Errorf("%s: allowed %q, want %q", when, got, want)
		}
	}
	expect("at first", "declared.example")
	if _, err := r.UpdateBinding(t.Context(), list[0].ID, func(b *host.Binding) error {
		b.Settings.Egress.Allow = []string{"later.example"}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	expect("after the change", "declared.example", "later.example")
	if _, err := r.DeleteAction(t.Context(), a.ID, true); err != nil {
		t.Fatal(err)
	}
	expect("after the binding is gone", "accepted.example")
}
