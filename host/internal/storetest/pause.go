package storetest

import (
	"time"

	"github.com/usherhost/usher/host"
)

var pausePromises = []promise{
	{"what is held back is not due, and is claimed in the order in which it became due", heldInOrder},
	{"what is held back is held back after a reopen", heldSurvives},
	{"what is held back is counted by its key", heldCounted},
	{"a held execution that is canceled, retried or of a deleted action is held no more", heldEnds},
	{"a late worker can't record for a held execution", heldFences},
	{"a pause is stored once, with who and why, until it ends", pauseStored},
	{"an action that is deleted is not paused any more", pauseDeleted},
}

// hold leases the next execution and holds it back for key.
func (b *bench) hold(key string, at time.Time) host.Execution {
	b.Helper()
	x := b.claim(1)[0]
	o := outcome(x, x.Status, x.Progress...)
	o.Result, o.Held, o.NextAt, o.Attempt = nil, key, at, x.Attempt
	b.ok(b.record(o))
	return x
}

func (b *bench) claimHeld(key string, n int) []host.Execution {
	b.Helper()
	found, err := b.ClaimHeld(b.ctx, key, n)
	b.ok(err)
	return found
}

func (b *bench) heldOf(key string) int64 {
	b.Helper()
	all, err := b.Held(b.ctx)
	b.ok(err)
	for _, c := range all {
		if c.Key == key {
			return c.Waiting
		}
	}
	return 0
}

func heldInOrder(b *bench) {
	b.bound("one")
	now := time.Now()
	for _, user := range []string{"a", "b", "c", "d"} {
		b.accept(event(user))
	}
	third, first := b.hold("k", now.Add(3*time.Second)), b.hold("k", now.Add(-time.Second))
	second, other := b.hold("k", now), b.hold("other", now)
	b.equal("due", len(b.claim(10)), 0)
	_, due, err := b.NextDue(b.ctx)
	b.ok(err)
	b.equal("due next", due, false)
	b.equal("held", b.execution(first.ID).Held, "k")
	b.equal("claimed", ids(b.claimHeld("k", 2)), []string{first.ID, second.ID})
	b.equal("claimed then", ids(b.claimHeld("k", 2)), []string{third.ID})
	b.equal("claimed at last", len(b.claimHeld("k", 2)), 0)
	again := b.claimHeld("other", 5)
	b.equal("claimed of the other", ids(again), []string{other.ID})
	b.equal("epoch", again[0].Epoch, other.Epoch+1)
	b.equal("held", b.execution(other.ID).Held, "")
	b.equal("due while they are leased", len(b.claim(10)), 0)
	b.ok(b.record(outcome(again[0], host.StatusCompleted, host.StepSucceeded)))
}

func heldSurvives(b *bench) {
	b.bound("one", "two")
	b.accept(event("a"))
	x := b.claimOne()
	o := outcome(x, host.StatusRunning, host.StepSucceeded, host.StepPending)
	o.Held = "k"
	b.ok(b.record(o))
	b.reopen(nil)
	b.equal("due", len(b.claim(10)), 0)
	b.equal("held", b.heldOf("k"), int64(1))
	again := b.claimHeld("k", 10)
	b.equal("claimed", ids(again), []string{x.ID})
	next, _ := again[0].Next()
	b.equal("next step", next, 1)
	b.equal("status", again[0].Status, host.StatusRunning)
}

func heldCounted(b *bench) {
	actions := b.bound("one")
	steps, err := b.Bound(b.ctx, trigger)
	b.ok(err)
	version := steps[0].VersionID
	for _, user := range []string{"a", "b", "c"} {
		b.accept(event(user))
	}
	b.hold(actions[0].ID, time.Time{})
	b.hold(actions[0].ID, time.Time{})
	b.hold(version, time.Time{})
	for range 2 {
		all, err := b.Held(b.ctx)
		b.ok(err)
		b.equal("keys", len(all), 2)
		for _, c := range all {
			want := host.HeldCount{Key: c.Key, ActionID: actions[0].ID, Action: "one", Waiting: 2}
			if c.Key == version {
				want.VersionID, want.Number, want.Waiting = version, 1, 1
			}
			want.VersionID, want.Number = c.VersionID, c.Number // of an action's key they are not shown
			b.equal("count", c, want)
			b.equal("version", c.VersionID == version, c.Key == version)
		}
		b.reopen(nil)
	}
	b.claimHeld(actions[0].ID, 1)
	b.equal("left", b.heldOf(actions[0].ID), int64(1))
}

func heldEnds(b *bench) {
	actions := b.bound("one", "two")
	b.accept(event("a"))
	b.accept(event("b"))
	canceled := b.hold("k", time.Time{})
	_, err := b.CancelExecution(b.ctx, canceled.ID)
	b.ok(err)
	b.equal("held", b.heldOf("k"), int64(0))
	b.equal("claimed", len(b.claimHeld("k", 5)), 0)

	x := b.claim(1)[0]
	o := outcome(x, host.StatusRunning, host.StepDead, host.StepPending)
	o.Held = "k"
	b.ok(b.record(o))
	_, err = b.RetryExecution(b.ctx, x.ID, host.RetryOptions{SameVersion: true})
	b.ok(err)
	b.equal("held", b.heldOf("k"), int64(0))
	b.equal("due", ids(b.claim(1)), []string{x.ID})

	b.accept(event("c"))
	last := b.hold(actions[1].ID, time.Time{})
	_, err = b.DeleteAction(b.ctx, actions[1].ID, true)
	b.ok(err)
	b.equal("held", b.heldOf(actions[1].ID), int64(0))
	b.equal("claimed", len(b.claimHeld(actions[1].ID, 5)), 0)
	b.equal("is held", b.execution(last.ID).Held, "")
}

func heldFences(b *bench) {
	b.bound("one")
	b.accept(event("a"))
	x := b.hold("k", time.Time{})
	b.code(b.record(outcome(x, host.StatusCompleted, host.StepSucceeded)), host.Fenced)
	b.equal("held", b.heldOf("k"), int64(1))
}

func pauseStored(b *bench) {
	actions := b.bound("one")
	p := host.Pause{
		Target: actions[0].ID, Reason: "maintenance of the CRM", Actor: host.Actor{Kind: "key", ID: "key_1", Name: "ada"},
		At: time.Now().UTC().Truncate(time.Microsecond),
	}
	created, err := b.PutPause(b.ctx, p)
	b.ok(err)
	b.equal("created", created, true)
	created, err = b.PutPause(b.ctx, host.Pause{Target: actions[0].ID, Reason: "another"})
	b.ok(err)
	b.equal("created again", created, false)
	_, err = b.PutPause(b.ctx, host.Pause{Target: string(trigger), At: p.At.Add(time.Second)})
	b.ok(err)
	_, err = b.PutPause(b.ctx, host.Pause{Target: "act_none"})
	b.code(err, host.NotFound)
	b.reopen(nil)
	all, err := b.Pauses(b.ctx)
	b.ok(err)
	p.Trigger, p.Action = trigger, "one"
	b.equal("pauses", all, []host.Pause{p, {Target: string(trigger), Trigger: trigger, At: p.At.Add(time.Second)}})
	for _, want := range []bool{true, false} {
		existed, err := b.DeletePause(b.ctx, actions[0].ID)
		b.ok(err)
		b.equal("existed", existed, want)
	}
	all, err = b.Pauses(b.ctx)
	b.ok(err)
	b.equal("pauses", len(all), 1)
}

func pauseDeleted(b *bench) {
	actions := b.bound("one")
	_, err := b.PutPause(b.ctx, host.Pause{Target: actions[0].ID})
	b.ok(err)
	_, err = b.DeleteAction(b.ctx, actions[0].ID, true)
	b.ok(err)
	all, err := b.Pauses(b.ctx)
	b.ok(err)
	b.equal("pauses", len(all), 0)
}
