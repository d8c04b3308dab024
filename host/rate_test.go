package host_test

import (
	"testing"
	"time"

	"github.com/usherhost/usher/host"
)

func TestRates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rate host.Rate
		n    int
		per  time.Duration
	}{
		{"1/s", 1, time.Second},
		{"100/m", 100, time.Minute},
		{"10000/h", 10_000, time.Hour},
		{"", 0, 0},
		{"10", 0, 0},
		{"0/s", 0, 0},
		{"-1/s", 0, 0},
		{"+1/s", 0, 0},
		{"01/s", 0, 0},
		{"1.5/s", 0, 0},
		{"10001/s", 0, 0},
		{"1/d", 0, 0},
		{"1/S", 0, 0},
		{"1 /s", 0, 0},
		{"1/s/s", 0, 0},
		{"/s", 0, 0},
		{"9999999999999999999/s", 0, 0},
	} {
		n, per, ok := tt.rate.Parse()
		if ok != (tt.n > 0) || ok && (n != tt.n || per != tt.per) {
			t.Errorf("%q is %d in %s, %t", tt.rate, n, per, ok)
		}
		settings := host.Settings{Rate: tt.rate}
		if err := settings.Check("/settings"); (err == nil) != (tt.n > 0 || tt.rate == "") {
			t.Errorf("%q as a setting: %v", tt.rate, err)
		}
	}
}

func TestABreakerIsForTheBackground(t *testing.T) {
	t.Parallel()
	limited := host.Settings{Rate: "1/s", Concurrency: 2}
	off := host.Settings{Breaker: host.BreakerOff}
	for trigger, want := range map[host.Trigger]bool{host.PostUserRegistration: true, host.PreUserRegistration: false} {
		if err := limited.CheckFor(trigger, ""); err != nil {
			t.Errorf("%s: %v", trigger, err)
		}
		if err := off.CheckFor(trigger, ""); (err == nil) != want {
			t.Errorf("%s: %v", trigger, err)
		}
	}
}
