package decisions_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// endless is a module whose entry for the background never returns.
//
//	(module (memory (export "memory") 1) (func (export "onExecutePostUserRegistration") (result i32) (loop br 0) unreachable))
var endless = append([]byte("\x00asm\x01\x00\x00\x00\x01\x05\x01\x60\x00\x01\x7f\x03\x02\x01\x00\x05\x03\x01\x00\x01\x07\x2a\x02\x06memory\x02\x00\x1d"),
	append([]byte("onExecutePostUserRegistration\x00\x00"), "\x0a\x0a\x01\x08\x00\x03\x40\x0c\x00\x0b\x00\x0b"...)...)

// Places and processors: a decision waits neither for a place that the background has,
// nor in a row behind it.
func TestEndlessActionsInTheBackgroundDoNotDelayADecision(t *testing.T) {
	t.Parallel()
	g := open(t, hosttest.Options{Concurrency: 64, DecisionTimeout: time.Minute})
	g.deploy(calls(t, "denies", call("access_deny", `{"reason":"spam"}`)))
	took := func() time.Duration {
		var all []time.Duration
		for range 60 {
			began := time.Now()
			if a := g.decide(event); a.Verdict != host.Deny || a.Degraded {
				t.Errorf("decided %+v", a.Decision)
			}
			all = append(all, time.Since(began))
		}
		slices.Sort(all)
		t.Logf("median %v, slowest %v", all[30], all[59])
		return all[30]
	}
	took()
	if err := g.Host.Deploy(t.Context(), "endless", endless, host.Settings{Limits: host.Limits{Fuel: 1 << 50, TimeoutMillis: 600_000}}); err != nil {
		t.Fatal(err)
	}
	if err := g.Bind(t.Context(), "endless"); err != nil {
		t.Fatal(err)
	}
	for i := range 64 {
		if _, err := g.DB.Accept(t.Context(), []host.NewEvent{hosttest.Event(i)}); err != nil {
			t.Fatal(err)
		}
	}
	busy := took()
	if busy > 5*time.Second { // it is far less, also on a slow machine; without places of its own it never ends
		t.Errorf("a decision took %v", busy)
	}
	found, err := g.DB.Executions(context.Background(), host.ExecutionQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range found {
		if x.Trigger == host.PostUserRegistration && !x.Status.Final() {
			_, _ = g.DB.CancelExecution(context.Background(), x.ID)
			g.Executor.Cancel(x.ID)
		}
	}
}
