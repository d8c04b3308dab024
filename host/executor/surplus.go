package executor

import (
	"time"

	"github.com/usherhost/usher/host"
)

// The lines are in memory, and that is bounded. So that one slow action's
// executions do not fill it, and keep those of others in the store behind them,
// its newest ones go back to the store, to be claimed about when it has come to
// their turn. Without that the store would lease what is due the longest: the slow
// action's again.

// slowAfter is how long the first in a line has waited when the line is slow.
const slowAfter = 2 * time.Second

// leastLow is how many must wait for each place before any goes back: in a small
// memory they would come and go for nothing.
const leastLow = 4

// surplus is an execution that goes back to the store until a time.
type surplus struct {
	host.Execution
	until time.Time
}

// surplus takes out what slow lines have beyond their share of the memory, while
// something else may wait in the store. Its room stays until it is recorded.
func (b *backlog) surplus(now time.Time) (all []surplus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.isCrowded() || b.closed || b.low < leastLow*b.lanes.places {
		return nil
	}
	var slow []*lane
	for _, a := range b.lanes.waiting {
		if !a.limited() && now.Sub(b.lanes.movedSince(a)) >= slowAfter {
			slow = append(slow, a)
		}
	}
	keep := max(b.low/(len(slow)+1), b.lanes.places)
	for _, a := range slow {
		waiting := a.queue.len()
		each := now.Sub(b.lanes.movedSince(a)) / time.Duration(waiting) // about the time that one takes
		for n := waiting - 1; n >= keep; n-- {
			all = append(all, surplus{b.lanes.dropLast(a), now.Add(max(time.Duration(n)*each, time.Second))})
		}
	}
	return all
}

// movedSince returns since when the first one in a lane could have got a place: what was due
// while the host was down, or its trigger paused, has not waited for that.
func (l *lanes) movedSince(a *lane) time.Time {
	if queued := a.queue.queued(); queued.After(l.began) {
		return queued
	}
	return l.began
}

// dropLast takes the newest one out of a line that keeps others.
func (l *lanes) dropLast(a *lane) host.Execution {
	x := a.queue.popLast()
	l.count--
	l.bodies -= bodyBytes(&x)
	return x
}

// putBack gives the surplus back to the store.
func (e *Executor) putBack(all []surplus) {
	for _, s := range all {
		o := host.Outcome{
			ExecutionID: s.ID, Epoch: s.Epoch, Status: s.Status, Progress: s.Progress, Attempt: s.Attempt, NextAt: s.until, FirstAt: s.FirstAt,
		}
		saved := func(err error) {
			e.backlog.release()
			if err == nil {
				e.backlog.dueAt(s.until)
			}
		}
		if err := e.Records.Record(e.records, o, saved); err != nil {
			e.backlog.release()
			e.log.Error("cannot give a queued execution back to the store; it runs after the next start", "execution", s.ID, "error", err)
		}
	}
}
