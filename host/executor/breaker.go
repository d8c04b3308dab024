package executor

import (
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// A breaker stops a version of an action whose latest attempts all failed, so that the
// outage of a service costs no attempts:
//
//	closed ── BreakerFailures different executions fail in a row within BreakerWindow ──▶ open
//	open ── its wait is over: the first that waits is the probe ──▶ probing
//	probing ── it fails: twice the wait, at most BreakerLongestWait ──▶ open
//	probing, or any attempt that still ran, succeeds ──▶ closed
//	open ── nothing has waited for it for BreakerWindow after its wait ──▶ closed
//
// A success forgets the failures before it. An attempt that gives up for its event alone
// counts as neither. It is of a version, not of the action: a fix that is deployed runs
// at once, while what waits for the old version is probed. A probe is an attempt like
// another: when it fails, its execution waits for its own retry, and the next one probes.
//
// What waits is in the store, under the version's id. So the state needs no record: a
// version for which some wait at the start of the host is open, and probed at once.

// breaker is the state of one version. It exists while there are failures, or some wait.
type breaker struct {
	versionID string
	action    host.Step // whose version it is, for people
	trigger   host.Trigger
	failed    map[string]time.Time // by execution; while it is closed
	open      bool
	since     time.Time
	failures  int
	wait      time.Duration // before the next probe
	probeAt   time.Time
	probe     string // the execution that is the probe; "": none
	lastError *host.ResultError
	spill     spill
}

// stops reports whether an execution may not run now. It may when it is the probe, or
// becomes it. The caller holds the backlog's mu.
func (br *breaker) stops(executionID string, now time.Time) bool {
	if !br.open || br.probe == executionID {
		return false
	}
	if br.probe != "" || now.Before(br.probeAt) {
		return true
	}
	br.probe = executionID
	return false
}

// isIdle reports whether the breaker is open although nothing waits for it.
func (br *breaker) isIdle() bool { return br.open && br.probe == "" && !br.spill.stored }

// nextLook returns when there is something to do for an open breaker: a probe, or the end
// of one for which nothing has come; the zero time when there is not.
func (br *breaker) nextLook() time.Time {
	switch {
	case !br.open || br.probe != "":
		return time.Time{}
	case br.spill.stored || time.Now().Before(br.probeAt):
		return br.probeAt
	}
	return br.probeAt.Add(host.BreakerWindow)
}

func (b *backlog) newBreaker(step host.Step, t host.Trigger) *breaker {
	br := &breaker{versionID: step.VersionID, action: step, trigger: t, failed: map[string]time.Time{}, wait: host.BreakerFirstWait}
	br.spill = spill{key: step.VersionID, lane: step.ActionID, breaker: br}
	b.breakers[step.VersionID] = br
	b.failing.Store(int32(len(b.breakers)))
	return br
}

// forgetBreaker drops a breaker with nothing to remember. The caller holds mu.
func (b *backlog) forgetBreaker(br *breaker) {
	if !br.open && len(br.failed) == 0 && !br.spill.stored {
		delete(b.breakers, br.versionID)
		b.failing.Store(int32(len(b.breakers)))
	}
}

// observe counts an attempt of a step in its version's breaker, and returns what an
// operator should know. Settings are those that the attempt ran under.
func (b *backlog) observe(x *host.Execution, step *host.Step, r *host.Result) *host.Notice {
	if r.Succeeded && b.failing.Load() == 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	br, now := b.breakers[step.VersionID], time.Now()
	switch {
	case r.Succeeded || step.Settings.Breaker == host.BreakerOff:
		return b.closeBreaker(br, "an attempt succeeded")
	case r.NonRetryable: // of this event alone
		b.endProbe(x.ID)
		return nil
	case br == nil:
		br = b.newBreaker(*step, x.Trigger)
	}
	br.lastError = r.Error
	if br.open {
		if br.probe == x.ID {
			br.probe, br.wait = "", min(2*br.wait, host.BreakerLongestWait)
			br.probeAt = now.Add(br.wait)
			b.arm(br.probeAt)
		}
		return nil
	}
	for id, at := range br.failed {
		if now.Sub(at) > host.BreakerWindow {
			delete(br.failed, id)
		}
	}
	if br.failed[x.ID] = now; len(br.failed) < host.BreakerFailures {
		return nil
	}
	b.openBreaker(br, now, host.BreakerFirstWait)
	return br.notice(x, r)
}

// openBreaker stops a version. The caller holds mu.
func (b *backlog) openBreaker(br *breaker, now time.Time, wait time.Duration) {
	br.open, br.since, br.failures = true, now.UTC(), len(br.failed)
	br.wait, br.probeAt, br.probe = max(wait, host.BreakerFirstWait), now.Add(wait), ""
	clear(br.failed)
	if a := b.lanes.byID[br.spill.lane]; a != nil {
		b.unqueue(a, br.versionID, &br.spill)
	}
	b.arm(br.probeAt)
}

// closeBreaker lets a version run again, if it was stopped. The caller holds mu.
func (b *backlog) closeBreaker(br *breaker, why string) *host.Notice {
	if br == nil {
		return nil
	}
	wasOpen := br.open
	clear(br.failed)
	br.open, br.probe, br.wait, br.failures = false, "", host.BreakerFirstWait, 0
	b.forgetBreaker(br)
	if !wasOpen {
		return nil
	}
	b.wakeToDrain()
	n := br.about(host.NoticeBreakerClosed)
	n.Summary = fmt.Sprintf("the breaker of action %q version %d is closed: %s", br.action.Action, br.action.Number, why)
	return n
}

// endProbe lets another execution be the probe, when this one was it and has not decided.
// The caller holds mu.
func (b *backlog) endProbe(executionID string) {
	for _, br := range b.breakers {
		if br.probe == executionID {
			br.probe, br.probeAt = "", time.Now().Add(time.Second)
			b.arm(br.probeAt)
		}
	}
}

func (br *breaker) about(kind host.NoticeKind) *host.Notice {
	return &host.Notice{
		Kind: kind, Trigger: br.trigger, ActionID: br.action.ActionID, Action: br.action.Action,
		VersionID: br.versionID, Number: br.action.Number, BindingID: br.action.BindingID,
	}
}

// notice reports that the breaker opened, by a result of x.
func (br *breaker) notice(x *host.Execution, r *host.Result) *host.Notice {
	n := br.about(host.NoticeBreakerOpened)
	n.ExecutionID, n.Attempt, n.Fault = x.ID, r.Attempt, r.Fault
	if r.Error != nil {
		e := *r.Error
		e.Stack = ""
		n.Error = &e
	}
	n.Summary = fmt.Sprintf("the breaker of action %q version %d is open: %d executions in a row failed; its steps wait without losing attempts",
		br.action.Action, br.action.Number, br.failures)
	n.Hint = "fix what fails: one attempt at a time is made until one succeeds, the next in " + br.wait.String()
	n.Fix = host.FixResume.With(br.action.Action)
	return n
}
