package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/usherhost/usher/host"
)

var acceptPromises = []promise{
	{"an accepted event is there after a reopen, byte for byte", acceptIsDurable},
	{"ids, time and key may be left out", acceptFillsIn},
	{"given ids and times are kept", acceptKeepsGiven},
	{"without strict, a repeat gets the first execution whatever it brings", repeatLoose},
	{"with strict, the same body gets the first execution, another is refused", repeatStrict},
	{"a repeat inside one batch is reported, and stored once", repeatInBatch},
	{"a batch with one reused key stores nothing, and names the event", batchAllOrNothing},
	{"a repeat is known after a reopen", repeatAfterReopen},
	{"a refused batch does not hold its keys", refusedBatchHoldsNothing},
	{"an event without actions completes at once", emptyPlan},
	{"the plan is fixed when the event is accepted", planIsFixed},
	{"settings in the plan are those in force at accept", planSettings},
	{"actions without a deployed version are not in the plan", planSkipsUndeployed},
	{"an ended context is refused before anything is stored", acceptEndedContext},
	{"after close nothing is accepted", acceptAfterClose},
}

func acceptIsDurable(b *bench) {
	b.bound("one")
	e := event("auth0|1")
	got := b.accept(e)
	b.reopen(nil)
	stored, err := b.Event(b.ctx, got.EventID)
	b.ok(err)
	b.equal("body", string(stored.Body), string(e.Body))
	b.equal("traceparent", stored.Traceparent, e.Traceparent)
	b.equal("user", stored.UserID, "auth0|1")
	b.equal("tenant", stored.Tenant, "acme")
	b.equal("trigger", stored.Trigger, trigger)
	x := b.execution(got.ExecutionID)
	b.equal("event of the execution", x.EventID, got.EventID)
	b.equal("status", x.Status, host.StatusPending)
	b.equal("steps", x.Progress, []host.StepState{host.StepPending})
	b.equal("traceparent of the execution", x.Traceparent, e.Traceparent)
}

func acceptFillsIn(b *bench) {
	e := event("auth0|1")
	e.Key = ""
	before := time.Now().Add(-time.Second)
	first, second := b.accept(e), b.accept(e)
	if first == second || first.Repeat || second.Repeat {
		b.Fatalf("events without key are %+v and %+v, want two", first, second)
	}
	stored, err := b.Event(b.ctx, first.EventID)
	b.ok(err)
	if stored.ReceivedAt.Before(before) || stored.ReceivedAt.Location() != time.UTC {
		b.Errorf("received at %v, want now in UTC", stored.ReceivedAt)
	}
}

func acceptKeepsGiven(b *bench) {
	e := event("auth0|1")
	e.ID = host.NewID(host.EventPrefix)
	e.ReceivedAt = time.Date(2026, 2, 3, 4, 5, 6, 789_000, time.UTC)
	got := b.accept(e)
	b.equal("event id", got.EventID, e.ID)
	stored, err := b.Event(b.ctx, e.ID)
	b.ok(err)
	b.equal("received at", stored.ReceivedAt, e.ReceivedAt)
}

func repeatLoose(b *bench) {
	first := b.accept(event("auth0|1"))
	again := event("auth0|1")
	again.Body, again.Fingerprint = []byte(`{"other":true}`), [32]byte{1}
	got := b.accept(again)
	b.equal("answer", got, host.Accepted{EventID: first.EventID, ExecutionID: first.ExecutionID, Repeat: true})
	stored, err := b.Event(b.ctx, first.EventID)
	b.ok(err)
	b.equal("body", string(stored.Body), string(event("auth0|1").Body))
}

func repeatStrict(b *bench) {
	first := b.accept(keyed("auth0|1", "k", "{}"))
	again := b.accept(keyed("auth0|1", "k", "{}"))
	b.equal("execution of the repeat", again.ExecutionID, first.ExecutionID)
	b.equal("repeat", again.Repeat, true)
	_, err := b.Accept(b.ctx, []host.NewEvent{keyed("auth0|1", "k", "{ }")})
	b.code(err, host.KeyReused)
}

func repeatInBatch(b *bench) {
	got, err := b.Accept(b.ctx, []host.NewEvent{event("auth0|1"), event("auth0|2"), event("auth0|1")})
	b.ok(err)
	b.equal("third", got[2], host.Accepted{EventID: got[0].EventID, ExecutionID: got[0].ExecutionID, Repeat: true})
	b.equal("second is a repeat", got[1].Repeat, false)
	all, err := b.Executions(b.ctx, host.ExecutionQuery{})
	b.ok(err)
	b.equal("executions", len(all), 2)
}

func batchAllOrNothing(b *bench) {
	b.accept(keyed("auth0|0", "k", "{}"))
	_, err := b.Accept(b.ctx, []host.NewEvent{event("auth0|1"), event("auth0|2"), keyed("auth0|0", "k", "[]")})
	b.code(err, host.KeyReused)
	e, _ := errors.AsType[*host.Error](err)
	if len(e.Fields) != 1 || e.Fields[0].Pointer != "/2" {
		b.Errorf("fields are %+v, want one at /2", e.Fields)
	}
	all, err := b.Executions(b.ctx, host.ExecutionQuery{})
	b.ok(err)
	b.equal("executions", len(all), 1)
}

func repeatAfterReopen(b *bench) {
	first := b.accept(event("auth0|1"))
	b.reopen(nil)
	b.equal("execution", b.accept(event("auth0|1")).ExecutionID, first.ExecutionID)
}

func refusedBatchHoldsNothing(b *bench) {
	b.bound("one")
	_, err := b.Accept(b.ctx, []host.NewEvent{keyed("auth0|1", "k", "{}"), keyed("auth0|1", "k", "[]")})
	b.code(err, host.KeyReused)
	got := b.accept(keyed("auth0|1", "k", "[]"))
	b.equal("repeat", got.Repeat, false)
	b.equal("plan", names(b.execution(got.ExecutionID).Plan), "one@1")
}

func emptyPlan(b *bench) {
	got := b.accept(event("auth0|1"))
	x := b.execution(got.ExecutionID)
	b.equal("status", x.Status, host.StatusCompleted)
	if x.EndedAt.IsZero() {
		b.Error("it has no end")
	}
	b.equal("claimed", len(b.claim(1)), 0)
}

func planIsFixed(b *bench) {
	actions := b.bound("one", "two")
	before := b.accept(event("auth0|1"))
	b.deploy(actions[0].ID, "another module")
	between := b.accept(event("auth0|2"))
	b.bind(actions[1], actions[0])
	after := b.accept(event("auth0|3"))
	b.ok(second(b.DeleteAction(b.ctx, actions[1].ID, true)))
	last := b.accept(event("auth0|4"))
	b.reopen(nil)
	b.equal("plan before", names(b.execution(before.ExecutionID).Plan), "one@1 two@1")
	b.equal("plan between", names(b.execution(between.ExecutionID).Plan), "one@2 two@1")
	b.equal("plan after", names(b.execution(after.ExecutionID).Plan), "two@1 one@2")
	b.equal("plan last", names(b.execution(last.ExecutionID).Plan), "one@2")
}

func planSettings(b *bench) {
	a := host.Action{ID: host.NewID(host.ActionPrefix), Name: "one", Trigger: trigger}
	b.ok(b.createAction(a))
	manifest := host.Manifest{
		Secrets:  []string{"TOKEN"},
		Settings: host.Settings{Limits: host.Limits{TimeoutMillis: 7, HostCalls: 8}},
	}
	v, err := b.CreateVersion(b.ctx, host.Version{ActionID: a.ID, Manifest: manifest}, []byte("w"))
	b.ok(err)
	_, err = b.Deploy(b.ctx, a.ID, v.ID)
	b.ok(err)
	binding := b.bind(a)[0]
	binding.Settings = host.Settings{Limits: host.Limits{TimeoutMillis: 9}}
	b.ok(b.UpdateBinding(b.ctx, binding))
	got := b.accept(event("auth0|1"))
	binding.Settings.Limits.TimeoutMillis = 10
	b.ok(b.UpdateBinding(b.ctx, binding))

	step := b.execution(got.ExecutionID).Plan[0]
	b.equal("binding", step.BindingID, binding.ID)
	b.equal("digest", step.Digest, v.Digest)
	b.equal("secrets", step.Secrets, []string{"TOKEN"})
	b.equal("what the manifest declares", step.Declared, manifest.Settings)
	b.equal("time limit, set by the binding", step.Settings.Limits.TimeoutMillis, int64(9))
	b.equal("call limit, set by the manifest", step.Settings.Limits.HostCalls, int64(8))
	b.equal("memory limit, the default", step.Settings.Limits.MemoryBytes, host.DefaultSettings().Limits.MemoryBytes)
}

func planSkipsUndeployed(b *bench) {
	one := b.action("one")
	two := host.Action{ID: host.NewID(host.ActionPrefix), Name: "two", Trigger: trigger}
	b.ok(b.createAction(two))
	b.bind(two, one)
	got := b.accept(event("auth0|1"))
	b.equal("plan", names(b.execution(got.ExecutionID).Plan), "one@1")
}

func acceptEndedContext(b *bench) {
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := b.Accept(ctx, []host.NewEvent{event("auth0|1")}); !errors.Is(err, context.Canceled) {
		b.Fatalf("error is %v, want that of the context", err)
	}
	b.equal("repeat", b.accept(event("auth0|1")).Repeat, false)
}

func acceptAfterClose(b *bench) {
	b.ok(b.Close())
	_, err := b.Accept(b.ctx, []host.NewEvent{event("auth0|1")})
	b.code(err, host.Unavailable)
	b.code(b.Record(b.ctx, host.Outcome{ExecutionID: "exe_1"}, nil), host.Unavailable)
	b.code(b.SetMeta(b.ctx, "name", nil), host.Unavailable)
}
