package sandbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/sandbox"
)

// gate is a host function that says when it was entered and waits to be let go.
type gate struct{ entered, open chan struct{} }

func (g gate) functions() []sandbox.Function {
	all := functions()
	for i := range all {
		if all[i].Name == "config_get" {
			all[i].Run = func(_ *sandbox.Call, stack []uint64) {
				g.entered <- struct{}{}
				<-g.open
				stack[0] = 0
			}
		}
	}
	return all
}

// TestCloseKeepsTheMemoryOfRunsInProgress closes a sandbox while a run is in a
// host function: it must find its memory there when that returns.
func TestCloseKeepsTheMemoryOfRunsInProgress(t *testing.T) {
	t.Parallel()
	g := gate{make(chan struct{}), make(chan struct{})}
	s, err := sandbox.Open(t.Context(), sandbox.Config{Functions: g.functions()})
	if err != nil {
		t.Fatal(err)
	}
	wasm := guests.Wasm("calls")
	m := load(t, s, wasm)
	outcome := make(chan sandbox.Outcome)
	r := request("{}")
	r.Limits.TimeoutMillis = 60_000
	go func() { outcome <- m.Run(context.Background(), r) }()
	<-g.entered
	brief, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.Close(brief); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1 runs have not ended") {
		t.Fatalf("close during a run: %v", err)
	}
	if late := m.Run(t.Context(), request("{}")); late.Fault == nil || late.Fault.Kind != host.FaultHost {
		t.Errorf("a run after close: fault %+v", late.Fault)
	}
	if _, err := s.Module(t.Context(), host.Digest(guests.Wasm("echo")), func() ([]byte, error) { return guests.Wasm("echo"), nil }); err == nil {
		t.Error("a closed sandbox loads a module")
	}
	close(g.open)
	go func() {
		for range g.entered { // what the guest calls from now on
		}
	}()
	<-outcome
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("close after the run: %v", err)
	}
	close(g.entered)
}

// TestCloseEndsGuestsThatCompute closes a sandbox while guests loop for ever.
func TestCloseEndsGuestsThatCompute(t *testing.T) {
	t.Parallel()
	s, err := sandbox.Open(t.Context(), sandbox.Config{Functions: functions()})
	if err != nil {
		t.Fatal(err)
	}
	m := load(t, s, guests.Wasm("loop"))
	outcome := make(chan sandbox.Outcome)
	r := request("{}")
	r.Limits.TimeoutMillis, r.Limits.Fuel = 60_000, 1<<50
	running := make(chan struct{})
	go func() { close(running); outcome <- m.Run(context.Background(), r) }()
	<-running
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("close: %v", err)
	}
	if out := <-outcome; out.Fault == nil || out.Fault.Kind != host.FaultHost {
		t.Errorf("fault %+v", out.Fault)
	}
}

// TestAModuleWhoseLoadingPanickedCanBeLoadedAgain must not wait for ever.
func TestAModuleWhoseLoadingPanickedCanBeLoadedAgain(t *testing.T) {
	t.Parallel()
	s, wasm := open(t), guests.Wasm("echo")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		_, _ = s.Module(t.Context(), host.Digest(wasm), func() ([]byte, error) { panic("no such table") })
	}()
	if out := load(t, s, wasm).Run(t.Context(), request("again")); string(out.Output) != "again" {
		t.Errorf("output %q, fault %+v", out.Output, out.Fault)
	}
}
