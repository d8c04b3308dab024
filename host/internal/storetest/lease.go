package storetest

import (
	"time"

	"github.com/usherhost/usher/host"
)

var leasePromises = []promise{
	{"executions are claimed in the order in which they became due", claimInOrder},
	{"a leased execution is not leased again", claimExcludes},
	{"a claim brings the plan and the event", claimBringsAll},
	{"a claim raises the epoch, and what an earlier holder records is refused", claimFences},
	{"what was leased is due again after a reopen, under a new epoch", reopenFrees},
	{"a dispatcher with room gets an execution at once, with its body", dispatcherGets},
	{"what a dispatcher has no room for waits for a claim", dispatcherFull},
	{"a dispatcher gets back the room of what was refused", dispatcherReleased},
	{"a dispatcher is not leased an execution without actions", dispatcherEmptyPlan},
	{"the time of the next one due is reported", nextDue},
}

func claimInOrder(b *bench) {
	b.bound("one")
	var want []string
	for _, user := range []string{"c", "a", "b", "d", "e"} {
		want = append(want, b.accept(event(user)).ExecutionID)
	}
	got := append(ids(b.claim(2)), ids(b.claim(10))...)
	b.equal("claimed", got, want)
}

func claimExcludes(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	b.equal("first claim", len(b.claim(5)), 1)
	b.equal("second claim", len(b.claim(5)), 0)
	b.equal("a claim of none", len(b.claim(0)), 0)
}

func claimBringsAll(b *bench) {
	b.bound("one", "two")
	got := b.accept(event("a"))
	x := b.claimOne()
	b.equal("id", x.ID, got.ExecutionID)
	b.equal("plan", names(x.Plan), "one@1 two@1")
	b.equal("steps", x.Progress, []host.StepState{host.StepPending, host.StepPending})
	b.equal("epoch", x.Epoch, int64(1))
	if x.Event == nil || x.Event.ID != got.EventID || x.Event.UserID != "a" || x.Event.ReceivedAt.IsZero() {
		b.Errorf("event is %+v, want that of user a", x.Event)
	}
	b.equal("tenant", x.Tenant, "acme")
}

func claimFences(b *bench) {
	b.bound("one", "two")
	b.accept(event("a"))
	first := b.claimOne()
	b.reopen(nil)
	second := b.claimOne()
	if second.Epoch <= first.Epoch {
		b.Fatalf("epoch is %d after %d, want it raised", second.Epoch, first.Epoch)
	}
	b.code(b.record(outcome(first, host.StatusRunning, host.StepSucceeded, host.StepPending)), host.Fenced)
	b.ok(b.record(outcome(second, host.StatusRunning, host.StepSucceeded, host.StepPending)))
	results, err := b.Results(b.ctx, first.ID)
	b.ok(err)
	b.equal("results", len(results), 1)
}

func reopenFrees(b *bench) {
	b.bound("one", "two")
	b.accept(event("a"))
	x := b.claimOne()
	b.ok(b.record(outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)))
	b.reopen(nil)
	again := b.claimOne()
	b.equal("id", again.ID, x.ID)
	b.equal("epoch", again.Epoch, x.Epoch+1)
	b.equal("status", again.Status, host.StatusRunning)
	if next, ok := again.Next(); next != 1 || !ok {
		b.Errorf("next step is %d %v, want 1", next, ok)
	}
}

func dispatcherGets(b *bench) {
	b.bound("one")
	r := newRoom(2)
	b.reopen(r)
	e := event("a")
	got := b.accept(e)
	x := <-r.leased
	b.equal("id", x.ID, got.ExecutionID)
	b.equal("epoch", x.Epoch, int64(1))
	b.equal("body", string(x.Event.Body), string(e.Body))
	b.equal("event id", x.Event.ID, got.EventID)
	b.equal("plan", names(x.Plan), "one@1")
	b.equal("user", x.UserID, "a")
	b.equal("claimed", len(b.claim(1)), 0)
	b.ok(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded)))
	b.equal("status", b.execution(x.ID).Status, host.StatusCompleted)
}

func dispatcherFull(b *bench) {
	b.bound("one")
	r := newRoom(1)
	b.reopen(r)
	first := b.accept(event("a"))
	second := b.accept(event("b"))
	b.equal("leased", (<-r.leased).ID, first.ExecutionID)
	b.equal("claimed", b.claimOne().ID, second.ExecutionID)
}

func dispatcherReleased(b *bench) {
	b.bound("one")
	r := newRoom(3)
	b.reopen(r)
	_, err := b.Accept(b.ctx, []host.NewEvent{keyed("a", "a", "{}"), keyed("b", "b", "{}"), keyed("a", "a", "[]")})
	b.code(err, host.KeyReused)
	b.accept(event("c"))
	b.equal("leased", (<-r.leased).UserID, "c")
	r.mu.Lock()
	defer r.mu.Unlock()
	b.equal("places taken", r.reserved, 1)
}

func dispatcherEmptyPlan(b *bench) {
	r := newRoom(1)
	b.reopen(r)
	b.accept(event("a"))
	r.mu.Lock()
	defer r.mu.Unlock()
	b.equal("places taken", r.reserved, 0)
}

func nextDue(b *bench) {
	if _, ok, err := b.NextDue(b.ctx); ok || err != nil {
		b.Fatalf("next due is %v %v, want none", ok, err)
	}
	b.bound("one")
	b.accept(event("a"))
	at, ok, err := b.NextDue(b.ctx)
	b.ok(err)
	if !ok || time.Since(at) > time.Minute || time.Since(at) < 0 {
		b.Errorf("next due is %v %v, want a moment ago", at, ok)
	}
	x := b.claimOne()
	if _, ok, _ := b.NextDue(b.ctx); ok {
		b.Error("what is leased is due")
	}
	later := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	o := outcome(x, host.StatusRetrying, host.StepPending)
	o.Attempt, o.NextAt = 1, later
	b.ok(b.record(o))
	at, _, err = b.NextDue(b.ctx)
	b.ok(err)
	b.equal("next due", at, later)
	b.equal("claimed before its time", len(b.claim(1)), 0)
	b.equal("status", b.execution(x.ID).Status, host.StatusRetrying)
}
