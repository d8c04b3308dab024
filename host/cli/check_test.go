package cli

import "testing"

func TestABarShowsHowFarACheckIs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		done, of int
		want     string
	}{
		{0, 1000, "checked [                              ] 0 of 1,000"},
		{500, 1000, "checked [===============               ] 500 of 1,000"},
		{1000, 1000, "checked [==============================] 1,000 of 1,000"},
		{0, 0, "checked [==============================] 0 of 0"},
	} {
		if got := bar(tt.done, tt.of); got != tt.want {
			t.Errorf("%d of %d: %q, want %q", tt.done, tt.of, got, tt.want)
		}
	}
}
