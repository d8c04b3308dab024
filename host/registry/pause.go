package registry

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/usherhost/usher/host"
)

// Work is what runs, which pauses and settings hold back.
type Work interface {
	// Reload makes what is stored hold: when it returns, nothing begins that is paused.
	Reload(ctx context.Context) error
	// CloseBreakers closes the breakers of an action and returns how many were open.
	CloseBreakers(actionID string) int
	// HeldBack returns what holds work back.
	HeldBack(ctx context.Context) ([]host.Hold, error)
}

// pauseNote is what the log of changes records of a pause.
type pauseNote struct {
	Reason         string `json:"reason,omitempty"`
	ClosedBreakers int    `json:"closed_breakers,omitempty"`
}

// Pause pauses a trigger, or an action by its id or name: when it returns, no attempt of it
// begins. Events are accepted, and what they make waits. It reports false when it was
// paused already: then reason is not looked at, and the stored pause is returned.
func (r *Registry) Pause(ctx context.Context, target, reason string) (host.Pause, bool, error) {
	var bad fields
	if n := utf8.RuneCountInString(reason); n > host.MaxReasonChars {
		bad.add("/reason", "must not have more than %d characters, not %d", host.MaxReasonChars, n)
	}
	bad.printable("/reason", reason)
	if err := bad.invalid("the pause is not valid"); err != nil {
		return host.Pause{}, false, err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	p, err := r.pausable(ctx, target)
	if err != nil {
		return p, false, err
	}
	p.Reason, p.Actor, p.At = reason, host.ActorOf(ctx), time.Now().UTC().Truncate(time.Microsecond)
	created, err := r.Store.PutPause(ctx, p)
	if err != nil {
		return p, false, err
	}
	if !created {
		p, err = r.storedPause(ctx, p)
		return p, false, err
	}
	r.Record(ctx, verbOf(p, "pause"), p.Target, p.Action, nil, pauseNote{Reason: reason})
	return p, true, r.reload(ctx)
}

// Resume ends the pause of a trigger or an action, and closes the action's breakers: what
// waited goes on in order. Nothing happens where nothing is paused and no breaker is open.
func (r *Registry) Resume(ctx context.Context, target string) (host.Resumed, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	p, err := r.pausable(ctx, target)
	if err != nil {
		return host.Resumed{}, err
	}
	done := host.Resumed{Target: p.Target, Trigger: p.Trigger, Action: p.Action}
	was, err := r.storedPause(ctx, p)
	if err != nil {
		return done, err
	}
	if done.Resumed, err = r.Store.DeletePause(ctx, p.Target); err != nil {
		return done, err
	}
	if err := r.reload(ctx); err != nil {
		return done, err
	}
	if r.Work != nil && p.Action != "" {
		done.ClosedBreakers = r.Work.CloseBreakers(p.Target)
	}
	if done.Resumed || done.ClosedBreakers > 0 {
		r.Record(ctx, verbOf(p, "resume"), p.Target, p.Action, pauseNote{Reason: was.Reason}, pauseNote{ClosedBreakers: done.ClosedBreakers})
	}
	return done, nil
}

func verbOf(p host.Pause, what string) string {
	if p.Action == "" {
		return "trigger." + what
	}
	return "action." + what
}

// pausable returns the pause that a target would have.
func (r *Registry) pausable(ctx context.Context, target string) (host.Pause, error) {
	if trigger := host.Trigger(target); trigger.Valid() {
		return host.Pause{Target: target, Trigger: trigger}, nil
	}
	a, err := r.Action(ctx, target)
	if host.CodeOf(err) == host.NotFound {
		return host.Pause{}, &host.Error{
			Code: host.NotFound, Text: fmt.Sprintf("there is no action %q, and no trigger", target),
			Hint: "the triggers are " + host.TriggerNames(), Fix: host.FixListActions.With(), Err: err,
		}
	}
	return host.Pause{Target: a.ID, Trigger: a.Trigger, Action: a.Name}, err
}

// storedPause returns the pause that is stored for p's target, else p.
func (r *Registry) storedPause(ctx context.Context, p host.Pause) (host.Pause, error) {
	all, err := r.Store.Pauses(ctx)
	for _, stored := range all {
		if stored.Target == p.Target {
			return stored, nil
		}
	}
	return p, err
}

// Pauses returns what is paused.
func (r *Registry) Pauses(ctx context.Context) ([]host.Pause, error) { return r.Store.Pauses(ctx) }

// Holds returns what holds work back: pauses, open breakers, and limits for which something
// waits.
func (r *Registry) Holds(ctx context.Context) ([]host.Hold, error) {
	if r.Work == nil {
		return []host.Hold{}, nil
	}
	return r.Work.HeldBack(ctx)
}

// reload makes what is stored hold for what runs.
func (r *Registry) reload(ctx context.Context) error {
	if r.Work == nil {
		return nil
	}
	return r.Work.Reload(context.WithoutCancel(ctx))
}

// rebound is reload after a change of what is bound. The change stands also when it fails:
// the host's log has why, and the next change or start makes it hold.
func (r *Registry) rebound(ctx context.Context) {
	if err := r.reload(ctx); err != nil {
		r.log().Error("the executor could not read what is bound", "error", err)
	}
}
