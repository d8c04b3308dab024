package hosttest_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, concurrency int) *hosttest.Host {
	t.Helper()
	return hosttest.New(t, hosttest.Options{Concurrency: concurrency})
}

func accept(t *testing.T, h *hosttest.Host, user int) string {
	t.Helper()
	accepted, err := h.DB.Accept(t.Context(), []host.NewEvent{hosttest.Event(user)})
	if err != nil {
		t.Fatal(err)
	}
	return accepted[0].ExecutionID
}

// hostile maps each hostile guest that is taken to the limit that must stop it, or to the
// fault of a guest that breaks the rules of memory.
var hostile = map[string]string{
	"loop":       "timeout_ms",
	"memory":     "memory_bytes",
	"recursion":  "memory_bytes",
	"output":     "output_bytes",
	"kernelbomb": "memory_bytes",
	"logs":       "fuel",
	"calls":      "host_calls",
	"badpointer": "",
}

// TestEightyHostileGuestsHarmOnlyThemselves runs ten of each kind at once,
// with good actions beside them that must all finish.
func TestEightyHostileGuestsHarmOnlyThemselves(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := open(t, 128)
	var names []string
	for name := range hostile {
		names = append(names, name)
	}
	slices.Sort(names)
	var executions []string
	for i, name := range names {
		settings := host.Settings{Limits: host.Limits{TimeoutMillis: host.MaxTimeoutMillis}, Retry: host.Retry{MaxAttempts: 1}}
		if hostile[name] == "timeout_ms" {
			settings.Limits.TimeoutMillis = 2_000
		}
		if err := h.Deploy(ctx, name, guests.Wasm(name), settings); err != nil {
			t.Fatal(err)
		}
		if err := h.Bind(ctx, name); err != nil {
			t.Fatal(err)
		}
		for n := range 10 {
			executions = append(executions, accept(t, h, 1000*(i+1)+n))
		}
	}
	if err := h.Deploy(ctx, "echo", guests.Wasm("echo"), host.Settings{}); err != nil {
		t.Fatal(err)
	}
	if err := h.Bind(ctx, "echo"); err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		if x, err := h.Wait(ctx, accept(t, h, n)); err != nil || x.Status != host.StatusCompleted {
			t.Fatalf("good action %d: %s, %v", n, x.Status, err)
		}
	}
	for _, id := range executions {
		x, err := h.Wait(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		expectFault(t, h, x)
	}
	runtime.GC() // would hang if a guest still ran
}

func expectFault(t *testing.T, h *hosttest.Host, x host.Execution) {
	t.Helper()
	results, err := h.DB.Results(t.Context(), x.ID)
	if err != nil || len(results) != 1 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	r := results[0]
	want := host.FaultLimit
	if hostile[r.Action] == "" {
		want = host.FaultGuest
	}
	if x.Status != host.StatusPartial || !r.DeadLetter || r.Fault != want || r.Limit != hostile[r.Action] {
		t.Errorf("%s: status %s, fault %q, limit %q, error %+v", r.Action, x.Status, r.Fault, r.Limit, r.Error)
	}
}

func TestActionsOfOneEventRunInOrderAndLeaveTheirResults(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := open(t, 8)
	var want []string
	for i := range 5 {
		name := fmt.Sprint("step-", i)
		want = append(want, name)
		if err := h.Deploy(ctx, name, guests.Wasm("echo"), host.Settings{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Bind(ctx, want...); err != nil {
		t.Fatal(err)
	}
	x, err := h.Wait(ctx, accept(t, h, 1))
	if err != nil || x.Status != host.StatusCompleted {
		t.Fatalf("%s, %v", x.Status, err)
	}
	results, err := h.DB.Results(ctx, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	var ran []string
	last := time.Time{}
	for _, r := range results {
		ran = append(ran, r.Action)
		if r.StartedAt.Before(last) {
			t.Errorf("%s started before its predecessor ended", r.Action)
		}
		last = r.EndedAt
	}
	if !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
}

func TestADeployInTheMiddleChangesOnlyLaterEvents(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	h := open(t, 8)
	slow := host.Settings{Config: map[string]string{"script": guests.Script(guests.Step{Function: "clock_sleep", Argument: guests.Word(50)})}}
	for _, name := range []string{"first", "second"} {
		if err := h.Deploy(ctx, name, guests.Wasm("script"), slow); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Bind(ctx, "first", "second"); err != nil {
		t.Fatal(err)
	}
	before := accept(t, h, 1)
	if _, err := h.Registry.Upload(ctx, "second", guests.Wasm("noop"), host.Manifest{}, true); err != nil {
		t.Fatal(err)
	}
	after := accept(t, h, 2)
	for id, number := range map[string]int{before: 1, after: 2} {
		if _, err := h.Wait(ctx, id); err != nil {
			t.Fatal(err)
		}
		results, err := h.DB.Results(context.WithoutCancel(ctx), id)
		if err != nil || results[1].Number != number {
			t.Errorf("ran version %d of second, want %d (%v)", results[1].Number, number, err)
		}
	}
}
