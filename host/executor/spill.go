package executor

import (
	"context"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

// What an operator paused, what a breaker stops and what is over an action's limits waits
// in the store, not in memory: so it costs nothing while it waits, and survives a restart.
//
//  1. An execution whose next step may not run is parked: its lease is given back with
//     a key, the id of the action or of the version. The store holds it, with the time at
//     which it became due, and no claim of due executions brings it.
//  2. While a key has some in the store, what comes for it later is parked behind them:
//     they start in the order in which they became due.
//  3. When the key is free, its spill is drained: the claiming loop leases a few at a
//     time, as many as the action's queue has room for.
//  4. A claim that brings fewer than it asked for ends the spill, unless one was parked
//     meanwhile; later ones are taken directly again, also while the last is fetched.
//
// Limits park only what the action's queue in memory has no room for.

// maxDrained is how many executions of a limited or drained action are in memory at most;
// less in a small memory. More are fetched at half of that.
const maxDrained = 128

func (b *backlog) drained() int { return min(maxDrained, max(b.size/8, 1)) }

// spill is what waits in the store under one key.
type spill struct {
	key      string
	lane     string   // the action's id
	breaker  *breaker // nil: the key is the action's
	stored   bool     // the store has some, or may have
	behind   bool     // what comes for the key is parked
	parking  int      // on their way to the store
	missed   bool     // one was parked since the latest claim began
	claiming bool
}

// parked is an execution on its way to the store.
type parked struct {
	host.Execution
	in *spill
}

// park sends x, whose room is counted, to the store. The caller holds mu.
func (b *backlog) park(x host.Execution, in *spill) {
	if x.NextAt.IsZero() {
		x.NextAt = time.Now().UTC()
	}
	x.Event = nil
	b.endProbe(x.ID)
	in.parking++
	in.missed, in.behind = true, true
	b.mark(in)
	b.parked = append(b.parked, parked{x, in})
	b.signal()
}

// mark records that the store has, or may have, something under the key. The caller
// holds mu.
func (b *backlog) mark(s *spill) {
	s.stored = true
	if !slices.Contains(b.spills, s) {
		b.spills = append(b.spills, s)
	}
}

// hindrance returns where x has to wait because its next step may not run now, nil when
// it may be queued. From is the spill out of which x comes; nil: it comes newly. The
// caller holds mu.
func (b *backlog) hindrance(x *host.Execution, from *spill) *spill {
	index, ok := x.Next()
	if !ok {
		return nil
	}
	step := &x.Plan[index]
	if br := b.breakers[step.VersionID]; br != nil {
		if br.stops(x.ID, time.Now()) || from == nil && br.spill.behind && br.probe != x.ID {
			return &br.spill
		}
	}
	a := b.lanes.of(x)
	switch {
	case a.paused, from == nil && (a.spill.behind || a.limited() && a.queue.len() >= b.drained()):
		return &a.spill
	}
	return nil
}

// unqueue parks what waits in a lane's queue and is of the version, or all with "". The
// caller holds mu.
func (b *backlog) unqueue(a *lane, versionID string, in *spill) {
	for n := a.queue.len(); n > 0; n-- {
		x := b.lanes.takeFrom(a)
		if index, ok := x.Next(); ok && (versionID == "" || x.Plan[index].VersionID == versionID) {
			b.park(x, in)
		} else {
			b.lanes.push(x)
		}
	}
}

// takeParked returns what is to be sent to the store.
func (b *backlog) takeParked() []parked {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.parked
	b.parked = nil
	return all
}

// parkingEnded gives back the room of one that is in the store now, or that another
// worker or an operator has.
func (b *backlog) parkingEnded(s *spill) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.parking--
	b.held--
	b.wakeIfRoom()
	b.wakeToDrain()
}

// drainable returns how many may be fetched from a spill now. The caller holds mu.
func (b *backlog) drainable(s *spill, now time.Time) int {
	if !s.stored || s.claiming || b.closed || b.lanes.stopped {
		return 0
	}
	room, queued := b.size-b.held, 0
	if a := b.lanes.byID[s.lane]; a != nil {
		if a.paused {
			return 0
		}
		queued = a.queue.len()
	}
	if s.breaker != nil && s.breaker.open {
		if s.breaker.probe != "" || now.Before(s.breaker.probeAt) {
			return 0
		}
		return min(1, room)
	}
	if queued > b.drained()/2 {
		return 0
	}
	return max(0, min(b.drained()-queued, room))
}

// wakeToDrain wakes the claiming loop when a spill may be drained. The caller holds mu.
func (b *backlog) wakeToDrain() {
	now := time.Now()
	for _, s := range b.spills {
		if b.drainable(s, now) > 0 {
			b.signal()
			return
		}
	}
}

// reserveDrain reserves room for executions of a spill; completeDrain must follow. Nil:
// nothing is to be drained now.
func (b *backlog) reserveDrain(now time.Time) (*spill, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range b.spills {
		n := b.drainable(s, now)
		if n == 0 {
			continue
		}
		s.claiming, s.missed = true, false
		b.held += n
		b.spills = append(slices.Delete(b.spills, i, i+1), s) // the others come first the next time
		return s, n
	}
	return nil, 0
}

// completeDrain adds what a claim for n executions of the spill leased.
func (b *backlog) completeDrain(s *spill, n int, leased []host.Execution, err error) {
	for _, x := range leased {
		b.arrive(x, s)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= n - len(leased)
	s.claiming = false
	if err != nil || len(leased) >= n {
		return
	}
	s.behind = false
	if s.stored = s.missed || s.parking > 0; !s.stored {
		b.spills = slices.DeleteFunc(b.spills, func(other *spill) bool { return other == s })
		if s.breaker != nil {
			b.arm(s.breaker.nextLook())
			b.forgetBreaker(s.breaker)
		}
	}
}

// park gives executions back to the store, to be held there.
func (e *Executor) park(all []parked) {
	for _, p := range all {
		o := host.Outcome{
			ExecutionID: p.ID, Epoch: p.Epoch, Status: p.Status, Progress: p.Progress, Attempt: p.Attempt,
			NextAt: p.NextAt, FirstAt: p.FirstAt, Held: p.in.key,
		}
		if err := e.Records.Record(e.records, o, func(error) { e.backlog.parkingEnded(p.in) }); err != nil {
			e.backlog.parkingEnded(p.in)
			e.log.Error("cannot hold back an execution; it waits for the next start", "execution", p.ID, "error", err)
		}
	}
}

// drainHeld fetches what may go on of what the store holds back.
func (c *claimer) drainHeld(ctx context.Context) error {
	e := c.executor
	for {
		e.park(e.backlog.takeParked())
		s, n := e.backlog.reserveDrain(time.Now())
		if s == nil {
			return nil
		}
		leased, err := e.Queue.ClaimHeld(ctx, s.key, n)
		c.last = time.Now()
		e.backlog.completeDrain(s, n, leased, err)
		if err != nil {
			return err
		}
	}
}
