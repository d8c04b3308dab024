package executor

import (
	"fmt"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// A decision can't be held back: its sender waits. So an action of a flow that is paused,
// or over its rate or its concurrency, does not run, and its binding's on_failure counts as
// when it fails: with allow the decision goes on without it, degraded, with deny it is deny.
// A trigger that is paused refuses its flows before any action ran.

// flowLimits counts what runs of each action that has limits.
type flowLimits struct {
	began time.Time

	mu      sync.Mutex
	actions map[string]*flowLimit // by id; guarded by mu
}

type flowLimit struct {
	running int
	window  *rateWindow
}

// enter counts a run of the action and returns what ends it, or why it may not begin.
func (l *flowLimits) enter(step *host.Step) (leave func(), why *host.ResultError) {
	s := &step.Settings
	if s.Rate == "" && s.Concurrency == 0 {
		return func() {}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.actions == nil {
		l.actions = map[string]*flowLimit{}
	}
	a := l.actions[step.ActionID]
	if a == nil {
		a = &flowLimit{}
		l.actions[step.ActionID] = a
	}
	a.window = a.window.with(s.Rate, l.began)
	now := time.Now()
	switch {
	case s.Concurrency > 0 && a.running >= s.Concurrency:
		return nil, notRun("LimitError", fmt.Sprintf("%d runs of it are under way, and its concurrency is %d", a.running, s.Concurrency))
	case a.window.ready().After(now):
		return nil, notRun("LimitError", fmt.Sprintf("its rate of %s is used up", s.Rate))
	}
	a.running++
	a.window.take(now)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		a.running--
	}, nil
}

func notRun(name, why string) *host.ResultError {
	return &host.ResultError{Name: name, Message: "it did not run: " + why}
}

// admit is enter for an action that may be paused.
func (d *Decider) admit(step *host.Step) (leave func(), why *host.ResultError) {
	if d.pausedTarget(step.ActionID) != nil {
		return nil, notRun("PausedError", "an operator has paused it")
	}
	return d.limits.enter(step)
}

func (d *Decider) pausedTarget(target string) *host.Pause {
	if d.Paused == nil {
		return nil
	}
	return d.Paused(target)
}

// pausedTrigger is the error of a flow whose trigger is paused.
func pausedTrigger(t host.Trigger) error {
	return &host.Error{
		Code: host.Unavailable, RetryAfter: time.Minute,
		Text: fmt.Sprintf("%s is paused by an operator; no action has run", t),
		Hint: "send the event again when it is resumed", Fix: host.FixResume.With(string(t)),
	}
}
