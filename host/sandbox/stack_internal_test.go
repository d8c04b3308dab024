package sandbox

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// stillClock is a clock that stands still.
type stillClock struct{}

func (stillClock) Now(*Call) time.Time         { return time.Unix(0, 0) }
func (stillClock) Elapsed(*Call) time.Duration { return 0 }
func (stillClock) Sleep(*Call, time.Duration)  {}

func runGuest(t *testing.T, m *Module) {
	t.Helper()
	out := m.Run(t.Context(), &Request{
		Entry: "onExecutePostUserRegistration", Limits: host.DefaultSettings().Limits,
		Clock: stillClock{}, Stdout: io.Discard, Stderr: io.Discard,
	})
	if out.Fault != nil || out.Isolation != host.IsolationReset {
		t.Fatalf("isolation %s, fault %+v", out.Isolation, out.Fault)
	}
}

// TestAPooledInstanceDropsADeepStack runs a guest that recurses far and
// succeeds, and one that does not.
func TestAPooledInstanceDropsADeepStack(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	for _, tt := range []struct {
		guest       string
		least, most int
	}{
		{guest: "deep", least: 0, most: 0},
		{guest: "noop", least: 4 << 10, most: 64 << 10},
	} {
		wasm := guests.Wasm(tt.guest)
		m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(m.Release)
		runGuest(t, m)
		runGuest(t, m) // also with a new handle
		i := m.usage.idle[0].Value.(*instance)
		if got := i.countStackBytes(); got < tt.least || got > tt.most || got != i.stackBytes {
			t.Errorf("%s: the stacks have %d bytes, %d are counted", tt.guest, got, i.stackBytes)
		}
	}
}

// TestInstancesThatAreIdleLongHaveNoStacks keeps more instances than can be hot.
func TestInstancesThatAreIdleLongHaveNoStacks(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	wasm := guests.Wasm("noop")
	m, err := s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { return wasm, nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Release)
	var taken []*instance
	for range s.runs.hot() + 3 {
		runGuest(t, m)
		taken = append(taken, s.takeIdle(m))
	}
	for _, i := range taken {
		s.putIdle(m, i)
	}
	var bytes int64
	with := 0
	for _, e := range m.usage.idle {
		i := e.Value.(*instance)
		bytes += i.bytes()
		if i.countStackBytes() > 0 {
			with++
		}
	}
	if with != s.runs.hot() || bytes != s.idleBytes {
		t.Errorf("%d of %d have stacks; %d bytes, counted %d", with, len(m.usage.idle), bytes, s.idleBytes)
	}
	runGuest(t, m)
}
