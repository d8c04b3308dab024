package sandbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// place is a turn that counts.
type place struct {
	until   time.Time
	passed  int
	outside int
}

func (p *place) Deadline() time.Time { return p.until }

func (p *place) Pass(time.Time) { p.passed++ }

func (p *place) Outside(wait func()) {
	p.outside++
	wait()
}

func TestARunWithATurnPassesItOnAndEndsWithIt(t *testing.T) {
	t.Parallel()
	m := load(t, open(t), guests.Wasm("loop"))
	r, p := request("{}"), &place{until: time.Now().Add(200 * time.Millisecond)}
	r.Turn, r.Limits.Fuel = p, 1<<50
	began := time.Now()
	out := m.Run(t.Context(), r)
	if out.Fault == nil || out.Fault.Limit != "timeout_ms" {
		t.Errorf("fault %+v", out.Fault)
	}
	if took := time.Since(began); took > 30*time.Second { // its own limit is a minute
		t.Errorf("it ran for %s", took)
	}
	if p.passed == 0 {
		t.Error("it never passed its turn on")
	}
}

// TestARunWithATurnWaitsForMemoryUntilItsDeadline holds for a host whose memory is full:
// such a run waits without its turn, and not for ever.
func TestARunWithATurnWaitsForMemoryUntilItsDeadline(t *testing.T) {
	t.Parallel()
	s := openWithin(t, 48<<20)
	leave, err := s.Reserve(t.Context(), "a build", 48<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	m := load(t, s, guests.Wasm("touch"))
	r, p := touching(8), &place{until: time.Now().Add(100 * time.Millisecond)}
	r.Turn = p
	out := m.Run(t.Context(), r)
	if out.Fault == nil || out.Fault.Kind != host.FaultHost || !strings.Contains(out.Fault.Message, "memory") {
		t.Errorf("fault %+v", out.Fault)
	}
	if p.outside != 1 {
		t.Errorf("it was outside %d times", p.outside)
	}
}

// TestACallerMayGiveUpAModuleThatIsBeingLoaded must not stop the loading: the next caller
// finds it done.
func TestACallerMayGiveUpAModuleThatIsBeingLoaded(t *testing.T) {
	t.Parallel()
	s, wasm := open(t), guests.Wasm("echo")
	loads, proceed := 0, make(chan struct{})
	load := func() ([]byte, error) {
		loads++
		<-proceed
		return wasm, nil
	}
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := s.Module(ctx, host.Digest(wasm), load); !errors.Is(err, context.Canceled) {
		t.Fatalf("the error is %v", err)
	}
	close(proceed)
	m, err := s.Module(t.Context(), host.Digest(wasm), load)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Release()
	if out := m.Run(t.Context(), request("again")); string(out.Output) != "again" || loads != 1 {
		t.Errorf("output %q after %d loads, fault %+v", out.Output, loads, out.Fault)
	}
}
