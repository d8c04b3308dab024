package cli

import (
	"slices"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/cli/term"
)

func TestBindPutsTheActionInItsPlace(t *testing.T) {
	t.Parallel()
	bound := []host.Binding{{ActionID: "a", Action: "first"}, {ActionID: "b", Action: "second"}, {ActionID: "c", Action: "third"}}
	for _, tt := range []struct {
		name   string
		place  place
		action string
		want   []string
	}{
		{name: "a new one goes last", action: "x", want: []string{"a", "b", "c", "x"}},
		{name: "first", place: place{first: true}, action: "x", want: []string{"x", "a", "b", "c"}},
		{name: "before a neighbour", place: place{before: "second"}, action: "x", want: []string{"a", "x", "b", "c"}},
		{name: "after a neighbour", place: place{after: "second"}, action: "x", want: []string{"a", "b", "x", "c"}},
		{name: "one that is bound stays where it is", action: "b", want: []string{"a", "b", "c"}},
		{name: "one that is bound moves when asked", place: place{after: "third"}, action: "a", want: []string{"b", "c", "a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			order, err := tt.place.insert(bound, host.BindingWrite{Action: tt.action})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, write := range order {
				got = append(got, write.Action)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("order %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBindBesideAnUnknownBindingIsAnError(t *testing.T) {
	t.Parallel()
	_, err := place{before: "unknown"}.insert(nil, host.BindingWrite{Action: "x"})
	if term.ExitCode(err) != term.ExitNotFound {
		t.Errorf("error %v, want a not-found one", err)
	}
}
