package executor

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/usherhost/usher/host"
)

// Holds knows what operators paused, what is bound with which limits, and how much the
// store holds back.
type Holds interface {
	Pauses(ctx context.Context) ([]host.Pause, error)
	Held(ctx context.Context) ([]host.HeldCount, error)
	Bound(ctx context.Context, trigger host.Trigger) ([]host.Step, error)
}

// Reload makes the pauses and the limits that are stored now those that hold: when it
// returns, no attempt begins that they hold back. Call it after a change of them. The
// executor does so itself before its first attempt.
func (e *Executor) Reload(ctx context.Context) error {
	e.setup()
	if e.Holds == nil {
		return nil
	}
	e.loading.Lock()
	defer e.loading.Unlock()
	pauses, err := e.Holds.Pauses(ctx)
	if err != nil {
		return fmt.Errorf("read what is paused: %w", err)
	}
	held, err := e.Holds.Held(ctx)
	if err != nil {
		return fmt.Errorf("read what is held back: %w", err)
	}
	limits := map[string]laneLimit{}
	breakerOff := map[string]bool{}
	for _, trigger := range host.Triggers() {
		if trigger.Decides() {
			continue
		}
		steps, err := e.Holds.Bound(ctx, trigger)
		if err != nil {
			return fmt.Errorf("read what is bound to %s: %w", trigger, err)
		}
		for i := range steps {
			limits[steps[i].ActionID] = limitOfStep(&steps[i])
			breakerOff[steps[i].ActionID] = steps[i].Settings.Breaker == host.BreakerOff
		}
	}
	byTarget := map[string]host.Pause{}
	for _, p := range pauses {
		byTarget[p.Target] = p
	}
	e.paused.Store(&byTarget)
	e.notify(e.backlog.apply(byTarget, limits, breakerOff, held)...)
	return nil
}

// load is Reload before the first attempt, until it succeeds.
func (e *Executor) load(ctx context.Context) {
	for pause := minErrorPause; ctx.Err() == nil; pause = min(2*pause, maxErrorPause) {
		err := e.Reload(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		e.log.Error("cannot read what is held back; nothing runs meanwhile", "after", pause, "error", err)
		sleep(ctx, pause)
	}
}

// Paused returns the pause of an action, by its id, or a trigger; nil when there is none.
func (e *Executor) Paused(target string) *host.Pause {
	if all := e.paused.Load(); all != nil {
		if p, ok := (*all)[target]; ok {
			return &p
		}
	}
	return nil
}

// PausedTriggers names the triggers that are paused as a whole, in the order of
// [host.Triggers].
func (e *Executor) PausedTriggers() (names []string) {
	for _, t := range host.Triggers() {
		if e.Paused(string(t)) != nil {
			names = append(names, string(t))
		}
	}
	return names
}

func (e *Executor) notify(notices ...*host.Notice) {
	for _, n := range notices {
		if n != nil && e.Notifier != nil {
			e.Notifier.Notify(*n)
		}
	}
}

// CloseBreakers closes the breakers of an action's versions, and reports how many were
// open. What they held back goes on, in order.
func (e *Executor) CloseBreakers(actionID string) int {
	e.setup()
	notices := e.backlog.closeBreakers(actionID)
	e.notify(notices...)
	return len(notices)
}

func (b *backlog) closeBreakers(actionID string) (notices []*host.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, br := range b.breakers {
		if br.action.ActionID == actionID {
			if n := b.closeBreaker(br, "an operator closed it"); n != nil {
				notices = append(notices, n)
			}
		}
	}
	return notices
}

// apply makes pauses and limits hold.
func (b *backlog) apply(
	pauses map[string]host.Pause, limits map[string]laneLimit, breakerOff map[string]bool, held []host.HeldCount,
) (notices []*host.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wasStopped := b.lanes.stopped
	b.lanes.stopped, b.lanes.limits, b.lanes.paused = false, limits, map[string]bool{}
	for target := range pauses {
		b.lanes.paused[target] = true
		if trigger := host.Trigger(target); trigger.Valid() && !trigger.Decides() {
			b.lanes.stopped = true
		}
	}
	for id, a := range b.lanes.byID {
		if to, bound := limits[id]; bound {
			a.limit(to, b.lanes.began)
		}
		if a.paused = b.lanes.paused[id]; a.paused {
			b.unqueue(a, "", &a.spill)
		}
	}
	for i := range held {
		b.heldBack(&held[i])
	}
	b.loaded = true
	for _, br := range b.breakers {
		if breakerOff[br.action.ActionID] {
			notices = append(notices, b.closeBreaker(br, "it was turned off"))
		}
	}
	switch {
	case b.lanes.stopped && !wasStopped:
		b.resumed = make(chan struct{})
	case wasStopped && !b.lanes.stopped:
		close(b.resumed)
		b.resumed = nil
		b.lanes.began = time.Now()
		b.intake.state, b.intake.needsRoom = overflow, false
	}
	if !b.closed {
		b.fill()
	}
	b.signal()
	return notices
}

// untilResumed waits while the trigger is paused, or until ctx ends.
func (b *backlog) untilResumed(ctx context.Context) {
	for ctx.Err() == nil {
		b.mu.Lock()
		resumed := b.resumed
		b.mu.Unlock()
		if resumed == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-resumed:
		}
	}
}

// parkHindered parks x, whose room is counted, if its next step may not run now.
func (b *backlog) parkHindered(x host.Execution) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	in := b.hindrance(&x, nil)
	if in != nil {
		b.park(x, in)
	}
	return in != nil
}

// heldBack makes known that the store holds some back. A version's were stopped by its
// breaker: before the first attempt of a process that is open. The caller holds mu.
func (b *backlog) heldBack(c *host.HeldCount) {
	if c.VersionID == "" {
		a := b.lanes.byID[c.Key]
		if a == nil {
			a = b.lanes.make(c.Key)
		}
		a.spill.behind = a.spill.behind || !b.loaded
		b.mark(&a.spill)
		return
	}
	br := b.breakers[c.Key]
	if br == nil {
		step := host.Step{ActionID: c.ActionID, Action: c.Action, VersionID: c.VersionID, Number: c.Number}
		br = b.newBreaker(step, host.PostUserRegistration)
	}
	br.spill.behind = br.spill.behind || !b.loaded
	b.mark(&br.spill)
	if !b.loaded {
		b.openBreaker(br, time.Now(), 0)
	}
}

// HeldBack returns what holds work back in the background and what is paused, with how
// many executions wait for it: pauses first, then breakers, then limits.
func (e *Executor) HeldBack(ctx context.Context) ([]host.Hold, error) {
	e.setup()
	if e.Holds == nil {
		return []host.Hold{}, nil
	}
	counts, err := e.Holds.Held(ctx)
	if err != nil {
		return nil, fmt.Errorf("read what is held back: %w", err)
	}
	waiting := map[string]int64{}
	for _, c := range counts {
		waiting[c.Key] = c.Waiting
	}
	pauses := map[string]host.Pause{}
	if all := e.paused.Load(); all != nil {
		pauses = *all
	}
	holds := []host.Hold{}
	for _, p := range slices.SortedFunc(maps.Values(pauses), func(a, b host.Pause) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Target, b.Target)) }) {
		hold := host.Hold{Kind: host.HoldPause, Trigger: p.Trigger, Action: p.Action, Since: p.At, Reason: p.Reason, Actor: &p.Actor, Waiting: waiting[p.Target]}
		switch {
		case p.Action != "":
			hold.ActionID = p.Target
		case e.Waiting != nil && !p.Trigger.Decides():
			backlog, err := e.Waiting.Backlog(ctx)
			if err != nil {
				return nil, fmt.Errorf("count what waits: %w", err)
			}
			hold.Waiting = backlog.Unended
		}
		holds = append(holds, hold)
	}
	names := map[string]host.HeldCount{}
	for _, c := range counts {
		names[c.Key] = c
	}
	return append(holds, e.backlog.holds(waiting, names)...), nil
}

// holds returns the breakers that are open and the limits that hold something up.
func (b *backlog) holds(waiting map[string]int64, names map[string]host.HeldCount) (holds []host.Hold) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, br := range b.breakers {
		if br.open {
			holds = append(holds, br.hold(waiting[br.versionID]))
		}
	}
	for id, a := range b.lanes.byID {
		n := waiting[id] + int64(a.queue.len())
		if a.paused || !a.limited() || n == 0 {
			continue
		}
		hold := host.Hold{
			Kind: host.HoldLimit, Trigger: host.PostUserRegistration, ActionID: id, Action: names[id].Action,
			Waiting: n, Concurrency: a.concurrency,
		}
		if a.window != nil {
			hold.Rate = a.window.rate
		}
		if hold.Action == "" {
			hold.Action = a.queue.nextAction()
		}
		holds = append(holds, hold)
	}
	slices.SortFunc(holds, func(a, b host.Hold) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Number, b.Number))
	})
	return holds
}

func (br *breaker) hold(waiting int64) host.Hold {
	h := host.Hold{
		Kind: host.HoldBreaker, Trigger: br.trigger, ActionID: br.action.ActionID, Action: br.action.Action,
		VersionID: br.versionID, Number: br.action.Number, Since: br.since, Failures: br.failures,
		Waiting: waiting, State: host.BreakerOpen, ProbeAt: br.probeAt.UTC(),
	}
	if br.probe != "" {
		h.State, h.ProbeAt = host.BreakerProbing, time.Time{}
	}
	if br.lastError != nil {
		h.Error = br.lastError.Line()
	}
	return h
}
